//! AdaBelief (Zhuang et al. 2020): Adam divided by how far gradients stray from their mean.

use tunesmith_core::{Describe, Param, register};
use tunesmith_tensor::kernel::Real;

use super::settings;
use crate::transforms::AdamStep;
use crate::{
    AddL2, Chain, Chunk, Idle, OptimizerEntry, Rule, ScaleByLearningRate, StateSpec, Step, Transform, chain,
};

/// Steps along a running mean of the gradient, divided by the running root mean square of the gradient's distance from
/// that mean; `eps` is added to the mean square in every step and once more to its root, as in the authors' code.
///
/// ```
/// use tunesmith_optim::{AdaBelief, Rule};
/// assert_eq!(AdaBelief::default().lr(), 1e-3);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct AdaBelief {
    /// Step size before the schedule.
    pub lr: f64,
    /// What is left of the mean after one step.
    pub beta1: f64,
    /// What is left of the mean square after one step.
    pub beta2: f64,
    /// Added to the mean square and to its root.
    pub eps: f64,
    /// Decoupled decay: a step takes `lr * weight_decay * value` off the value.
    pub weight_decay: f64,
}

impl Default for AdaBelief {
    fn default() -> Self {
        Self { lr: 1e-3, beta1: 0.9, beta2: 0.999, eps: 1e-16, weight_decay: 0.0 }
    }
}

impl Describe for AdaBelief {
    const NAME: &'static str = "adabelief";
    const ABOUT: &'static str = "adam divided by how far gradients stray from their mean";
    const SOURCE: &'static str = "Zhuang et al. 2020, arXiv 2010.07468";
    const PARAMS: &'static [Param<Self>] = &[
        settings::lr(1e-5, 1e-1, |s: &mut Self| &mut s.lr),
        settings::beta1(|s: &mut Self| &mut s.beta1),
        settings::beta2(|s: &mut Self| &mut s.beta2),
        settings::eps(|s: &mut Self| &mut s.eps),
        settings::decoupled_decay(|s: &mut Self| &mut s.weight_decay),
    ];
}

impl Rule for AdaBelief {
    fn lr(&self) -> f64 {
        self.lr
    }

    fn transform(self) -> impl Into<Chain> {
        let (decay, lr) = (AddL2::unless_zero(self.weight_decay), ScaleByLearningRate::new(self.lr));
        chain!(ScaleByBelief(self), decay, lr)
    }
}

register!(OptimizerEntry, AdaBelief);

#[derive(Debug)]
struct ScaleByBelief(AdaBelief);

impl Transform for ScaleByBelief {
    fn states(&self) -> Vec<StateSpec> {
        ["exp_avg", "exp_avg_var"].map(StateSpec::per_element).into()
    }

    fn idle(&self) -> Idle {
        Idle::Moves
    }

    fn update<T: Real>(&self, step: &Step, chunk: Chunk<'_, T>) {
        let AdaBelief { beta1, beta2, eps, .. } = self.0;
        let adam = AdamStep::<T>::new(step, beta1, beta2, eps);
        let eps = T::from_f64(eps);
        chunk.each(|g, _, [mean, variance]| {
            let mean = adam.mean(g, mean);
            let variance = adam.square(g - mean, variance) + eps;
            (adam.scaled(mean, variance), [mean, variance])
        });
    }
}
