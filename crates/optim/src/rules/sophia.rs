//! SophiaG (Liu et al. 2023): momentum over a curvature estimated from squared gradients, limited element by element.

use tunesmith_core::{Describe, Param, register};
use tunesmith_tensor::kernel::Real;

use super::settings;
use crate::{
    AddL2, Chain, Chunk, OptimizerEntry, Rule, ScaleByLearningRate, StateSpec, Step, Transform, chain,
};

/// Steps along a running mean of the gradient divided by `rho * batch_size` times a running mean of squared
/// gradients, each element by at most the learning rate. The paper draws labels from the model for the squares (the
/// Gauss-Newton-Bartlett estimate) in a pass of their own every `update_interval` steps; here they are the squares of
/// the gradients of training themselves (the empirical Fisher information), which cost nothing more.
///
/// ```
/// use tunesmith_optim::SophiaG;
/// assert_eq!(SophiaG::default().rho, 0.04);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct SophiaG {
    /// Step size before the schedule, and the most an element moves in a step.
    pub lr: f64,
    /// What is left of the mean after one step.
    pub beta1: f64,
    /// What is left of the curvature after it is updated.
    pub beta2: f64,
    /// The factor of the curvature: the smaller, the more elements move by the full rate.
    pub rho: f64,
    /// How many examples (tokens) the loss is a mean of; squares of such means are that many times too small.
    pub batch_size: usize,
    /// Steps between updates of the curvature.
    pub update_interval: usize,
    /// Decoupled decay: a step takes `lr * weight_decay * value` off the value.
    pub weight_decay: f64,
}

impl Default for SophiaG {
    fn default() -> Self {
        Self {
            lr: 1e-4,
            beta1: 0.965,
            beta2: 0.99,
            rho: 0.04,
            batch_size: 1,
            update_interval: 10,
            weight_decay: 0.1,
        }
    }
}

impl Describe for SophiaG {
    const NAME: &'static str = "sophia_g";
    const ABOUT: &'static str =
        "momentum over a curvature from squared gradients, limited element by element";
    const SOURCE: &'static str = "Liu et al. 2023, arXiv 2305.14342";
    const PARAMS: &'static [Param<Self>] = &[
        settings::lr(1e-6, 1e-1, |s: &mut Self| &mut s.lr),
        settings::beta1(|s: &mut Self| &mut s.beta1),
        settings::beta2(|s: &mut Self| &mut s.beta2),
        Param::float("rho", 0.005, 0.5, |s: &mut Self| &mut s.rho, "factor of the curvature")
            .log()
            .rarely()
            .valid(0.0, f64::INFINITY),
        Param::int("batch_size", 1, 4096, |s: &mut Self| &mut s.batch_size, "examples the loss is a mean of")
            .log()
            .fixed()
            .valid(1.0, f64::INFINITY),
        Param::int(
            "update_interval",
            1,
            20,
            |s: &mut Self| &mut s.update_interval,
            "steps between curvatures",
        )
        .fixed()
        .valid(1.0, f64::INFINITY),
        settings::decoupled_decay(|s: &mut Self| &mut s.weight_decay),
    ];
}

impl Rule for SophiaG {
    fn lr(&self) -> f64 {
        self.lr
    }

    fn transform(self) -> impl Into<Chain> {
        let (decay, lr) = (AddL2::unless_zero(self.weight_decay), ScaleByLearningRate::new(self.lr));
        chain!(LimitedNewton(self), decay, lr)
    }
}

register!(OptimizerEntry, SophiaG);

#[derive(Debug)]
struct LimitedNewton(SophiaG);

impl Transform for LimitedNewton {
    fn states(&self) -> Vec<StateSpec> {
        ["exp_avg", "hessian"].map(StateSpec::per_element).into()
    }

    fn update<T: Real>(&self, step: &Step, chunk: Chunk<'_, T>) {
        let SophiaG { beta1, beta2, rho, batch_size, update_interval, .. } = self.0;
        let fresh = (step.count - 1).is_multiple_of(update_interval as u64);
        let (beta2, rest2) = if fresh { (beta2, 1.0 - beta2) } else { (1.0, 0.0) };
        let (beta2, rest2) = (T::from_f64(beta2), T::from_f64(rest2));
        let rest1 = T::from_f64(1.0 - step.momentum(beta1));
        let (factor, least) = (T::from_f64(rho * batch_size as f64), T::from_f64(1e-15));
        chunk.each(|g, _, [mean, curvature]| {
            let mean = mean + rest1 * (g - mean);
            let square = if fresh { g * g } else { T::ZERO }; // zero times an infinite square would be NaN
            let curvature = beta2 * curvature + rest2 * square;
            let size = (mean.abs() / (factor * curvature + least)).min(T::ONE);
            (mean.signum() * size, [mean, curvature])
        });
    }
}
