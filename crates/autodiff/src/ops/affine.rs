//! `scale * x + shift` with numbers known while building: what `x * 2.0 + 1.0` becomes.

use tunesmith_tensor::Shape;
use tunesmith_tensor::kernel::{Real, elementwise};

use crate::op::{Call, Primitive, Site};
use crate::{Var, gradient_cases};

/// `scale * x + shift`.
#[derive(Clone, Copy, Debug)]
pub struct Affine {
    /// The factor.
    pub scale: f64,
    /// The summand.
    pub shift: f64,
}

impl Primitive for Affine {
    const NAME: &'static str = "affine";
    const ELEMENTWISE: bool = true;

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        Ok(inputs[0])
    }

    fn run<T: Real>(&self, call: Call<'_, T>) {
        let (scale, shift) = (T::from_f64(self.scale), T::from_f64(self.shift));
        elementwise::map(
            call.inputs[0],
            call.out,
            #[inline(always)]
            |x| scale * x + shift,
        );
    }

    fn derivative(&self, site: &Site<'_>) -> Vec<Option<Var>> {
        vec![Some(site.gradient * self.scale)]
    }
}

impl Var {
    /// `scale * x + shift`; two in a row become one.
    #[must_use]
    pub fn affine(&self, scale: f64, shift: f64) -> Self {
        if let Some(number) = self.known() {
            return self.graph.scalar(scale * number + shift).reshape(self.shape());
        }
        if let Some((inner, inputs)) = self.made_by::<Affine>() {
            return inputs[0].affine(scale * inner.scale, scale * inner.shift + shift);
        }
        if scale == 1.0 && shift == 0.0 { self.clone() } else { self.apply(Affine { scale, shift }) }
    }
}

gradient_cases! {
    "affine" [[3, 4]] |x| &x[0] * 3.0 - 1.0;
    "negation" [[3]] |x| -&x[0];
}
