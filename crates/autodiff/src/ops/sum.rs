//! Sums and means along axes.

use tunesmith_tensor::Shape;
use tunesmith_tensor::kernel::Real;
use tunesmith_tensor::kernel::reduce::{Reduction, reduce_axis};

use super::expand::Spread;
use crate::op::{Call, Primitive, Site};
use crate::{Var, gradient_cases};

/// The sum over neighbouring axes `start..end`, which vanish.
#[derive(Clone, Debug)]
pub struct Sum {
    /// The first axis.
    pub start: usize,
    /// After the last axis.
    pub end: usize,
}

/// The shape split at neighbouring axes: elements before, of, and after them.
pub(super) fn split(shape: &Shape, start: usize, end: usize) -> (usize, usize, usize) {
    let size = |range: &[usize]| range.iter().product();
    (size(&shape.dims()[..start]), size(&shape.dims()[start..end]), size(&shape.dims()[end..]))
}

pub(super) fn without(shape: &Shape, start: usize, end: usize) -> Result<Shape, String> {
    if start > end || end > shape.dims().len() {
        return Err(format!("the axes {start}..{end} do not exist in {shape}"));
    }
    let mut dims = shape.dims().to_vec();
    dims.drain(start..end);
    Ok(Shape::from(dims))
}

impl Primitive for Sum {
    const NAME: &'static str = "sum";

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        without(&inputs[0], self.start, self.end)
    }

    fn run<T: Real>(&self, call: Call<'_, T>) {
        let (outer, axis, inner) = split(&call.shapes[0], self.start, self.end);
        reduce_axis(call.inputs[0], outer, axis, inner, call.out, Reduction::Sum);
    }

    fn derivative(&self, site: &Site<'_>) -> Vec<Option<Var>> {
        let dims = site.inputs[0].shape().dims()[self.start..self.end].to_vec();
        vec![Some(site.gradient.graph().apply(Spread { at: self.start, dims }, &[site.gradient]))]
    }

    fn flops(&self, inputs: &[Shape], _output: &Shape) -> u64 {
        inputs[0].numel() as u64
    }
}

impl Var {
    /// The sum over neighbouring axes, which vanish.
    ///
    /// # Panics
    /// When the axes do not exist.
    #[must_use]
    #[track_caller]
    pub fn sum_range(&self, start: usize, end: usize) -> Self {
        if start == end { self.clone() } else { self.apply(Sum { start, end }) }
    }

    /// The sum of all elements, of shape `[]`.
    #[must_use]
    pub fn sum(&self) -> Self {
        self.sum_range(0, self.rank())
    }

    /// The sum over one axis, which vanishes.
    ///
    /// # Panics
    /// When there is no such axis.
    #[must_use]
    #[track_caller]
    pub fn sum_axis(&self, axis: usize) -> Self {
        self.sum_range(axis, axis + 1)
    }

    /// The mean of all elements, of shape `[]`.
    #[must_use]
    pub fn mean(&self) -> Self {
        self.sum() * (1.0 / self.shape().numel() as f64)
    }

    /// The mean over one axis, which vanishes.
    ///
    /// # Panics
    /// When there is no such axis.
    #[must_use]
    #[track_caller]
    pub fn mean_axis(&self, axis: usize) -> Self {
        let size = self.shape().dims().get(axis).copied().unwrap_or(1);
        self.sum_axis(axis) * (1.0 / size as f64)
    }
}

gradient_cases! {
    "sum" [[3, 4]] |x| x[0].square().sum();
    "sum, first axis" [[3, 4]] |x| x[0].sum_axis(0).square();
    "sum, middle axis" [[2, 3, 4]] |x| x[0].sum_axis(1).square();
    "sum, last axes" [[2, 3, 4]] |x| x[0].sum_range(1, 3).square();
    "mean" [[3, 4]] |x| x[0].mean().exp();
    "mean, last axis" [[3, 4]] |x| x[0].mean_axis(1).square();
}
