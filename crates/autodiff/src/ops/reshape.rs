//! `reshape`: the same numbers in the same order under another shape; costs nothing when run.

use tunesmith_tensor::Shape;
use tunesmith_tensor::kernel::Real;

use crate::op::{Call, Primitive, Site};
use crate::{Var, gradient_cases};

/// The same numbers under another shape.
#[derive(Clone, Debug)]
pub struct Reshape {
    /// The new shape.
    pub shape: Shape,
}

impl Primitive for Reshape {
    const NAME: &'static str = "reshape";

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        if inputs[0].numel() == self.shape.numel() {
            Ok(self.shape)
        } else {
            Err(format!(
                "{} holds {} elements, {} holds {}",
                inputs[0],
                inputs[0].numel(),
                self.shape,
                self.shape.numel()
            ))
        }
    }

    /// Only when a result must stand in a certain place; elsewhere the plan gives both one place.
    fn run<T: Real>(&self, call: Call<'_, T>) {
        call.out.copy_from_slice(call.inputs[0]);
    }

    fn derivative(&self, site: &Site<'_>) -> Vec<Option<Var>> {
        vec![Some(site.gradient.reshape(site.inputs[0].shape()))]
    }

    fn flops(&self, _inputs: &[Shape], _output: &Shape) -> u64 {
        0
    }
}

impl Var {
    /// The same numbers under another shape.
    ///
    /// # Panics
    /// When the shape holds another number of elements.
    #[must_use]
    #[track_caller]
    pub fn reshape(&self, shape: impl Into<Shape>) -> Self {
        let shape = shape.into();
        if shape == self.shape() {
            return self.clone();
        }
        match self.made_by::<Reshape>() {
            Some((_, inputs)) => inputs[0].reshape(shape),
            None => self.apply(Reshape { shape }),
        }
    }

    /// Joins the axes from `start` on into one: `flatten(1)` makes `[8, 3, 4]` into `[8, 12]`.
    ///
    /// # Panics
    /// When there is no such axis.
    #[must_use]
    #[track_caller]
    pub fn flatten(&self, start: usize) -> Self {
        let shape = self.shape();
        assert!(
            start <= shape.dims().len(),
            "flatten({start}): the shape {shape} has {} axes",
            shape.dims().len()
        );
        let mut dims = shape.dims()[..start].to_vec();
        dims.push(shape.dims()[start..].iter().product());
        self.reshape(dims)
    }
}

gradient_cases! {
    "reshape" [[2, 6]] |x| x[0].reshape([3, 4]).square();
    "flatten" [[2, 3, 2]] |x| x[0].flatten(1).tanh();
}
