//! General matrix product: `matrixmultiply` behind checked slices, and own loops for tiny sizes.
#![expect(unsafe_code, reason = "matrixmultiply takes raw pointers")]

use super::Real;
use super::tiny::{self, Operand};
use crate::dtype::DType;

/// Writes `alpha A B + beta C` into `c`, where `A` is `m x k`, `B` is `k x n`, `C` is `m x n`.
///
/// Strides are `(row, column)` distances in elements; a transposed operand swaps them. With `beta == 0` the old
/// `c` is not read, so it may hold NaN.
///
/// ```
/// use tunesmith_tensor::kernel::gemm::gemm;
/// let a = [1.0f32, 2.0, 3.0, 4.0];
/// let mut c = [f32::NAN; 4];
/// gemm(2, 2, 2, 1.0, &a, (2, 1), &a, (1, 2), 0.0, &mut c, (2, 1)); // A times its transpose
/// assert_eq!(c, [5.0, 11.0, 11.0, 25.0]);
/// ```
///
/// # Panics
/// When an operand is too short for its size and strides, or entries of `c` overlap.
#[expect(clippy::too_many_arguments, reason = "the signature every BLAS has")]
#[track_caller]
pub fn gemm<T: Real>(
    m: usize,
    k: usize,
    n: usize,
    alpha: T,
    a: &[T],
    a_strides: (usize, usize),
    b: &[T],
    b_strides: (usize, usize),
    beta: T,
    c: &mut [T],
    c_strides: (usize, usize),
) {
    check([m, k, n], (a.len(), a_strides), (b.len(), b_strides), (c.len(), c_strides));
    let (left, right) = (Operand { data: a, strides: a_strides }, Operand { data: b, strides: b_strides });
    if m == 0 || n == 0 || tiny::product([m, k, n], alpha, left, right, beta, c, c_strides) {
        return;
    }
    general(m, k, n, alpha, a, a_strides, b, b_strides, beta, c, c_strides);
}

/// [`gemm`] by `matrixmultiply` at every size, without our own loops for tiny ones: what a caller without them would use.
///
/// ```
/// use tunesmith_tensor::kernel::gemm::general;
/// let a = [1.0f32, 2.0, 3.0, 4.0];
/// let mut c = [f32::NAN; 4];
/// general(2, 2, 2, 1.0, &a, (2, 1), &a, (1, 2), 0.0, &mut c, (2, 1)); // A times its transpose
/// assert_eq!(c, [5.0, 11.0, 11.0, 25.0]);
/// ```
///
/// # Panics
/// As [`gemm`].
#[expect(clippy::too_many_arguments, reason = "the signature every BLAS has")]
#[track_caller]
pub fn general<T: Real>(
    m: usize,
    k: usize,
    n: usize,
    alpha: T,
    a: &[T],
    a_strides: (usize, usize),
    b: &[T],
    b_strides: (usize, usize),
    beta: T,
    c: &mut [T],
    c_strides: (usize, usize),
) {
    check([m, k, n], (a.len(), a_strides), (b.len(), b_strides), (c.len(), c_strides));
    let signed = |(row, column): (usize, usize)| (row as isize, column as isize);
    let ((ar, ac), (br, bc), (cr, cc)) = (signed(a_strides), signed(b_strides), signed(c_strides));
    match T::DTYPE {
        // SAFETY: `T` is `f32`, because `Real` is sealed and `DTYPE` names the type. `check` has shown that every
        // index up to `(rows - 1) * row_stride + (columns - 1) * column_stride` lies inside its slice and that
        // entries of `c`, which is exclusive, do not overlap.
        DType::F32 => unsafe {
            let (alpha, beta) = (alpha.to_f64() as f32, beta.to_f64() as f32);
            let (a, b, c) = (a.as_ptr().cast(), b.as_ptr().cast(), c.as_mut_ptr().cast());
            matrixmultiply::sgemm(m, k, n, alpha, a, ar, ac, b, br, bc, beta, c, cr, cc);
        },
        // SAFETY: as above, with `T` = `f64`.
        _ => unsafe {
            let (alpha, beta) = (alpha.to_f64(), beta.to_f64());
            let (a, b, c) = (a.as_ptr().cast(), b.as_ptr().cast(), c.as_mut_ptr().cast());
            matrixmultiply::dgemm(m, k, n, alpha, a, ar, ac, b, br, bc, beta, c, cr, cc);
        },
    }
}

/// Writes `op(A) op(B) + beta C` into the row-major `c`, where `op` transposes when its flag is set.
///
/// `op(A)` is `m x k`, `op(B)` is `k x n`; both operands are contiguous and row-major as stored, so with
/// `transpose_a` the slice `a` holds a `k x m` matrix.
///
/// ```
/// use tunesmith_tensor::kernel::gemm::matmul_into;
/// let (x, upstream) = ([1.0f32, 2.0], [10.0f32, 20.0, 30.0]); // 1 x 2 and 1 x 3
/// let mut gradient = [0.0f32; 6];
/// matmul_into(&x, true, &upstream, false, [2, 1, 3], 0.0, &mut gradient);
/// assert_eq!(gradient, [10.0, 20.0, 30.0, 20.0, 40.0, 60.0]);
/// ```
///
/// # Panics
/// When a slice has not exactly the length its size asks for.
#[track_caller]
pub fn matmul_into<T: Real>(
    a: &[T],
    transpose_a: bool,
    b: &[T],
    transpose_b: bool,
    [m, k, n]: [usize; 3],
    beta: T,
    c: &mut [T],
) {
    let exact = a.len() == m * k && b.len() == k * n && c.len() == m * n;
    assert!(
        exact,
        "matmul: [{m}, {k}] times [{k}, {n}] needs slices of {}, {} and {}, got {}, {} and {}",
        m * k,
        k * n,
        m * n,
        a.len(),
        b.len(),
        c.len(),
    );
    let a_strides = if transpose_a { (1, m) } else { (k, 1) };
    let b_strides = if transpose_b { (1, k) } else { (n, 1) };
    gemm(m, k, n, T::ONE, a, a_strides, b, b_strides, beta, c, (n, 1));
}

/// Panics unless the operands, given as (length, strides), hold their matrices and entries of the result are distinct.
#[track_caller]
#[inline]
fn check([m, k, n]: [usize; 3], a: (usize, Strides), b: (usize, Strides), c: (usize, Strides)) {
    check_extent("left operand", a.0, m, k, a.1);
    check_extent("right operand", b.0, k, n, b.1);
    check_extent("result", c.0, m, n, c.1);
    check_distinct(m, n, c.1);
}

type Strides = (usize, usize);

#[track_caller]
#[inline]
fn check_extent(operand: &str, length: usize, rows: usize, columns: usize, strides: (usize, usize)) {
    if rows == 0 || columns == 0 {
        return;
    }
    let last = (rows - 1).checked_mul(strides.0).zip((columns - 1).checked_mul(strides.1));
    let fits = last.and_then(|(r, c)| r.checked_add(c)).is_some_and(|last| last < length);
    assert!(
        fits,
        "gemm: {operand} [{rows}, {columns}] with strides {strides:?} does not fit into {length} elements"
    );
}

#[track_caller]
#[inline]
fn check_distinct(m: usize, n: usize, (row, column): (usize, usize)) {
    let rows_apart = (n == 1 || column > 0) && (m == 1 || row > (n.max(1) - 1) * column);
    let columns_apart = (m == 1 || row > 0) && (n == 1 || column > (m.max(1) - 1) * row);
    assert!(
        m == 0 || n == 0 || rows_apart || columns_apart,
        "gemm: entries of the result [{m}, {n}] overlap with strides {:?}",
        (row, column)
    );
}
