//! Gradient centralization (Yong et al. 2020): the gradient of each output has a mean of zero.

use tunesmith_core::{Describe, Param, Plug, register};
use tunesmith_tensor::kernel::{Real, elementwise};

use super::{adam, inner, made, takes_one_gradient};
use crate::{Chain, Chunk, OptimizerEntry, Parts, Rule, Scope, Step, Transform, chain};

/// Takes the mean off the gradient of each output of a weight (its first axis) and hands it to another rule.
///
/// ```
/// use tunesmith_core::Plug;
/// use tunesmith_optim::{GradientCentralization, Layout, Pace, Rule};
/// use tunesmith_tensor::{DType, Par};
/// let inner = Plug::new("sgd").with("lr", 1.0);
/// let mut optimizer = GradientCentralization { inner }.optimizer();
/// optimizer.init(&Layout::packed([("weight", vec![2, 2]), ("bias", vec![2])]), DType::F64);
/// let mut values = [0.0_f64; 6];
/// let gradient = [1.0, 3.0, 0.0, 0.0, 5.0, 7.0];
/// optimizer.step(&mut values, &[&gradient], Pace::default(), Par::Seq).unwrap();
/// assert_eq!(values, [1.0, -1.0, 0.0, 0.0, -5.0, -7.0]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct GradientCentralization {
    /// The rule that steps.
    pub inner: Plug,
}

impl Default for GradientCentralization {
    fn default() -> Self {
        Self { inner: adam() }
    }
}

impl Describe for GradientCentralization {
    const NAME: &'static str = "gradient_centralization";
    const ABOUT: &'static str = "another rule, on gradients whose mean for each output is zero";
    const SOURCE: &'static str = "Yong et al. 2020, arXiv 2004.01461";
    const PARAMS: &'static [Param<Self>] = &[inner(|s: &mut Self| &mut s.inner)];

    fn check(&self) -> Result<(), String> {
        takes_one_gradient(&self.inner)
    }
}

impl Rule for GradientCentralization {
    fn lr(&self) -> f64 {
        made(&self.inner).lr()
    }

    fn momentum(&self) -> Option<f64> {
        made(&self.inner).momentum()
    }

    fn full_batch(&self) -> bool {
        made(&self.inner).full_batch()
    }

    fn transform(self) -> impl Into<Chain> {
        chain!(Centralize, made(&self.inner).chain())
    }
}

register!(OptimizerEntry, GradientCentralization);

#[derive(Debug)]
struct Centralize;

impl Transform for Centralize {
    fn scope(&self) -> Scope {
        Scope::Tensor
    }

    fn update<T: Real>(&self, _: &Step, chunk: Chunk<'_, T>) {
        let Parts { segment, update, .. } = chunk.parts::<0>();
        // An output with one input would lose its whole gradient.
        let length = update.len() / segment.shape.first().copied().unwrap_or(1);
        if segment.is_weight() && length > 1 {
            for output in update.chunks_exact_mut(length) {
                let sum: f64 = output.iter().map(|x| x.to_f64()).sum();
                let mean = T::from_f64(sum / length as f64);
                elementwise::map_in_place(output, |x| x - mean);
            }
        }
    }
}
