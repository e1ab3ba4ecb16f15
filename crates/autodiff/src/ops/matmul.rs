//! The matrix product.

use tunesmith_tensor::Shape;
use tunesmith_tensor::kernel::Real;
use tunesmith_tensor::kernel::gemm::{matmul_bf16_into, matmul_into};

use crate::op::{Call, Primitive, Site};
use crate::{Precision, Var, gradient_cases};

/// Rounding operands to bf16 pays where every side of the product is at least this: shorter ones do not fill a tile.
const LEAST_SIDE: usize = 16;

/// The product of two matrices, each of which may be taken transposed.
#[derive(Clone, Copy, Debug)]
pub struct MatMul {
    /// Whether the left one is taken transposed.
    pub transpose_a: bool,
    /// Whether the right one is taken transposed.
    pub transpose_b: bool,
    /// What its operands are rounded to; its derivatives inherit it.
    pub precision: Precision,
}

/// Rows and columns of an operand as it enters the product.
fn sides(shape: &Shape, transposed: bool) -> Result<(usize, usize), String> {
    match (shape.dims(), transposed) {
        (&[rows, cols], false) | (&[cols, rows], true) => Ok((rows, cols)),
        _ => Err(format!("a matrix is needed, found {shape}")),
    }
}

impl MatMul {
    fn sizes(&self, inputs: &[Shape]) -> Result<[usize; 3], String> {
        let (m, k) = sides(&inputs[0], self.transpose_a)?;
        let (inner, n) = sides(&inputs[1], self.transpose_b)?;
        if k != inner {
            let mark = |t: bool| if t { " transposed" } else { "" };
            return Err(format!(
                "inner sizes differ, left {}{}, right {}{}",
                inputs[0],
                mark(self.transpose_a),
                inputs[1],
                mark(self.transpose_b)
            ));
        }
        Ok([m, k, n])
    }
}

impl Primitive for MatMul {
    const NAME: &'static str = "matmul";

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        self.sizes(inputs).map(|[m, _, n]| Shape::from([m, n]))
    }

    fn run<T: Real>(&self, call: Call<'_, T>) {
        let sizes = self.sizes(call.shapes).expect("checked while building");
        let rounds = self.precision == Precision::Bf16 && sizes.iter().all(|side| *side >= LEAST_SIDE);
        let product = if rounds { matmul_bf16_into } else { matmul_into };
        let (a, b) = (call.inputs[0], call.inputs[1]);
        product(a, self.transpose_a, b, self.transpose_b, sizes, T::ZERO, call.out);
    }

    fn derivative(&self, site: &Site<'_>) -> Vec<Option<Var>> {
        let (a, b, g) = (&site.inputs[0], &site.inputs[1], site.gradient);
        let product = |x: &Var, transpose_a: bool, y: &Var, transpose_b: bool| {
            x.graph.apply(Self { transpose_a, transpose_b, ..*self }, &[x, y])
        };
        let by_a = || {
            if self.transpose_a {
                product(b, self.transpose_b, g, true)
            } else {
                product(g, false, b, !self.transpose_b)
            }
        };
        let by_b = || {
            if self.transpose_b {
                product(g, true, a, self.transpose_a)
            } else {
                product(a, !self.transpose_a, g, false)
            }
        };
        vec![site.wanted[0].then(by_a), site.wanted[1].then(by_b)]
    }

    fn flops(&self, inputs: &[Shape], _output: &Shape) -> u64 {
        self.sizes(inputs).map_or(0, |[m, k, n]| 2 * (m * k * n) as u64)
    }

    fn products(&self, inputs: &[Shape], _output: &Shape) -> Vec<(usize, [usize; 3])> {
        self.sizes(inputs).map_or_else(|_| Vec::new(), |sizes| vec![(1, sizes)])
    }
}

impl Var {
    #[track_caller]
    fn product(&self, other: &Self, transpose_a: bool, transpose_b: bool) -> Self {
        let precision = self.graph.precision();
        self.graph.apply(MatMul { transpose_a, transpose_b, precision }, &[self, other])
    }

    /// The product `[m, k] x [k, n] -> [m, n]`.
    ///
    /// # Panics
    /// When the inner sizes differ.
    #[must_use]
    #[track_caller]
    pub fn matmul(&self, other: &Self) -> Self {
        self.product(other, false, false)
    }

    /// The product with the other's transpose, `[m, k] x [n, k] -> [m, n]`: a dense layer with weights `[out, in]`.
    ///
    /// # Panics
    /// When the inner sizes differ.
    #[must_use]
    #[track_caller]
    pub fn matmul_t(&self, other: &Self) -> Self {
        self.product(other, false, true)
    }
}

gradient_cases! {
    "matmul" [[3, 4], [4, 2]] |x| x[0].matmul(&x[1]);
    "matmul, right transposed" [[3, 4], [2, 4]] |x| x[0].matmul_t(&x[1]).square();
    "matmul, left transposed" [[4, 3], [4, 2]] |x| x[0].product(&x[1], true, false).square();
    "matmul, both transposed" [[4, 3], [2, 4]] |x| x[0].product(&x[1], true, true).square();
    "matmul, with itself" [[3, 3]] |x| x[0].matmul(&x[0]);
}
