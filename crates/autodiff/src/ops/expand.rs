//! `expand`: repeats a tensor along axes of size one or new leading axes, as in broadcasting.

use tunesmith_tensor::Shape;
use tunesmith_tensor::kernel::Real;

use crate::op::{Call, Primitive, Site};
use crate::{Var, gradient_cases};

/// Repeats a tensor along new axes that are put in before the axis `at`.
#[derive(Clone, Debug)]
pub struct Spread {
    /// Where the new axes go.
    pub at: usize,
    /// Their sizes.
    pub dims: Vec<usize>,
}

impl Primitive for Spread {
    const NAME: &'static str = "expand";

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        let mut dims = inputs[0].dims().to_vec();
        if self.at > dims.len() {
            return Err(format!("no axis {} in {}", self.at, inputs[0]));
        }
        dims.splice(self.at..self.at, self.dims.iter().copied());
        Ok(Shape::from(dims))
    }

    fn run<T: Real>(&self, call: Call<'_, T>) {
        let inner: usize = call.shapes[0].dims()[self.at..].iter().product();
        let times: usize = self.dims.iter().product();
        if inner == 0 || times == 0 {
            return;
        }
        for (part, out) in call.inputs[0].chunks_exact(inner).zip(call.out.chunks_exact_mut(inner * times)) {
            if let [value] = part {
                out.fill(*value);
            } else {
                out.chunks_exact_mut(inner).for_each(|out| out.copy_from_slice(part));
            }
        }
    }

    fn derivative(&self, site: &Site<'_>) -> Vec<Option<Var>> {
        vec![Some(site.gradient.sum_range(self.at, self.at + self.dims.len()))]
    }
}

impl Var {
    #[track_caller]
    fn spread(&self, at: usize, dims: &[usize]) -> Self {
        if dims.is_empty() { self.clone() } else { self.apply(Spread { at, dims: dims.to_vec() }) }
    }

    /// Repeats along axes of size one and along new leading axes, up to a shape this broadcasts to.
    ///
    /// # Panics
    /// When it does not broadcast to that shape.
    #[must_use]
    #[track_caller]
    pub fn expand(&self, shape: impl Into<Shape>) -> Self {
        let (from, to) = (self.shape(), shape.into());
        let (old, new) = (from.dims(), to.dims());
        let fits =
            old.len() <= new.len() && old.iter().rev().zip(new.iter().rev()).all(|(a, b)| a == b || *a == 1);
        assert!(fits, "expand: the shape {from} does not broadcast to {to}");
        // Take the axes that grow out, then spread each run of neighbours back in, front to back.
        let lead = new.len() - old.len();
        let grows = |axis: usize| axis < lead || (old[axis - lead] == 1 && new[axis] != 1);
        let kept: Vec<usize> = (0..new.len()).filter(|&axis| !grows(axis)).map(|axis| new[axis]).collect();
        let mut out = self.reshape(kept);
        let mut axis = 0;
        while axis < new.len() {
            let end = (axis..new.len()).find(|&a| !grows(a)).unwrap_or(new.len());
            out = out.spread(axis, &new[axis..end]);
            axis = end.max(axis + 1);
        }
        out
    }

    /// Adds up what [`Var::expand`] to this shape would have repeated: the inverse direction of a broadcast.
    ///
    /// # Panics
    /// When the shape does not broadcast to this one's.
    #[must_use]
    #[track_caller]
    pub fn sum_to(&self, shape: impl Into<Shape>) -> Self {
        let (from, to) = (self.shape(), shape.into());
        if from == to {
            return self.clone();
        }
        let lead = from.dims().len().checked_sub(to.dims().len());
        let lead = lead.unwrap_or_else(|| panic!("sum_to: the shape {to} does not broadcast to {from}"));
        let shrinks = |axis: usize| axis < lead || (to.dims()[axis - lead] == 1 && from.dims()[axis] != 1);
        let mut out = self.clone();
        let mut axis = from.dims().len();
        while axis > 0 {
            let start = (0..axis).rev().find(|&a| !shrinks(a)).map_or(0, |a| a + 1);
            if start < axis {
                out = out.sum_range(start, axis);
            }
            axis = start.saturating_sub(1);
        }
        out.reshape(to)
    }
}

gradient_cases! {
    "expand, leading" [[3]] |x| x[0].expand([2, 3]);
    "expand, trailing" [[2, 1]] |x| x[0].expand([2, 3]).square();
    "expand, two places" [[1, 2, 1]] |x| x[0].expand([4, 3, 2, 2]).square();
    "expand, a scalar" [[]] |x| x[0].expand([2, 2]).square();
    "sum_to" [[2, 3, 4]] |x| x[0].square().sum_to([3, 1]);
}
