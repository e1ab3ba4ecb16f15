//! The matrix product of strided operands.
#![expect(unsafe_code, reason = "hands checked slices on as pointers")]

use super::super::Real;
use super::blocks::{Product, Right};
use super::checks::{check, check_exact};
use super::tile::Rows;

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
    // C^T = B^T A^T, where rows of that result are neighbours in memory.
    let turned = if n == 1 {
        a_strides.0 == 1 && c_strides.0 == 1 && m > 1
    } else {
        c_strides.1 != 1 && c_strides.0 == 1
    };
    let (size, left, right, c_strides) = if turned {
        (
            [n, k, m],
            (b, (b_strides.1, b_strides.0)),
            (a, (a_strides.1, a_strides.0)),
            (c_strides.1, c_strides.0),
        )
    } else {
        ([m, k, n], (a, a_strides), (b, b_strides), c_strides)
    };
    let product = Product {
        size,
        alpha,
        rows: Rows::Every(left.0.as_ptr(), left.1.0),
        segments: &[(0, k)],
        step: left.1.1,
        right: Right::Strided(right.0.as_ptr(), right.1),
        beta,
        c: c.as_mut_ptr(),
        c_strides,
    };
    // SAFETY: `check` has shown that every index lies in its slice and that entries of `c`, which is exclusive, do not
    // overlap.
    unsafe { product.run() };
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
    check_exact([m, k, n], a.len(), b.len(), c.len());
    let a_strides = if transpose_a { (1, m) } else { (k, 1) };
    let b_strides = if transpose_b { (1, k) } else { (n, 1) };
    gemm(m, k, n, T::ONE, a, a_strides, b, b_strides, beta, c, (n, 1));
}
