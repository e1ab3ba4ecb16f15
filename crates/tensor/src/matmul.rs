//! The matrix product: vectors, matrices, and batches of matrices that broadcast.

use crate::dispatch::for_float;
use crate::kernel::Real;
use crate::kernel::gemm::gemm;
use crate::shape::{Shape, broadcast};
use crate::tensor::Tensor;

impl Tensor {
    /// Matrix product, as in NumPy: a vector on the left is a row, on the right a column, and its axis disappears
    /// from the result; axes before the last two are batches and broadcast. Transposed views are not copied.
    ///
    /// ```
    /// use tunesmith_tensor::Tensor;
    /// let a = Tensor::from([[1.0f32, 2.0], [3.0, 4.0]]);
    /// assert_eq!(a.matmul(&a.t()).to_vec::<f32>(), [5.0, 11.0, 11.0, 25.0]);
    /// assert_eq!(a.matmul(&Tensor::from([1.0f32, 0.0])).to_vec::<f32>(), [1.0, 3.0]);
    /// ```
    ///
    /// # Panics
    /// When the inner sizes differ, the batches do not broadcast, an operand has no axes, or both hold integers.
    #[track_caller]
    pub fn matmul(&self, other: &Tensor) -> Tensor {
        let (left, right) = (self.shape(), other.shape());
        assert!(
            left.ndim() > 0 && right.ndim() > 0,
            "matmul: needs vectors or matrices, left {left}, right {right}"
        );
        let (row, column) = (left.ndim() == 1, right.ndim() == 1);
        let a = if row { self.unsqueeze(0) } else { self.clone() };
        let b = if column { other.unsqueeze(1) } else { other.clone() };
        assert!(a.size(-1) == b.size(-2), "matmul: inner sizes differ, left {left}, right {right}");
        let product = batched(&a, &b);
        match (row, column) {
            (false, false) => product,
            (true, false) => product.squeeze(-2),
            (false, true) => product.squeeze(-1),
            (true, true) => product.squeeze(-1).squeeze(-1),
        }
    }
}

#[track_caller]
fn batched(a: &Tensor, b: &Tensor) -> Tensor {
    let (m, k, n) = (a.size(-2), a.size(-1), b.size(-1));
    let batch = |x: &Tensor| Shape::from(&x.shape()[..x.ndim() - 2]);
    let batches = broadcast("matmul: batches", &batch(a), &batch(b));
    let with = |rows: usize, cols: usize| Shape::from(&[&batches[..], &[rows, cols]].concat()[..]);
    let dtype = a.dtype().max(b.dtype());
    let (a, b) = (a.cast(dtype).expand(with(m, k)), b.cast(dtype).expand(with(k, n)));
    for_float!(dtype, T => {
        let mut out = vec![T::ZERO; batches.numel() * m * n];
        let (a_places, a_strides) = matrices(&a);
        let (b_places, b_strides) = matrices(&b);
        if m * n > 0 {
            for ((c, a_place), b_place) in out.chunks_exact_mut(m * n).zip(a_places).zip(b_places) {
                // An operand without elements may begin at the very end of its storage.
                let (left, right) = (&a.data::<T>()[a_place..], &b.data::<T>()[b_place..]);
                gemm(m, k, n, T::ONE, left, a_strides, right, b_strides, T::ZERO, c, (n, 1));
            }
        }
        Tensor::from_vec(out, with(m, n))
    }, integer => panic!("matmul: needs floats, both operands hold i64; cast one first"))
}

/// Where the matrices of a batch begin, and the strides inside each.
fn matrices(x: &Tensor) -> (Vec<usize>, (usize, usize)) {
    let strides = x.layout.strides();
    let (row, column) = (strides[strides.len() - 2], strides[strides.len() - 1]);
    let mut batch = x.layout;
    if x.numel() > 0 {
        batch = batch.select(x.ndim() - 1, 0).select(x.ndim() - 2, 0);
        return (batch.positions().collect(), (row, column));
    }
    let count = x.shape()[..x.ndim() - 2].iter().product();
    (vec![batch.offset; count], (row, column))
}
