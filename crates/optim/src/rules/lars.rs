//! LARS (You, Gitman & Ginsburg 2017): momentum with a rate for each layer, for large batches.

use tunesmith_core::{Describe, Param, register};
use tunesmith_tensor::kernel::{Real, elementwise};

use super::settings;
use crate::transforms::norm;
use crate::{
    Chain, Chunk, Momentum, OptimizerEntry, Parts, Rule, ScaleByLearningRate, Scope, Step, Transform, chain,
};

/// Momentum whose gradient is scaled for each weight by `trust * |value| / (|gradient| + decay * |value|)`; vectors
/// and scalars (biases, gains) step by plain momentum without decay unless asked otherwise. The rate lies inside the
/// momentum, as in the paper.
///
/// ```
/// use tunesmith_optim::Lars;
/// assert_eq!(Lars::default().trust, 1e-3);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Lars {
    /// Step size before the schedule.
    pub lr: f64,
    /// What is left of the momentum after one step.
    pub momentum: f64,
    /// How far a weight may move in a step, relative to its length.
    pub trust: f64,
    /// L2 penalty: `weight_decay * value` is added to the gradient.
    pub weight_decay: f64,
    /// Whether vectors and scalars are scaled and decay like weights.
    pub scale_vectors: bool,
}

impl Default for Lars {
    fn default() -> Self {
        Self { lr: 1.0, momentum: 0.9, trust: 1e-3, weight_decay: 1e-4, scale_vectors: false }
    }
}

impl Describe for Lars {
    const NAME: &'static str = "lars";
    const ABOUT: &'static str = "momentum with a rate for each layer, for large batches";
    const SOURCE: &'static str = "You, Gitman & Ginsburg 2017, arXiv 1708.03888";
    const PARAMS: &'static [Param<Self>] = &[
        settings::lr(1e-3, 1e2, |s: &mut Self| &mut s.lr),
        settings::memory(
            "momentum",
            0.5,
            0.99,
            |s: &mut Self| &mut s.momentum,
            "share of the past in a step",
        ),
        Param::float("trust", 1e-4, 1e-2, |s: &mut Self| &mut s.trust, "relative length of a step")
            .log()
            .rarely()
            .valid(0.0, f64::INFINITY),
        settings::l2(|s: &mut Self| &mut s.weight_decay),
        Param::switch(
            "scale_vectors",
            |s: &mut Self| &mut s.scale_vectors,
            "treat biases and gains like weights",
        ),
    ];
}

impl Rule for Lars {
    fn lr(&self) -> f64 {
        self.lr
    }

    fn transform(self) -> impl Into<Chain> {
        let (lr, momentum) = (ScaleByLearningRate::new(self.lr), self.momentum);
        chain!(LocalRate(self), lr, Momentum { momentum, dampening: 0.0, nesterov: false })
    }
}

register!(OptimizerEntry, Lars);

#[derive(Debug)]
struct LocalRate(Lars);

impl Transform for LocalRate {
    fn scope(&self) -> Scope {
        Scope::Tensor
    }

    fn update<T: Real>(&self, step: &Step, chunk: Chunk<'_, T>) {
        let Lars { trust, weight_decay, scale_vectors, .. } = self.0;
        let weight_decay = step.decay(weight_decay);
        let Parts { segment, value, update, .. } = chunk.parts::<0>();
        if !scale_vectors && !segment.is_weight() {
            return;
        }
        let (of_value, of_gradient) = (norm(value), norm(update));
        let rate = trust * of_value / (of_gradient + weight_decay * of_value);
        let rate = if of_value > 0.0 && of_gradient > 0.0 { rate } else { 1.0 };
        let (rate, decay) = (T::from_f64(rate), T::from_f64(weight_decay));
        elementwise::zip_in_place(update, value, |g, value| rate * (g + decay * value));
    }
}
