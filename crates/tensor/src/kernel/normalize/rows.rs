//! Rows: each lies in the cache for all its passes.

use super::super::fold::{Add, fold, fold_map, fold_zip};
use super::super::{Real, vectorize};
use super::{assert_same_length, check};

/// The mean of a row (zero when it is not to be centred) and the reciprocal of its spread.
#[inline(always)]
fn row_moments<T: Real>(x: &[T], centered: bool, epsilon: T) -> (T, T) {
    let count = T::from_usize(x.len());
    if !centered {
        let square = fold_map(
            Add,
            x,
            #[inline(always)]
            |x| x * x,
        );
        return (T::ZERO, (square / count + epsilon).sqrt().recip());
    }
    let mean = fold(Add, x) / count;
    let left = fold_map(
        Add,
        x,
        #[inline(always)]
        |x| x - mean,
    );
    let square = fold_map(
        Add,
        x,
        #[inline(always)]
        |x| (x - mean) * (x - mean),
    );
    let variance = ((square - left * left / count) / count).max(T::ZERO);
    (mean, (variance + epsilon).sqrt().recip())
}

/// Writes every row minus its mean (when `centered`), over the root of its variance (mean square) plus `epsilon`.
///
/// ```
/// use tunesmith_tensor::kernel::normalize::normalize_rows;
/// let mut out = [0.0f64; 4];
/// normalize_rows(&[1.0, 3.0, -4.0, -2.0], 2, true, 0.0, &mut out);
/// assert_eq!(out, [-1.0, 1.0, -1.0, 1.0]);
/// ```
///
/// # Panics
/// When `out` is not as long as `x`, or `x` is not a whole number of rows.
#[track_caller]
pub fn normalize_rows<T: Real>(x: &[T], cols: usize, centered: bool, epsilon: f64, out: &mut [T]) {
    check("normalize_rows", x.len(), cols, out.len());
    let epsilon = T::from_f64(epsilon);
    vectorize(
        #[inline(always)]
        || {
            for (x, out) in x.chunks_exact(cols).zip(out.chunks_exact_mut(cols)) {
                let (mean, scale) = row_moments(x, centered, epsilon);
                for (out, &x) in out.iter_mut().zip(x) {
                    *out = (x - mean) * scale;
                }
            }
        },
    );
}

/// Writes the derivative by `x` of [`normalize_rows`], from the derivative `g` by its result.
///
/// ```
/// use tunesmith_tensor::kernel::normalize::normalize_rows_gradient;
/// // Moving all entries of a row alike changes nothing, so the derivative of a row adds up to nothing.
/// let mut out = [0.0f64; 3];
/// normalize_rows_gradient(&[1.0, 3.0, 7.0], &[1.0, 0.0, 0.0], 3, true, 1e-5, &mut out);
/// assert!(out.iter().sum::<f64>().abs() < 1e-15 && out[0] > 0.0);
/// ```
///
/// # Panics
/// When the lengths differ, or `x` is not a whole number of rows.
#[track_caller]
pub fn normalize_rows_gradient<T: Real>(
    x: &[T],
    g: &[T],
    cols: usize,
    centered: bool,
    epsilon: f64,
    out: &mut [T],
) {
    check("normalize_rows_gradient", x.len(), cols, out.len());
    assert_same_length("normalize_rows_gradient", x.len(), g.len());
    let (epsilon, count) = (T::from_f64(epsilon), T::from_usize(cols));
    vectorize(
        #[inline(always)]
        || {
            for ((x, g), out) in
                x.chunks_exact(cols).zip(g.chunks_exact(cols)).zip(out.chunks_exact_mut(cols))
            {
                let (mean, scale) = row_moments(x, centered, epsilon);
                let along = fold_zip(
                    Add,
                    x,
                    g,
                    #[inline(always)]
                    |x, g| (x - mean) * g,
                ) * scale
                    / count;
                let level = if centered { fold(Add, g) / count } else { T::ZERO };
                for ((out, &x), &g) in out.iter_mut().zip(x).zip(g) {
                    *out = scale * (g - level - (x - mean) * scale * along);
                }
            }
        },
    );
}
