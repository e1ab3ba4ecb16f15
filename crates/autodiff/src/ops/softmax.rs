//! Softmax and log-softmax over the last axis.

use tunesmith_tensor::Shape;
use tunesmith_tensor::kernel::{Real, softmax};

use crate::op::{Call, Primitive, Site};
use crate::{Var, gradient_cases};

fn rows(shape: &Shape) -> Result<(usize, usize), String> {
    match shape.dims().split_last() {
        Some((&cols, rest)) if cols > 0 => Ok((rest.iter().product(), cols)),
        _ => Err(format!("the last axis must hold something, found {shape}")),
    }
}

/// `e^x` over its sum along the last axis.
#[derive(Clone, Copy, Debug)]
pub struct Softmax;

impl Primitive for Softmax {
    const NAME: &'static str = "softmax";

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        rows(&inputs[0]).map(|_| inputs[0])
    }

    fn run<T: Real>(&self, call: Call<'_, T>) {
        let (_, cols) = rows(call.shape).expect("checked while building");
        softmax::softmax(call.inputs[0], cols, call.out);
    }

    fn derivative(&self, site: &Site<'_>) -> Vec<Option<Var>> {
        let (y, g) = (site.output, site.gradient);
        let weighted = y * g;
        vec![Some(&weighted - y * &weighted.sum_last())]
    }

    fn flops(&self, _inputs: &[Shape], output: &Shape) -> u64 {
        5 * output.numel() as u64
    }
}

/// The logarithm of [`Softmax`], computed without forming it.
#[derive(Clone, Copy, Debug)]
pub struct LogSoftmax;

impl Primitive for LogSoftmax {
    const NAME: &'static str = "log_softmax";

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        rows(&inputs[0]).map(|_| inputs[0])
    }

    fn run<T: Real>(&self, call: Call<'_, T>) {
        let (_, cols) = rows(call.shape).expect("checked while building");
        softmax::log_softmax(call.inputs[0], cols, call.out);
    }

    fn derivative(&self, site: &Site<'_>) -> Vec<Option<Var>> {
        let g = site.gradient;
        vec![Some(g - site.output.exp() * &g.sum_last())]
    }

    fn flops(&self, _inputs: &[Shape], output: &Shape) -> u64 {
        5 * output.numel() as u64
    }
}

impl Var {
    /// The sum over the last axis, which stays with size one.
    pub(crate) fn sum_last(&self) -> Self {
        let mut dims = self.shape().dims().to_vec();
        *dims.last_mut().expect("a last axis") = 1;
        self.sum_axis(dims.len() - 1).reshape(dims)
    }

    /// `e^x` over its sum along the last axis.
    ///
    /// # Panics
    /// When there is no last axis.
    #[must_use]
    #[track_caller]
    pub fn softmax(&self) -> Self {
        self.apply(Softmax)
    }

    /// The logarithm of the softmax along the last axis.
    ///
    /// # Panics
    /// When there is no last axis.
    #[must_use]
    #[track_caller]
    pub fn log_softmax(&self) -> Self {
        self.apply(LogSoftmax)
    }
}

gradient_cases! {
    "softmax" [[3, 4]] |x| x[0].softmax();
    "log_softmax" [[3, 4]] |x| x[0].log_softmax();
    "softmax, three axes" [[2, 2, 3]] |x| x[0].softmax().square();
}
