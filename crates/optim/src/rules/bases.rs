//! What rules that precondition both sides of a weight share: its form as a matrix, and decompositions.

use tunesmith_tensor::Tensor;
use tunesmith_tensor::kernel::Real;
use tunesmith_tensor::kernel::gemm::matmul_into;

use crate::chunk::without_dust;

/// A side longer than this keeps its own axes: decomposing a matrix costs the cube of its side.
pub(super) const LONGEST_SIDE: usize = 512;

/// Units and inputs of a weight: all axes but the first are one side.
pub(super) fn sides(shape: &[usize]) -> Option<[usize; 2]> {
    (shape.len() >= 2).then(|| [shape[0], shape[1..].iter().product()])
}

fn square(side: usize) -> usize {
    if side <= LONGEST_SIDE { side * side } else { 0 }
}

/// Elements of a square matrix for the units of a weight; none for vectors and for a side that is too long.
pub(super) fn of_rows(shape: &[usize]) -> usize {
    sides(shape).map_or(0, |[rows, _]| square(rows))
}

/// The same for its inputs.
pub(super) fn of_columns(shape: &[usize]) -> usize {
    sides(shape).map_or(0, |[_, columns]| square(columns))
}

/// `left' x right`, or with `back` `left x right'`; a side without a matrix stays as it is. `scratch` is as long as `x`.
pub(super) fn rotate<T: Real>(
    x: &mut [T],
    [rows, columns]: [usize; 2],
    [left, right]: [&[T]; 2],
    back: bool,
    scratch: &mut [T],
) {
    if !left.is_empty() {
        matmul_into(left, !back, x, false, [rows, rows, columns], T::ZERO, scratch);
        x.copy_from_slice(scratch);
    }
    if !right.is_empty() {
        matmul_into(x, false, right, back, [rows, columns, columns], T::ZERO, scratch);
        x.copy_from_slice(scratch);
    }
}

/// Moves the matrix of each side towards (or adds, with `kept` one) the products of the gradient with itself:
/// `kept * matrix + share * g g'`.
pub(super) fn gather<T: Real>(
    gradient: &[T],
    [rows, columns]: [usize; 2],
    [left, right]: [&mut [T]; 2],
    kept: f64,
    share: f64,
    scratch: &mut [T],
) {
    let (kept, root) = (T::from_f64(kept), T::from_f64(share.sqrt()));
    let scaled = &mut scratch[..gradient.len()];
    scaled.iter_mut().zip(gradient).for_each(|(scaled, &g)| *scaled = root * g);
    if !left.is_empty() {
        matmul_into(scaled, false, scaled, true, [rows, columns, rows], kept, left);
        left.iter_mut().for_each(|x| *x = without_dust(*x));
    }
    if !right.is_empty() {
        matmul_into(scaled, true, scaled, false, [columns, rows, columns], kept, right);
        right.iter_mut().for_each(|x| *x = without_dust(*x));
    }
}

/// The eigenvalues of a symmetric matrix from small to large and its eigenvectors as columns, in double precision;
/// `None` when an entry is not finite.
pub(super) fn eigen<T: Real>(matrix: &[T], side: usize) -> Option<(Vec<f64>, Vec<f64>)> {
    let matrix: Vec<f64> = matrix.iter().map(|x| x.to_f64()).collect();
    let (values, vectors) = Tensor::from_vec(matrix, [side, side]).eigh().ok()?;
    Some((values.to_vec::<f64>(), vectors.to_vec::<f64>()))
}
