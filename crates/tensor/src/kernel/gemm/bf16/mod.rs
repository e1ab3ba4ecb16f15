//! The matrix product of operands rounded to bf16, with sums in 32 bits.
//!
//! A number is rounded to the nearest of eight significant bits, ties to even, as it is packed; subnormal ones become
//! zero. The product of two such numbers is exact in 32 bits, the sums are rounded as those of [`gemm`](super::gemm())
//! are. Where the machine has AMX, products are of tiles of sixteen by sixteen; elsewhere the rounded operands go through
//! the product of singles, which costs a little more than without rounding. The two add up in different orders, so
//! their last bits differ; those of an entry depend on its row, its column and the inner side alone on either.
#![expect(unsafe_code, reason = "names the type of numbers that are `f32`")]

#[cfg(target_arch = "x86_64")]
mod amx;
#[cfg(target_arch = "x86_64")]
mod blocks;
#[cfg(target_arch = "x86_64")]
mod pack;
mod portable;

#[cfg(test)]
mod tests;

use super::super::Real;
use super::checks::{check, check_exact};
use super::{gemm, matmul_into};
use crate::DType;

/// Numbers along the inner side that a tile holds: sixteen pairs.
#[cfg(target_arch = "x86_64")]
const DEPTH: usize = 32;
/// Rows or columns of the result that a tile covers.
#[cfg(target_arch = "x86_64")]
const SIDE: usize = 16;
/// Pairs in a tile.
#[cfg(target_arch = "x86_64")]
const TILE: usize = SIDE * DEPTH / 2;

/// Bytes that a thread takes once and keeps, on its first product of operands rounded to bf16.
pub const BF16_PACK_BYTES: usize = 336 << 10;

/// Whether [`gemm_bf16`] uses tiles of AMX here, which makes it faster than the product of singles.
///
/// ```
/// println!("{}", tunesmith_tensor::kernel::gemm::has_bf16_tiles());
/// ```
#[must_use]
pub fn has_bf16_tiles() -> bool {
    #[cfg(target_arch = "x86_64")]
    return amx::is_usable();
    #[cfg(not(target_arch = "x86_64"))]
    false
}

/// A matrix as products read it: its numbers and (row, column) strides.
type Operand<'a> = (&'a [f32], (usize, usize));

/// Writes `A B + beta C` for `[m, k, n]`, with the numbers of `A` and `B` rounded to bf16 and sums in 32 bits.
///
/// Operands are slices with `(row, column)` strides; a transposed one swaps them. With `beta == 0` the old `c` is not
/// read.
///
/// ```
/// use tunesmith_tensor::kernel::gemm::gemm_bf16;
/// let mut c = [f32::NAN];
/// gemm_bf16([1, 2, 1], (&[1.0, 1.001], (2, 1)), (&[1.0, 2.0], (1, 1)), 0.0, &mut c, (1, 1));
/// assert_eq!(c, [3.0]); // 1.001 is nearer to 1 than to the next number of eight bits, 1 + 2^-7
/// ```
///
/// # Panics
/// When an operand is too short for its size and strides, or entries of `c` overlap.
#[track_caller]
pub fn gemm_bf16(
    [m, k, n]: [usize; 3],
    (a, a_strides): (&[f32], (usize, usize)),
    (b, b_strides): (&[f32], (usize, usize)),
    beta: f32,
    c: &mut [f32],
    c_strides: (usize, usize),
) {
    check([m, k, n], (a.len(), a_strides), (b.len(), b_strides), (c.len(), c_strides));
    if m == 0 || n == 0 || k == 0 {
        return gemm(m, k, n, 1.0, a, a_strides, b, b_strides, beta, c, c_strides);
    }
    #[cfg(target_arch = "x86_64")]
    if amx::is_usable() {
        return blocks::product([m, k, n], (a, a_strides), (b, b_strides), beta, c, c_strides);
    }
    portable::product([m, k, n], (a, a_strides), (b, b_strides), beta, c, c_strides);
}

/// Writes `op(A) op(B) + beta C` as [`matmul_into`](super::matmul_into) does, with operands of 32 bits rounded to bf16;
/// those of 64 bits are left as they are.
///
/// ```
/// use tunesmith_tensor::kernel::gemm::matmul_bf16_into;
/// let mut c = [0.0; 4];
/// matmul_bf16_into(&[1.0, 2.0], true, &[3.0, 4.0], false, [2, 1, 2], 0.0, &mut c);
/// assert_eq!(c, [3.0, 4.0, 6.0, 8.0]);
/// ```
///
/// # Panics
/// When a slice has not exactly the length its size asks for.
#[track_caller]
pub fn matmul_bf16_into<T: Real>(
    a: &[T],
    transpose_a: bool,
    b: &[T],
    transpose_b: bool,
    [m, k, n]: [usize; 3],
    beta: T,
    c: &mut [T],
) {
    if T::DTYPE != DType::F32 {
        return matmul_into(a, transpose_a, b, transpose_b, [m, k, n], beta, c);
    }
    check_exact([m, k, n], a.len(), b.len(), c.len());
    // SAFETY: `T` is `f32`, because `Real` is sealed and `DTYPE` names the type.
    let (a, b, c) = unsafe {
        (
            std::slice::from_raw_parts(a.as_ptr().cast::<f32>(), a.len()),
            std::slice::from_raw_parts(b.as_ptr().cast::<f32>(), b.len()),
            std::slice::from_raw_parts_mut(c.as_mut_ptr().cast::<f32>(), c.len()),
        )
    };
    let a_strides = if transpose_a { (1, m) } else { (k, 1) };
    let b_strides = if transpose_b { (1, k) } else { (n, 1) };
    gemm_bf16([m, k, n], (a, a_strides), (b, b_strides), beta.to_f64() as f32, c, (n, 1));
}
