//! Softmax and its relatives along the rows of a row-major `[rows, cols]` matrix.
//!
//! The largest entry of a row is subtracted first, so nothing overflows. The exponentials of many rows are taken
//! in one loop, so that a matrix with few columns is vectorised as well as a wide one.

use super::elementwise::assert_same_length;
use super::fold::{Add, Largest, fold, fold_map};
use super::{Real, vectorize};

/// Entries handled between two passes: small enough to stay in the first-level cache.
const BATCH: usize = 2048;
/// Rows handled between two passes.
const ROWS: usize = 64;

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
    vectorize(
        #[inline(always)]
        || {
            for (x, out) in x.chunks(stretch(cols)).zip(out.chunks_mut(stretch(cols))) {
                let mut largest = [T::ZERO; ROWS];
                exponentials(x, cols, &mut largest, out);
                for out in out.chunks_exact_mut(cols) {
                    let scale = fold(Add, &*out).recip();
                    for out in out {
                        *out *= scale;
                    }
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
    vectorize(
        #[inline(always)]
        || {
            for (x, out) in x.chunks(stretch(cols)).zip(out.chunks_mut(stretch(cols))) {
                let mut largest = [T::ZERO; ROWS];
                exponentials(x, cols, &mut largest, out);
                let log_sums = log_sums(out, cols);
                let rows = out.chunks_exact_mut(cols).zip(x.chunks_exact(cols));
                for ((out, x), (largest, log_sum)) in rows.zip(largest.into_iter().zip(log_sums)) {
                    for (out, &x) in out.iter_mut().zip(x) {
                        *out = (x - largest) - log_sum;
                    }
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
    /// Wider rows need no buffer: their own exponentials fill the vectors.
    const WIDEST_BUFFERED: usize = 64;
    vectorize(
        #[inline(always)]
        || {
            let finish =
                |largest: T, log_sum: T| if largest.is_finite() { largest + log_sum } else { largest };
            if cols > WIDEST_BUFFERED {
                for (out, x) in out.iter_mut().zip(x.chunks_exact(cols)) {
                    let largest = fold(Largest, x);
                    let sum = fold_map(
                        Add,
                        x,
                        #[inline(always)]
                        |x| (x - largest).exp(),
                    );
                    *out = finish(largest, sum.ln());
                }
                return;
            }
            let rows = (512 / cols).min(ROWS);
            let mut buffer = [T::ZERO; 512];
            for (x, out) in x.chunks(rows * cols).zip(out.chunks_mut(rows)) {
                let mut largest = [T::ZERO; ROWS];
                let buffer = &mut buffer[..x.len()];
                exponentials(x, cols, &mut largest, buffer);
                for (out, (largest, log_sum)) in
                    out.iter_mut().zip(largest.into_iter().zip(log_sums(buffer, cols)))
                {
                    *out = finish(largest, log_sum);
                }
            }
        },
    );
}

/// Writes for every row the largest entry and the sum of `e^(x - largest)`, side by side: all that [`softmax_by`] needs.
///
/// ```
/// use tunesmith_tensor::kernel::softmax::exponential_sums;
/// let mut out = [0.0f64; 2];
/// exponential_sums(&[1000.0, 1000.0], 2, &mut out);
/// assert_eq!(out, [1000.0, 2.0]);
/// ```
///
/// # Panics
/// When `x` has not half as many rows of `cols` entries as `out` entries.
#[track_caller]
pub fn exponential_sums<T: Real>(x: &[T], cols: usize, out: &mut [T]) {
    assert!(cols > 0, "exponential_sums: rows have no columns");
    assert_same_length("exponential_sums", 2 * x.len(), cols * out.len());
    vectorize(
        #[inline(always)]
        || {
            for (out, x) in out.chunks_exact_mut(2).zip(x.chunks_exact(cols)) {
                let largest = fold(Largest, x);
                out[0] = largest;
                out[1] = fold_map(
                    Add,
                    x,
                    #[inline(always)]
                    |x| (x - largest).exp_nonpositive(),
                );
            }
        },
    );
}

/// Writes `scale` times the softmax of every row, given what [`exponential_sums`] wrote: one pass over rows that are wide.
///
/// ```
/// use tunesmith_tensor::kernel::softmax::softmax_by;
/// let mut out = [0.0f64; 2];
/// softmax_by(&[1000.0, 1000.0], &[1000.0, 2.0], 10.0, &mut out);
/// assert_eq!(out, [5.0, 5.0]);
/// ```
///
/// # Panics
/// When the lengths differ, or are no whole number of rows of which there are two sums each.
#[track_caller]
pub fn softmax_by<T: Real>(x: &[T], sums: &[T], scale: T, out: &mut [T]) {
    let rows = sums.len() / 2;
    if rows == 0 {
        return assert_same_length("softmax_by", x.len(), 0);
    }
    let cols = x.len() / rows;
    check("softmax_by", x.len(), cols, out.len());
    assert_same_length("softmax_by", sums.len() * cols, 2 * x.len());
    vectorize(
        #[inline(always)]
        || {
            let rows = x.chunks_exact(cols).zip(out.chunks_exact_mut(cols));
            for ((x, out), sums) in rows.zip(sums.chunks_exact(2)) {
                let (largest, scale) = (sums[0], scale / sums[1]);
                for (out, &x) in out.iter_mut().zip(x) {
                    *out = (x - largest).exp_nonpositive() * scale;
                }
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

/// Entries of the whole rows handled between two passes.
#[inline(always)]
fn stretch(cols: usize) -> usize {
    (BATCH / cols).clamp(1, ROWS) * cols
}

/// Writes `e^(x - largest of the row)`, and the largest entry of each row.
#[inline(always)]
fn exponentials<T: Real>(x: &[T], cols: usize, largest: &mut [T; ROWS], out: &mut [T]) {
    for ((out, x), largest) in out.chunks_exact_mut(cols).zip(x.chunks_exact(cols)).zip(largest) {
        *largest = fold(Largest, x);
        for (out, &x) in out.iter_mut().zip(x) {
            *out = x - *largest;
        }
    }
    for out in out {
        *out = out.exp();
    }
}

/// The logarithm of the sum of every row.
#[inline(always)]
fn log_sums<T: Real>(exponentials: &[T], cols: usize) -> [T; ROWS] {
    let mut sums = [T::ONE; ROWS];
    for (sum, row) in sums.iter_mut().zip(exponentials.chunks_exact(cols)) {
        *sum = fold(Add, row);
    }
    for sum in &mut sums {
        *sum = sum.ln();
    }
    sums
}
