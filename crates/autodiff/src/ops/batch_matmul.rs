//! Matrix products of two stacks of matrices, one by one.

use tunesmith_tensor::Shape;
use tunesmith_tensor::kernel::Real;
use tunesmith_tensor::kernel::gemm::matmul_into;

use crate::op::{Call, Primitive, Site};
use crate::{Var, gradient_cases};

/// The products of the matrices of two stacks, either of which may be taken transposed.
#[derive(Clone, Copy, Debug)]
pub struct BatchMatMul {
    /// Whether the left ones are taken transposed.
    pub transpose_a: bool,
    /// Whether the right ones are taken transposed.
    pub transpose_b: bool,
}

impl BatchMatMul {
    /// How many products there are, and their sizes.
    fn sizes(self, inputs: &[Shape]) -> Result<(usize, [usize; 3]), String> {
        let fail =
            || Err(format!("stacks [count, rows, columns] that fit are needed: {} {}", inputs[0], inputs[1]));
        let (&[count, a0, a1], &[other, b0, b1]) = (inputs[0].dims(), inputs[1].dims()) else {
            return fail();
        };
        let (m, k) = if self.transpose_a { (a1, a0) } else { (a0, a1) };
        let (inner, n) = if self.transpose_b { (b1, b0) } else { (b0, b1) };
        if count == other && k == inner { Ok((count, [m, k, n])) } else { fail() }
    }
}

impl Primitive for BatchMatMul {
    const NAME: &'static str = "batch_matmul";

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        self.sizes(inputs).map(|(count, [m, _, n])| Shape::from([count, m, n]))
    }

    fn run<T: Real>(&self, call: Call<'_, T>) {
        let (count, sizes) = self.sizes(call.shapes).expect("checked while building");
        let [m, k, n] = sizes;
        for i in 0..count {
            let (a, b) = (&call.inputs[0][i * m * k..][..m * k], &call.inputs[1][i * k * n..][..k * n]);
            let out = &mut call.out[i * m * n..][..m * n];
            matmul_into(a, self.transpose_a, b, self.transpose_b, sizes, T::ZERO, out);
        }
    }

    fn derivative(&self, site: &Site<'_>) -> Vec<Option<Var>> {
        let (a, b, g) = (&site.inputs[0], &site.inputs[1], site.gradient);
        let by_a = || match self.transpose_a {
            true => b.batch_product(g, self.transpose_b, true),
            false => g.batch_product(b, false, !self.transpose_b),
        };
        let by_b = || match self.transpose_b {
            true => g.batch_product(a, true, self.transpose_a),
            false => a.batch_product(g, !self.transpose_a, false),
        };
        vec![site.wanted[0].then(by_a), site.wanted[1].then(by_b)]
    }

    fn flops(&self, inputs: &[Shape], _output: &Shape) -> u64 {
        self.sizes(inputs).map_or(0, |(count, [m, k, n])| 2 * (count * m * k * n) as u64)
    }
}

impl Var {
    #[track_caller]
    fn batch_product(&self, other: &Self, transpose_a: bool, transpose_b: bool) -> Self {
        self.graph.apply(BatchMatMul { transpose_a, transpose_b }, &[self, other])
    }

    /// The products `[count, m, k] x [count, k, n] -> [count, m, n]`.
    ///
    /// # Panics
    /// When the counts or the inner sizes differ.
    #[must_use]
    #[track_caller]
    pub fn batch_matmul(&self, other: &Self) -> Self {
        self.batch_product(other, false, false)
    }

    /// The products with the other's transposes, `[count, m, k] x [count, n, k] -> [count, m, n]`.
    ///
    /// # Panics
    /// When the counts or the inner sizes differ.
    #[must_use]
    #[track_caller]
    pub fn batch_matmul_t(&self, other: &Self) -> Self {
        self.batch_product(other, false, true)
    }
}

gradient_cases! {
    "batch_matmul" [[2, 3, 4], [2, 4, 2]] |x| x[0].batch_matmul(&x[1]).square();
    "batch_matmul, right transposed" [[2, 3, 4], [2, 2, 4]] |x| x[0].batch_matmul_t(&x[1]).square();
    "batch_matmul, left transposed" [[2, 4, 3], [2, 4, 2]] |x| x[0].batch_product(&x[1], true, false).square();
    "batch_matmul, both transposed" [[2, 4, 3], [2, 2, 4]] |x| x[0].batch_product(&x[1], true, true).square();
}
