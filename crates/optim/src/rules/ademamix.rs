//! AdEMAMix (Pagliardini et al. 2024): Adam with a second, much slower mean.

use tunesmith_core::{Describe, Param, register};
use tunesmith_tensor::kernel::Real;

use super::settings;
use crate::transforms::AdamStep;
use crate::{
    AddL2, Chain, Chunk, OptimizerEntry, Rule, ScaleByLearningRate, StateSpec, Step, Transform, chain,
};

/// Adam that adds `alpha` times a slow mean of the gradient to its own; both grow to their places in the first
/// `warmup_steps` steps, as in the authors' code.
///
/// ```
/// use tunesmith_optim::AdEmaMix;
/// assert_eq!(AdEmaMix::default().beta3, 0.9999);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct AdEmaMix {
    /// Step size before the schedule.
    pub lr: f64,
    /// What is left of the fast mean after one step.
    pub beta1: f64,
    /// What is left of the mean square after one step.
    pub beta2: f64,
    /// What is left of the slow mean after one step.
    pub beta3: f64,
    /// The weight of the slow mean; the paper uses 5 to 10 for language models.
    pub alpha: f64,
    /// In how many steps `alpha` and `beta3` reach their values; off is from the first.
    pub warmup_steps: Option<usize>,
    /// Added to the corrected root of the mean square.
    pub eps: f64,
    /// Decoupled decay: a step takes `lr * weight_decay * value` off the value.
    pub weight_decay: f64,
}

impl Default for AdEmaMix {
    fn default() -> Self {
        Self {
            lr: 1e-3,
            beta1: 0.9,
            beta2: 0.999,
            beta3: 0.9999,
            alpha: 2.0,
            warmup_steps: None,
            eps: 1e-8,
            weight_decay: 0.0,
        }
    }
}

impl Describe for AdEmaMix {
    const NAME: &'static str = "ademamix";
    const ABOUT: &'static str = "adam with a second, much slower mean";
    const SOURCE: &'static str = "Pagliardini, Ablin & Grangier 2024, arXiv 2409.03137";
    const PARAMS: &'static [Param<Self>] = &[
        settings::lr(1e-5, 1e-1, |s: &mut Self| &mut s.lr),
        settings::beta1(|s: &mut Self| &mut s.beta1),
        settings::beta2(|s: &mut Self| &mut s.beta2),
        settings::memory(
            "beta3",
            0.99,
            0.99999,
            |s: &mut Self| &mut s.beta3,
            "share of the past in the slow mean",
        ),
        Param::float("alpha", 0.5, 10.0, |s: &mut Self| &mut s.alpha, "weight of the slow mean")
            .log()
            .rarely()
            .valid(0.0, f64::INFINITY),
        Param::optional_int(
            "warmup_steps",
            100,
            100_000,
            |s: &mut Self| &mut s.warmup_steps,
            "steps in which the slow mean comes in",
        )
        .log()
        .fixed()
        .valid(1.0, f64::INFINITY),
        settings::eps(|s: &mut Self| &mut s.eps),
        settings::decoupled_decay(|s: &mut Self| &mut s.weight_decay),
    ];
}

impl Rule for AdEmaMix {
    fn lr(&self) -> f64 {
        self.lr
    }

    fn transform(self) -> impl Into<Chain> {
        let (decay, lr) = (AddL2::unless_zero(self.weight_decay), ScaleByLearningRate::new(self.lr));
        chain!(ScaleByTwoMeans(self), decay, lr)
    }
}

register!(OptimizerEntry, AdEmaMix);

#[derive(Debug)]
struct ScaleByTwoMeans(AdEmaMix);

impl ScaleByTwoMeans {
    /// The slow mean's weight and memory in a step.
    fn slow(&self, step: &Step) -> (f64, f64) {
        let AdEmaMix { beta1, beta3, alpha, warmup_steps, .. } = self.0;
        let Some(steps) = warmup_steps.filter(|&steps| step.count < steps as u64) else {
            return (alpha, beta3);
        };
        let share = step.count as f64 / steps as f64;
        // The half-life, not the beta, grows evenly.
        let half_life = |beta: f64| 0.5_f64.ln() / (beta + 1e-8).ln() - 1.0;
        let between = (1.0 - share) * half_life(step.momentum(beta1)) + share * half_life(beta3);
        (alpha * share, 0.5_f64.powf(1.0 / (between + 1.0)))
    }
}

impl Transform for ScaleByTwoMeans {
    fn states(&self) -> Vec<StateSpec> {
        ["exp_avg", "exp_avg_slow", "exp_avg_sq"].map(StateSpec::per_element).into()
    }

    fn update<T: Real>(&self, step: &Step, chunk: Chunk<'_, T>) {
        let AdEmaMix { beta1, beta2, eps, .. } = self.0;
        let adam = AdamStep::<T>::new(step, beta1, beta2, eps);
        let (alpha, beta3) = self.slow(step);
        let (alpha, rest3) = (T::from_f64(alpha), T::from_f64(1.0 - beta3));
        chunk.each(|g, _, [fast, slow, square]| {
            let (fast, square) = adam.moments(g, fast, square);
            let slow = slow + rest3 * (g - slow);
            ((adam.unbiased(fast) + alpha * slow) / adam.root(square), [fast, slow, square])
        });
    }
}
