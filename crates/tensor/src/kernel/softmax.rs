//! Softmax and its relatives along the rows of a row-major `[rows, cols]` matrix.
//!
//! The largest entry of a row is subtracted first, so nothing overflows. The exponentials of many rows are taken
//! in one loop, so that a matrix with few columns is vectorised as well as a wide one.

use super::elementwise::assert_same_length;
use super::reduce::{fold_lanes, sum_terms};
use super::{Real, vectorize};

/// Entries handled between two passes: small enough to stay in the first-level cache.
const BATCH: usize = 2048;

/// Writes `e^x / sum(e^x)` for every row.
///
/// ```
/// use tunesmith_tensor::kernel::softmax::softmax;
/// let mut out = [0.0f64; 4];
/// softmax(&[0.0, 0.0, 1000.0, 0.0], 2, &mut out);
/// assert_eq!(out, [0.5, 0.5, 1.0, 0.0]);
/// ```
///
/// # Panics
/// When `out` is not as long as `x`, or `x` is not a whole number of rows.
#[track_caller]
pub fn softmax<T: Real>(x: &[T], cols: usize, out: &mut [T]) {
    check("softmax", x.len(), cols, out.len());
    for_batches(
        x,
        cols,
        out,
        #[inline(always)]
        |x, out| {
            exponentials(x, cols, out);
            for out in out.chunks_exact_mut(cols) {
                let scale = sum_terms(
                    [out],
                    #[inline(always)]
                    |[x]| x,
                )
                .recip();
                for out in out {
                    *out *= scale;
                }
            }
        },
    );
}

/// Writes `x - ln(sum(e^x))` for every row.
///
/// ```
/// use tunesmith_tensor::kernel::softmax::log_softmax;
/// let mut out = [0.0f64; 2];
/// log_softmax(&[1000.0, 0.0], 2, &mut out);
/// assert_eq!(out, [0.0, -1000.0]);
/// ```
///
/// # Panics
/// When `out` is not as long as `x`, or `x` is not a whole number of rows.
#[track_caller]
pub fn log_softmax<T: Real>(x: &[T], cols: usize, out: &mut [T]) {
    check("log_softmax", x.len(), cols, out.len());
    for_batches(
        x,
        cols,
        out,
        #[inline(always)]
        |x, out| {
            exponentials(x, cols, out);
            for (out, x) in out.chunks_exact_mut(cols).zip(x.chunks_exact(cols)) {
                let log_sum = sum_terms(
                    [out],
                    #[inline(always)]
                    |[x]| x,
                )
                .ln();
                let largest = fold_lanes(x, T::NEG_INFINITY, T::max);
                for (out, &x) in out.iter_mut().zip(x) {
                    *out = (x - largest) - log_sum;
                }
            }
        },
    );
}

/// Writes `ln(sum(e^x))` of every row into `out[rows]`; `-inf` for a row of `-inf`.
///
/// ```
/// use tunesmith_tensor::kernel::softmax::log_sum_exp;
/// let mut out = [0.0f64; 1];
/// log_sum_exp(&[1000.0, 1000.0], 2, &mut out);
/// assert!((out[0] - (1000.0 + 2f64.ln())).abs() < 1e-12);
/// ```
///
/// # Panics
/// When `x` has not `out.len()` rows of `cols` entries.
#[track_caller]
pub fn log_sum_exp<T: Real>(x: &[T], cols: usize, out: &mut [T]) {
    assert!(cols > 0, "log_sum_exp: rows have no columns");
    assert_same_length("log_sum_exp", x.len(), cols * out.len());
    vectorize(
        #[inline(always)]
        || {
            for (out, x) in out.iter_mut().zip(x.chunks_exact(cols)) {
                let largest = fold_lanes(x, T::NEG_INFINITY, T::max);
                let sum = sum_terms(
                    [x],
                    #[inline(always)]
                    |[x]| (x - largest).exp(),
                );
                *out = if largest.is_finite() { largest + sum.ln() } else { largest };
            }
        },
    );
}

#[track_caller]
fn check(kernel: &str, length: usize, cols: usize, out: usize) {
    assert!(cols > 0, "{kernel}: rows have no columns");
    assert!(length.is_multiple_of(cols), "{kernel}: {length} entries are no whole number of rows of {cols}");
    assert_same_length(kernel, length, out);
}

/// Calls `f` on stretches of whole rows.
#[inline(always)]
fn for_batches<T: Real>(x: &[T], cols: usize, out: &mut [T], f: impl Fn(&[T], &mut [T])) {
    vectorize(
        #[inline(always)]
        || {
            let stretch = (BATCH / cols).max(1) * cols;
            for (x, out) in x.chunks(stretch).zip(out.chunks_mut(stretch)) {
                f(x, out);
            }
        },
    );
}

/// Writes `e^(x - largest of the row)`.
#[inline(always)]
fn exponentials<T: Real>(x: &[T], cols: usize, out: &mut [T]) {
    for (out, x) in out.chunks_exact_mut(cols).zip(x.chunks_exact(cols)) {
        let largest = fold_lanes(x, T::NEG_INFINITY, T::max);
        for (out, &x) in out.iter_mut().zip(x) {
            *out = x - largest;
        }
    }
    for out in out {
        *out = out.exp();
    }
}
