//! `permute`: the axes in another order.

use tunesmith_tensor::Shape;
use tunesmith_tensor::kernel::Real;

use crate::op::{Call, Primitive, Site};
use crate::{Var, gradient_cases};

/// The axes in another order.
#[derive(Clone, Debug)]
pub struct Permute {
    /// For each new axis, which old one it is.
    pub axes: Vec<usize>,
}

impl Primitive for Permute {
    const NAME: &'static str = "permute";

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        let mut sorted = self.axes.clone();
        sorted.sort_unstable();
        if sorted != (0..inputs[0].dims().len()).collect::<Vec<_>>() {
            return Err(format!("{:?} is not an order of the axes of {}", self.axes, inputs[0]));
        }
        Ok(Shape::from(self.axes.iter().map(|&axis| inputs[0].dims()[axis]).collect::<Vec<_>>()))
    }

    fn run<T: Real>(&self, call: Call<'_, T>) {
        if call.out.is_empty() {
            return;
        }
        let old = call.shapes[0].dims();
        let (x, out, new) = (call.inputs[0], call.out, call.shape.dims());
        // The stride in the operand of each axis of the result.
        let stride = |axis: usize| old[self.axes[axis] + 1..].iter().product::<usize>();
        let last = new.len() - 1;
        let step = stride(last);
        for (row, out) in out.chunks_exact_mut(new[last]).enumerate() {
            let mut rest = row;
            let mut start = 0;
            for axis in (0..last).rev() {
                start += rest % new[axis] * stride(axis);
                rest /= new[axis];
            }
            for (i, out) in out.iter_mut().enumerate() {
                *out = x[start + i * step];
            }
        }
    }

    fn derivative(&self, site: &Site<'_>) -> Vec<Option<Var>> {
        let mut back = vec![0; self.axes.len()];
        for (new, &old) in self.axes.iter().enumerate() {
            back[old] = new;
        }
        vec![Some(site.gradient.permute(&back))]
    }

    fn flops(&self, _inputs: &[Shape], _output: &Shape) -> u64 {
        0
    }
}

impl Var {
    /// The axes in another order: `permute(&[1, 0])` transposes a matrix.
    ///
    /// # Panics
    /// When that is not an order of the axes.
    #[must_use]
    #[track_caller]
    pub fn permute(&self, axes: &[usize]) -> Self {
        if axes.iter().copied().eq(0..self.rank()) {
            return self.clone();
        }
        self.apply(Permute { axes: axes.to_vec() })
    }

    /// The transpose of a matrix.
    ///
    /// # Panics
    /// When this is not a matrix.
    #[must_use]
    #[track_caller]
    pub fn t(&self) -> Self {
        assert!(self.rank() == 2, "t: a matrix has a transpose, found the shape {}", self.shape());
        self.permute(&[1, 0])
    }
}

gradient_cases! {
    "transpose" [[3, 4]] |x| x[0].t().square();
    "permute" [[2, 3, 4]] |x| x[0].permute(&[2, 0, 1]).tanh();
}
