//! The product as `matrixmultiply` computes it: what ours is held against.
#![expect(unsafe_code, reason = "matrixmultiply takes raw pointers")]

use super::super::Real;
use super::checks::check;
use crate::dtype::DType;

/// [`gemm`] by `matrixmultiply`, the product inside nalgebra: what a caller without ours would use.
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
///
/// [`gemm`]: super::gemm()
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
