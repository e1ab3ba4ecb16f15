//! Elementwise loops: one value in, one value out, vectorised.
//!
//! Small closures are inlined by the compiler and so become vector code; mark a long one `#[inline(always)]`
//! (see [the traps](crate::kernel)).

use super::{Real, vectorize};

#[track_caller]
#[inline]
pub(super) fn assert_same_length(kernel: &str, left: usize, right: usize) {
    if left != right {
        length_mismatch(kernel, left, right);
    }
}

#[cold]
#[track_caller]
fn length_mismatch(kernel: &str, left: usize, right: usize) -> ! {
    panic!("{kernel}: lengths differ, {left} and {right}");
}

/// Writes `f(x)` for every element.
///
/// ```
/// use tunesmith_tensor::kernel::{Real, elementwise::map};
/// let mut out = [0.0f32; 3];
/// map(&[-1.0, 0.0, 2.0], &mut out, |x| x.max(0.0));
/// assert_eq!(out, [0.0, 0.0, 2.0]);
/// ```
///
/// # Panics
/// When the lengths differ.
#[track_caller]
#[inline]
pub fn map<T: Real>(x: &[T], out: &mut [T], f: impl Fn(T) -> T) {
    assert_same_length("map", x.len(), out.len());
    vectorize(
        #[inline(always)]
        || {
            for (out, &x) in out.iter_mut().zip(x) {
                *out = f(x);
            }
        },
    );
}

/// Replaces every element by `f` of it.
///
/// ```
/// use tunesmith_tensor::kernel::elementwise::map_in_place;
/// let mut x = [1.0f64, 2.0];
/// map_in_place(&mut x, |x| x * x);
/// assert_eq!(x, [1.0, 4.0]);
/// ```
#[inline]
pub fn map_in_place<T: Real>(x: &mut [T], f: impl Fn(T) -> T) {
    vectorize(
        #[inline(always)]
        || {
            for x in x {
                *x = f(*x);
            }
        },
    );
}

/// Writes `f(a, b)` for every pair.
///
/// ```
/// use tunesmith_tensor::kernel::elementwise::zip;
/// let mut out = [0.0f32; 2];
/// zip(&[1.0, 2.0], &[10.0, 20.0], &mut out, |a, b| a + b);
/// assert_eq!(out, [11.0, 22.0]);
/// ```
///
/// # Panics
/// When the lengths differ.
#[track_caller]
#[inline]
pub fn zip<T: Real>(a: &[T], b: &[T], out: &mut [T], f: impl Fn(T, T) -> T) {
    assert_same_length("zip", a.len(), b.len());
    assert_same_length("zip", a.len(), out.len());
    vectorize(
        #[inline(always)]
        || {
            for ((out, &a), &b) in out.iter_mut().zip(a).zip(b) {
                *out = f(a, b);
            }
        },
    );
}

/// Replaces every `a` by `f(a, b)`.
///
/// ```
/// use tunesmith_tensor::kernel::elementwise::zip_in_place;
/// let mut sum = [1.0f32, 2.0];
/// zip_in_place(&mut sum, &[10.0, 20.0], |a, b| a + b);
/// assert_eq!(sum, [11.0, 22.0]);
/// ```
///
/// # Panics
/// When the lengths differ.
#[track_caller]
#[inline]
pub fn zip_in_place<T: Real>(a: &mut [T], b: &[T], f: impl Fn(T, T) -> T) {
    assert_same_length("zip_in_place", a.len(), b.len());
    vectorize(
        #[inline(always)]
        || {
            for (a, &b) in a.iter_mut().zip(b) {
                *a = f(*a, b);
            }
        },
    );
}

/// Writes `f(a, b, c)` for every triple.
///
/// ```
/// use tunesmith_tensor::kernel::elementwise::zip3;
/// let mut out = [0.0f64; 1];
/// zip3(&[2.0], &[3.0], &[4.0], &mut out, |a, b, c| a * b + c);
/// assert_eq!(out, [10.0]);
/// ```
///
/// # Panics
/// When the lengths differ.
#[track_caller]
#[inline]
pub fn zip3<T: Real>(a: &[T], b: &[T], c: &[T], out: &mut [T], f: impl Fn(T, T, T) -> T) {
    assert_same_length("zip3", a.len(), b.len());
    assert_same_length("zip3", a.len(), c.len());
    assert_same_length("zip3", a.len(), out.len());
    vectorize(
        #[inline(always)]
        || {
            for (((out, &a), &b), &c) in out.iter_mut().zip(a).zip(b).zip(c) {
                *out = f(a, b, c);
            }
        },
    );
}

/// Writes `f(a[r, c], row[c])` for every entry of the row-major matrix `a`, whose width is `row.len()`.
///
/// ```
/// use tunesmith_tensor::kernel::elementwise::zip_row;
/// let mut out = [0.0f32; 4];
/// zip_row(&[1.0, 2.0, 3.0, 4.0], &[10.0, 20.0], &mut out, |a, bias| a + bias);
/// assert_eq!(out, [11.0, 22.0, 13.0, 24.0]);
/// ```
///
/// # Panics
/// When `a` is not a whole number of rows, or `out` is not as long as `a`.
#[track_caller]
#[inline]
pub fn zip_row<T: Real>(a: &[T], row: &[T], out: &mut [T], f: impl Fn(T, T) -> T) {
    assert_same_length("zip_row", a.len(), out.len());
    assert_whole_rows("zip_row", a.len(), row.len());
    vectorize(
        #[inline(always)]
        || {
            let width = row.len().max(1);
            for (out, a) in out.chunks_exact_mut(width).zip(a.chunks_exact(width)) {
                for ((out, &a), &b) in out.iter_mut().zip(a).zip(row) {
                    *out = f(a, b);
                }
            }
        },
    );
}

/// Replaces every `a[r, c]` by `f(a[r, c], row[c])`; see [`zip_row`].
///
/// ```
/// use tunesmith_tensor::kernel::elementwise::zip_row_in_place;
/// let mut a = [1.0f32, 2.0, 3.0, 4.0];
/// zip_row_in_place(&mut a, &[10.0, 20.0], |a, bias| a + bias);
/// assert_eq!(a, [11.0, 22.0, 13.0, 24.0]);
/// ```
///
/// # Panics
/// When `a` is not a whole number of rows.
#[track_caller]
#[inline]
pub fn zip_row_in_place<T: Real>(a: &mut [T], row: &[T], f: impl Fn(T, T) -> T) {
    assert_whole_rows("zip_row_in_place", a.len(), row.len());
    vectorize(
        #[inline(always)]
        || {
            for a in a.chunks_exact_mut(row.len().max(1)) {
                for (a, &b) in a.iter_mut().zip(row) {
                    *a = f(*a, b);
                }
            }
        },
    );
}

/// Writes `f(a[r, c], col[r])` for every entry of the row-major matrix `a`, which has `col.len()` rows.
///
/// ```
/// use tunesmith_tensor::kernel::elementwise::zip_col;
/// let mut out = [0.0f32; 4];
/// zip_col(&[1.0, 2.0, 3.0, 4.0], &[10.0, 20.0], &mut out, |a, b| a + b);
/// assert_eq!(out, [11.0, 12.0, 23.0, 24.0]);
/// ```
///
/// # Panics
/// When `a` does not divide into that many rows, or `out` is not as long as `a`.
#[track_caller]
#[inline]
pub fn zip_col<T: Real>(a: &[T], col: &[T], out: &mut [T], f: impl Fn(T, T) -> T) {
    assert_same_length("zip_col", a.len(), out.len());
    assert_whole_rows("zip_col", a.len(), col.len());
    vectorize(
        #[inline(always)]
        || {
            let width = (a.len() / col.len().max(1)).max(1);
            for ((out, a), &b) in out.chunks_exact_mut(width).zip(a.chunks_exact(width)).zip(col) {
                for (out, &a) in out.iter_mut().zip(a) {
                    *out = f(a, b);
                }
            }
        },
    );
}

#[track_caller]
#[inline]
fn assert_whole_rows(kernel: &str, entries: usize, side: usize) {
    let whole = if side == 0 { entries == 0 } else { entries.is_multiple_of(side) };
    assert!(whole, "{kernel}: a matrix of {entries} entries has no side of {side}");
}
