//! A right operand packed once and used in many products.
#![expect(unsafe_code, reason = "hands checked slices on as pointers")]

use super::super::Real;
use super::blocks::{Product, Right};
use super::checks::{check_distinct, check_extent};
use super::panels::{Part, copy_panels, panels_len};
use super::sweep::Machine;
use super::tile::Rows;

/// How many numbers [`pack`] writes for a `k x n` matrix: some more than `k n`, the same on every machine of a kind.
///
/// ```
/// use tunesmith_tensor::kernel::gemm::packed_len;
/// let len = packed_len::<f32>(64, 100);
/// assert!((64 * 100..64 * 116).contains(&len));
/// ```
#[must_use]
pub fn packed_len<T: Real>(k: usize, n: usize) -> usize {
    panels_len(Machine::detected::<T>(), k, n)
}

/// Copies the `k x n` matrix `b` into the order in which products read it, for [`gemm_packed`] and
/// [`gemm_indirect`](super::gemm_indirect).
///
/// Strides are `(row, column)` distances in elements; a transposed operand swaps them. It pays where a right operand
/// meets many products, as the weights of a recurrent layer do, and at once in products of few rows. The order is
/// that of the running machine: do not save it.
///
/// ```
/// use tunesmith_tensor::kernel::gemm::{gemm_packed, pack, packed_len};
/// let b = [1.0f32, 2.0, 3.0, 4.0];
/// let mut packed = vec![0.0; packed_len::<f32>(2, 2)];
/// pack(&b, (2, 1), 2, 2, &mut packed);
/// let mut c = [f32::NAN; 2];
/// gemm_packed([1, 2, 2], &[10.0, 1.0], (2, 1), &packed, 0.0, &mut c, 2);
/// assert_eq!(c, [13.0, 24.0]);
/// ```
///
/// # Panics
/// When `b` is too short, or `packed` has not exactly [`packed_len`] numbers.
#[track_caller]
pub fn pack<T: Real>(b: &[T], b_strides: (usize, usize), k: usize, n: usize, packed: &mut [T]) {
    check_extent("right operand", b.len(), k, n, b_strides);
    check_packed(k, n, packed);
    if k == 0 || n == 0 {
        return;
    }
    let part = Part { start: b.as_ptr(), strides: b_strides, rows: k, columns: n };
    // SAFETY: both lengths have been checked, and `packed` is exclusive.
    unsafe { copy_panels(Machine::detected::<T>(), part, packed.as_mut_ptr()) };
}

/// Writes `A B + beta C` for `[m, k, n]` and a right operand from [`pack`]; rows of `c` are `c_row_stride` apart.
///
/// An entry has the same bits as from [`gemm`](super::gemm()). With `beta == 0` the old `c` is not read.
///
/// ```
/// use tunesmith_tensor::kernel::gemm::{gemm, gemm_packed, pack, packed_len};
/// let [m, k, n] = [5, 30, 70];
/// let (a, b) = (vec![0.5f32; m * k], vec![0.1f32; k * n]);
/// let mut packed = vec![0.0; packed_len::<f32>(k, n)];
/// pack(&b, (n, 1), k, n, &mut packed);
/// let (mut c, mut other) = (vec![0.0; m * n], vec![0.0; m * n]);
/// gemm_packed([m, k, n], &a, (k, 1), &packed, 0.0, &mut c, n);
/// gemm(m, k, n, 1.0, &a, (k, 1), &b, (n, 1), 0.0, &mut other, (n, 1));
/// assert_eq!(c, other);
/// ```
///
/// # Panics
/// When `a` or `c` is too short for its size and strides, rows of `c` overlap, or `packed` has not [`packed_len`]
/// numbers.
#[track_caller]
pub fn gemm_packed<T: Real>(
    [m, k, n]: [usize; 3],
    a: &[T],
    a_strides: (usize, usize),
    packed: &[T],
    beta: T,
    c: &mut [T],
    c_row_stride: usize,
) {
    check_extent("left operand", a.len(), m, k, a_strides);
    check_packed(k, n, packed);
    check_extent("result", c.len(), m, n, (c_row_stride, 1));
    check_distinct(m, n, (c_row_stride, 1));
    let product = Product {
        size: [m, k, n],
        alpha: T::ONE,
        rows: Rows::Every(a.as_ptr(), a_strides.0),
        segments: &[(0, k)],
        step: a_strides.1,
        right: Right::Packed(packed.as_ptr()),
        beta,
        c: c.as_mut_ptr(),
        c_strides: (c_row_stride, 1),
    };
    // SAFETY: all that sizes and strides name has been checked to lie in its slice, and rows of `c` to be apart.
    unsafe { product.run() };
}

#[track_caller]
pub(super) fn check_packed<T: Real>(k: usize, n: usize, packed: &[T]) {
    let (len, needed) = (packed.len(), packed_len::<T>(k, n));
    assert!(len == needed, "gemm: a packed operand [{k}, {n}] takes {needed} elements, not {len}");
}
