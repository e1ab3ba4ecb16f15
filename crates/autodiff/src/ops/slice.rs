//! `slice` and `pad`: a stretch of an axis, and its inverse; `concat` is made of them.

use tunesmith_tensor::Shape;
use tunesmith_tensor::kernel::Real;

use crate::op::{Call, Primitive, Site};
use crate::{Graph, Var, gradient_cases};

/// A stretch of one axis.
#[derive(Clone, Debug)]
pub struct Slice {
    /// The axis.
    pub axis: usize,
    /// The first position.
    pub start: usize,
    /// The number of positions.
    pub len: usize,
}

/// Zeros before and after along one axis.
#[derive(Clone, Debug)]
pub struct Pad {
    /// The axis.
    pub axis: usize,
    /// Zeros before.
    pub before: usize,
    /// Zeros after.
    pub after: usize,
}

/// The elements of one position of the axis and those that follow it.
fn inner(shape: &Shape, axis: usize) -> usize {
    shape.dims()[axis + 1..].iter().product()
}

fn resized(shape: &Shape, axis: usize, size: usize) -> Shape {
    let mut dims = shape.dims().to_vec();
    dims[axis] = size;
    Shape::from(dims)
}

impl Primitive for Slice {
    const NAME: &'static str = "slice";

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        match inputs[0].dims().get(self.axis) {
            Some(&size) if self.start + self.len <= size => Ok(resized(&inputs[0], self.axis, self.len)),
            _ => Err(format!(
                "positions {}..{} of axis {} do not exist in {}",
                self.start,
                self.start + self.len,
                self.axis,
                inputs[0]
            )),
        }
    }

    fn run<T: Real>(&self, call: Call<'_, T>) {
        let inner = inner(&call.shapes[0], self.axis);
        let (whole, part) = (call.shapes[0].dims()[self.axis] * inner, self.len * inner);
        if part == 0 {
            return;
        }
        for (x, out) in call.inputs[0].chunks_exact(whole).zip(call.out.chunks_exact_mut(part)) {
            out.copy_from_slice(&x[self.start * inner..][..part]);
        }
    }

    fn derivative(&self, site: &Site<'_>) -> Vec<Option<Var>> {
        let size = site.inputs[0].shape().dims()[self.axis];
        vec![Some(site.gradient.pad(self.axis, self.start, size - self.start - self.len))]
    }

    fn flops(&self, _inputs: &[Shape], _output: &Shape) -> u64 {
        0
    }
}

impl Primitive for Pad {
    const NAME: &'static str = "pad";

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        match inputs[0].dims().get(self.axis) {
            Some(&size) => Ok(resized(&inputs[0], self.axis, self.before + size + self.after)),
            None => Err(format!("no axis {} in {}", self.axis, inputs[0])),
        }
    }

    fn run<T: Real>(&self, call: Call<'_, T>) {
        let inner = inner(call.shape, self.axis);
        let (part, whole) = (call.shapes[0].dims()[self.axis] * inner, call.shape.dims()[self.axis] * inner);
        call.out.fill(T::ZERO);
        if part == 0 {
            return;
        }
        for (x, out) in call.inputs[0].chunks_exact(part).zip(call.out.chunks_exact_mut(whole)) {
            out[self.before * inner..][..part].copy_from_slice(x);
        }
    }

    fn derivative(&self, site: &Site<'_>) -> Vec<Option<Var>> {
        let size = site.inputs[0].shape().dims()[self.axis];
        vec![Some(site.gradient.slice(self.axis, self.before, size))]
    }

    fn flops(&self, _inputs: &[Shape], _output: &Shape) -> u64 {
        0
    }
}

impl Var {
    /// `len` positions of an axis, from `start` on.
    ///
    /// # Panics
    /// When they do not exist.
    #[must_use]
    #[track_caller]
    pub fn slice(&self, axis: usize, start: usize, len: usize) -> Self {
        if start == 0 && self.shape().dims().get(axis) == Some(&len) {
            return self.clone();
        }
        self.apply(Slice { axis, start, len })
    }

    /// Zeros before and after along an axis.
    ///
    /// # Panics
    /// When there is no such axis.
    #[must_use]
    #[track_caller]
    pub fn pad(&self, axis: usize, before: usize, after: usize) -> Self {
        if before == 0 && after == 0 { self.clone() } else { self.apply(Pad { axis, before, after }) }
    }
}

impl Graph {
    /// Several tensors one after another along an axis.
    ///
    /// # Panics
    /// When there is none, or their other axes differ.
    #[must_use]
    #[track_caller]
    pub fn concat(&self, parts: &[&Var], axis: usize) -> Var {
        assert!(!parts.is_empty(), "concat: there is nothing to join");
        let sizes: Vec<usize> = parts.iter().map(|part| part.shape().dims()[axis]).collect();
        let total: usize = sizes.iter().sum();
        let mut before = 0;
        let mut sum: Option<Var> = None;
        for (part, size) in parts.iter().zip(sizes) {
            let padded = part.pad(axis, before, total - before - size);
            before += size;
            sum = Some(sum.map_or(padded.clone(), |sum| sum + padded));
        }
        sum.expect("at least one part")
    }
}

gradient_cases! {
    "slice" [[3, 5, 2]] |x| x[0].slice(1, 1, 3).square();
    "pad" [[3, 2]] |x| x[0].pad(0, 1, 2).exp();
    "concat" [[2, 3], [2, 1]] |x| x[0].graph().concat(&[&x[0], &x[1]], 1).square();
}
