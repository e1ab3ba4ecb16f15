//! Reductions in a fixed order: the same bits for any instruction set and any number of threads.
//!
//! A sum runs in 32 interleaved partial sums over blocks of 1024 elements; the lanes of a block are added as a
//! binary tree and the blocks pairwise, so the error grows with the logarithm of the number of blocks (N. J.
//! Higham, "The accuracy of floating point summation", SIAM J. Sci. Comput. 14, 1993).

use super::elementwise::assert_same_length;
use super::fold::{Add, Join, Largest, Smallest, fold, fold_map, fold_rows, fold_zip};
use super::{Real, vectorize};

/// What a reduction along an axis computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reduction {
    /// The sum; 0 for none.
    Sum,
    /// The largest element, NaN if there is one; negative infinity for none.
    Max,
    /// The smallest element, NaN if there is one; infinity for none.
    Min,
}

/// Sum of the elements.
///
/// ```
/// use tunesmith_tensor::kernel::reduce::sum;
/// assert_eq!(sum(&[1.0f32, 2.0, 3.5]), 6.5);
/// assert_eq!(sum::<f64>(&[]), 0.0);
/// ```
#[inline]
pub fn sum<T: Real>(x: &[T]) -> T {
    vectorize(
        #[inline(always)]
        || fold(Add, x),
    )
}

/// Sum of `f` of every element.
///
/// ```
/// use tunesmith_tensor::kernel::{Real, reduce::sum_by};
/// assert_eq!(sum_by(&[1.0f32, -2.0, 3.0], |x| x.abs()), 6.0);
/// ```
#[inline]
pub fn sum_by<T: Real>(x: &[T], f: impl Fn(T) -> T) -> T {
    vectorize(
        #[inline(always)]
        || fold_map(Add, x, f),
    )
}

/// Sum of `f(a, b)` over all pairs.
///
/// ```
/// use tunesmith_tensor::kernel::reduce::sum_zip;
/// let squared_error = sum_zip(&[1.0f64, 2.0], &[0.0, 4.0], |a, b| (a - b) * (a - b));
/// assert_eq!(squared_error, 5.0);
/// ```
///
/// # Panics
/// When the lengths differ.
#[track_caller]
#[inline]
pub fn sum_zip<T: Real>(a: &[T], b: &[T], f: impl Fn(T, T) -> T) -> T {
    assert_same_length("sum_zip", a.len(), b.len());
    vectorize(
        #[inline(always)]
        || fold_zip(Add, a, b, f),
    )
}

/// Arithmetic mean; NaN for an empty slice.
///
/// ```
/// use tunesmith_tensor::kernel::reduce::mean;
/// assert_eq!(mean(&[1.0f32, 2.0, 6.0]), 3.0);
/// ```
#[inline]
pub fn mean<T: Real>(x: &[T]) -> T {
    sum(x) / T::from_usize(x.len())
}

/// Inner product.
///
/// ```
/// use tunesmith_tensor::kernel::reduce::dot;
/// assert_eq!(dot(&[1.0f32, 2.0], &[3.0, 4.0]), 11.0);
/// ```
///
/// # Panics
/// When the lengths differ.
#[track_caller]
#[inline]
pub fn dot<T: Real>(a: &[T], b: &[T]) -> T {
    assert_same_length("dot", a.len(), b.len());
    sum_zip(a, b, |a, b| a * b)
}

/// Sum of squares: the squared Euclidean norm.
///
/// ```
/// use tunesmith_tensor::kernel::reduce::sum_of_squares;
/// assert_eq!(sum_of_squares(&[3.0f32, 4.0]), 25.0);
/// ```
#[inline]
pub fn sum_of_squares<T: Real>(x: &[T]) -> T {
    sum_by(x, |x| x * x)
}

/// The largest element; NaN if there is one.
///
/// ```
/// use tunesmith_tensor::kernel::reduce::max;
/// assert_eq!(max(&[1.0f32, 7.0, -3.0]), 7.0);
/// assert!(max(&[1.0f32, f32::NAN]).is_nan());
/// ```
///
/// # Panics
/// When the slice is empty.
#[track_caller]
#[inline]
pub fn max<T: Real>(x: &[T]) -> T {
    assert!(!x.is_empty(), "max: the slice is empty");
    vectorize(
        #[inline(always)]
        || fold(Largest, x),
    )
}

/// The smallest element; NaN if there is one.
///
/// ```
/// use tunesmith_tensor::kernel::reduce::min;
/// assert_eq!(min(&[1.0f32, 7.0, -3.0]), -3.0);
/// ```
///
/// # Panics
/// When the slice is empty.
#[track_caller]
#[inline]
pub fn min<T: Real>(x: &[T]) -> T {
    assert!(!x.is_empty(), "min: the slice is empty");
    vectorize(
        #[inline(always)]
        || fold(Smallest, x),
    )
}

/// Place of the largest element, the first of equals; of the first NaN if there is one.
///
/// ```
/// use tunesmith_tensor::kernel::reduce::arg_max;
/// assert_eq!(arg_max(&[1.0f32, 7.0, 7.0]), 1);
/// ```
///
/// # Panics
/// When the slice is empty.
#[track_caller]
#[inline]
pub fn arg_max<T: Real>(x: &[T]) -> usize {
    assert!(!x.is_empty(), "arg_max: the slice is empty");
    position_of(x, max(x))
}

/// Place of the smallest element, the first of equals; of the first NaN if there is one.
///
/// ```
/// use tunesmith_tensor::kernel::reduce::arg_min;
/// assert_eq!(arg_min(&[1.0f32, -7.0, 3.0]), 1);
/// ```
///
/// # Panics
/// When the slice is empty.
#[track_caller]
#[inline]
pub fn arg_min<T: Real>(x: &[T]) -> usize {
    assert!(!x.is_empty(), "arg_min: the slice is empty");
    position_of(x, min(x))
}

fn position_of<T: Real>(x: &[T], wanted: T) -> usize {
    let found = x.iter().position(|&x| x == wanted || (wanted.is_nan() && x.is_nan()));
    found.unwrap_or(0) // `wanted` is an element of `x`
}

/// Adds all rows of a row-major `[rows, cols]` matrix into `out[cols]` (which is overwritten): a bias gradient.
///
/// ```
/// use tunesmith_tensor::kernel::reduce::sum_rows_into;
/// let mut out = [0.0f32; 2];
/// sum_rows_into(&[1.0, 2.0, 10.0, 20.0], 2, 2, &mut out);
/// assert_eq!(out, [11.0, 22.0]);
/// ```
///
/// # Panics
/// When the slices do not have these sizes.
#[track_caller]
#[inline]
pub fn sum_rows_into<T: Real>(x: &[T], rows: usize, cols: usize, out: &mut [T]) {
    reduce_axis(x, 1, rows, cols, out, Reduction::Sum);
}

/// Adds all columns of a row-major `[rows, cols]` matrix into `out[rows]`, each row as [`sum`] would.
///
/// ```
/// use tunesmith_tensor::kernel::reduce::sum_cols_into;
/// let mut out = [0.0f32; 2];
/// sum_cols_into(&[1.0, 2.0, 10.0, 20.0], 2, 2, &mut out);
/// assert_eq!(out, [3.0, 30.0]);
/// ```
///
/// # Panics
/// When the slices do not have these sizes.
#[track_caller]
#[inline]
pub fn sum_cols_into<T: Real>(x: &[T], rows: usize, cols: usize, out: &mut [T]) {
    reduce_axis(x, rows, cols, 1, out, Reduction::Sum);
}

/// Writes the largest element of each row of a row-major `[rows, cols]` matrix into `out[rows]`.
///
/// ```
/// use tunesmith_tensor::kernel::reduce::max_cols_into;
/// let mut out = [0.0f32; 2];
/// max_cols_into(&[1.0, 2.0, 10.0, -20.0], 2, 2, &mut out);
/// assert_eq!(out, [2.0, 10.0]);
/// ```
///
/// # Panics
/// When the slices do not have these sizes.
#[track_caller]
#[inline]
pub fn max_cols_into<T: Real>(x: &[T], rows: usize, cols: usize, out: &mut [T]) {
    reduce_axis(x, rows, cols, 1, out, Reduction::Max);
}

/// Reduces the middle axis of a row-major `[outer, axis, inner]` array into `out[outer, inner]`.
///
/// ```
/// use tunesmith_tensor::kernel::reduce::{Reduction, reduce_axis};
/// let mut out = [0.0f64; 2];
/// reduce_axis(&[1.0, 2.0, 3.0, 4.0], 2, 2, 1, &mut out, Reduction::Min);
/// assert_eq!(out, [1.0, 3.0]);
/// ```
///
/// # Panics
/// When the slices do not have these sizes.
#[track_caller]
pub fn reduce_axis<T: Real>(
    x: &[T],
    outer: usize,
    axis: usize,
    inner: usize,
    out: &mut [T],
    reduction: Reduction,
) {
    assert!(
        x.len() == outer * axis * inner,
        "reduce_axis: [{outer}, {axis}, {inner}] has {} entries, the slice has {}",
        outer * axis * inner,
        x.len(),
    );
    assert!(
        out.len() == outer * inner,
        "reduce_axis: the result [{outer}, {inner}] has {} entries, the slice has {}",
        outer * inner,
        out.len(),
    );
    match reduction {
        Reduction::Sum => fold_axis(Add, x, axis, inner, out),
        Reduction::Max => fold_axis(Largest, x, axis, inner, out),
        Reduction::Min => fold_axis(Smallest, x, axis, inner, out),
    }
}

fn fold_axis<T: Real, J: Join>(join: J, x: &[T], axis: usize, inner: usize, out: &mut [T]) {
    if axis * inner == 0 {
        return out.fill(J::none());
    }
    vectorize(
        #[inline(always)]
        || {
            if inner == 1 {
                for (out, row) in out.iter_mut().zip(x.chunks_exact(axis)) {
                    *out = fold(join, row);
                }
            } else {
                for (out, x) in out.chunks_exact_mut(inner).zip(x.chunks_exact(axis * inner)) {
                    fold_rows(join, x, out);
                }
            }
        },
    );
}
