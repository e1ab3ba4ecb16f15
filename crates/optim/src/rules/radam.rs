//! RAdam (Liu et al. 2020): Adam that waits until its mean square can be trusted.

use tunesmith_core::{Describe, Param, register};
use tunesmith_tensor::kernel::Real;

use super::settings;
use crate::transforms::AdamStep;
use crate::{
    AddL2, Chain, Chunk, Idle, OptimizerEntry, Rule, ScaleByAdam, ScaleByLearningRate, StateSpec, Step,
    Transform, chain,
};

/// Adam whose first steps follow the mean alone, until the variance of its scaling is bounded, and whose later ones
/// are shortened by how far it still varies, as `torch.optim.RAdam` does (the authors' code starts to scale one step
/// earlier in the boundary case, and adds `eps` at another place).
///
/// ```
/// use tunesmith_optim::{RAdam, Rule};
/// assert_eq!(RAdam::default().lr(), 1e-3);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct RAdam {
    /// Step size before the schedule.
    pub lr: f64,
    /// What is left of the mean after one step.
    pub beta1: f64,
    /// What is left of the mean square after one step.
    pub beta2: f64,
    /// Added to the root of the mean square before its correction.
    pub eps: f64,
    /// The strength of the decay.
    pub weight_decay: f64,
    /// Whether the decay is taken off the value rather than added to the gradient.
    pub decoupled_weight_decay: bool,
}

impl Default for RAdam {
    fn default() -> Self {
        let decoupled_weight_decay = false;
        Self { lr: 1e-3, beta1: 0.9, beta2: 0.999, eps: 1e-8, weight_decay: 0.0, decoupled_weight_decay }
    }
}

impl Describe for RAdam {
    const NAME: &'static str = "radam";
    const ABOUT: &'static str = "adam that follows its mean alone until its mean square can be trusted";
    const SOURCE: &'static str = "Liu et al. 2020, arXiv 1908.03265";
    const PARAMS: &'static [Param<Self>] = &[
        settings::lr(1e-5, 1e-1, |s: &mut Self| &mut s.lr),
        settings::beta1(|s: &mut Self| &mut s.beta1),
        settings::beta2(|s: &mut Self| &mut s.beta2),
        settings::eps(|s: &mut Self| &mut s.eps),
        settings::l2(|s: &mut Self| &mut s.weight_decay),
        Param::switch(
            "decoupled_weight_decay",
            |s: &mut Self| &mut s.decoupled_weight_decay,
            "the decay is taken off the values",
        ),
    ];
}

impl Rule for RAdam {
    fn lr(&self) -> f64 {
        self.lr
    }

    fn transform(self) -> impl Into<Chain> {
        let (decay, lr) = (AddL2::unless_zero(self.weight_decay), ScaleByLearningRate::new(self.lr));
        let (coupled, decoupled) = if self.decoupled_weight_decay { (None, decay) } else { (decay, None) };
        chain!(coupled, ScaleByRAdam(self), decoupled, lr)
    }
}

register!(OptimizerEntry, RAdam);

#[derive(Debug)]
struct ScaleByRAdam(RAdam);

impl ScaleByRAdam {
    /// What the scaled step is shortened by; nothing while the variance of the scaling is not bounded.
    fn rectification(&self, step: &Step) -> Option<f64> {
        let beta2 = self.0.beta2;
        let (correction, limit) = (step.bias_correction(beta2), 2.0 / (1.0 - beta2) - 1.0);
        let length = limit - 2.0 * step.count as f64 * (1.0 - correction) / correction;
        let ratio = (length - 4.0) * (length - 2.0) * limit / ((limit - 4.0) * (limit - 2.0) * length);
        (length > 5.0).then(|| ratio.sqrt() * correction.sqrt())
    }
}

impl Transform for ScaleByRAdam {
    fn states(&self) -> Vec<StateSpec> {
        ScaleByAdam::state_specs(false)
    }

    fn idle(&self) -> Idle {
        Idle::Moves
    }

    fn update<T: Real>(&self, step: &Step, chunk: Chunk<'_, T>) {
        let RAdam { beta1, beta2, eps, .. } = self.0;
        let adam = AdamStep::<T>::new(step, beta1, beta2, 0.0);
        match self.rectification(step) {
            Some(factor) => {
                let (factor, eps) = (T::from_f64(factor), T::from_f64(eps));
                chunk.each(|g, _, [mean, square]| {
                    let (mean, square) = adam.moments(g, mean, square);
                    (adam.unbiased(mean) * (factor / (square.sqrt() + eps)), [mean, square])
                });
            }
            None => chunk.each(|g, _, [mean, square]| {
                let (mean, square) = adam.moments(g, mean, square);
                (adam.unbiased(mean), [mean, square])
            }),
        }
    }
}
