//! The largest element along axes.

use tunesmith_tensor::Shape;
use tunesmith_tensor::kernel::Real;
use tunesmith_tensor::kernel::reduce::{Reduction, reduce_axis};

use super::sum::{split, without};
use crate::op::{Call, Primitive, Site};
use crate::{Var, gradient_cases};

/// The largest element over neighbouring axes `start..end`, which vanish; equals share the derivative.
#[derive(Clone, Debug)]
pub struct Max {
    /// The first axis.
    pub start: usize,
    /// After the last axis.
    pub end: usize,
}

impl Primitive for Max {
    const NAME: &'static str = "max";

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        without(&inputs[0], self.start, self.end)
    }

    fn run<T: Real>(&self, call: Call<'_, T>) {
        let (outer, axis, inner) = split(&call.shapes[0], self.start, self.end);
        reduce_axis(call.inputs[0], outer, axis, inner, call.out, Reduction::Max);
    }

    fn derivative(&self, site: &Site<'_>) -> Vec<Option<Var>> {
        let x = &site.inputs[0];
        // The result again with the reduced axes of size one, so that it broadcasts.
        let mut dims = x.shape().dims().to_vec();
        dims[self.start..self.end].fill(1);
        let spread = |var: &Var| var.reshape(dims.clone()).expand(x.shape());
        let hit = x.at_least(&spread(site.output));
        let ties = hit.sum_range(self.start, self.end);
        vec![Some(&hit * &spread(&(site.gradient / &ties)))]
    }

    fn flops(&self, inputs: &[Shape], _output: &Shape) -> u64 {
        inputs[0].numel() as u64
    }
}

impl Var {
    /// The largest element, of shape `[]`.
    #[must_use]
    pub fn max(&self) -> Self {
        self.apply(Max { start: 0, end: self.rank() })
    }

    /// The largest element over one axis, which vanishes.
    ///
    /// # Panics
    /// When there is no such axis.
    #[must_use]
    #[track_caller]
    pub fn max_axis(&self, axis: usize) -> Self {
        self.apply(Max { start: axis, end: axis + 1 })
    }
}

gradient_cases! {
    "max" [[3, 4]] |x| x[0].max();
    "max, last axis" [[3, 4]] |x| x[0].max_axis(1).square();
    "max, first axis" [[3, 4]] |x| x[0].max_axis(0).square();
}
