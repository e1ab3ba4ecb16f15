//! Adan (Xie et al. 2022): Adam with Nesterov's momentum estimated from differences of gradients.

use tunesmith_core::{Describe, Param, register};
use tunesmith_tensor::kernel::Real;

use super::settings;
use crate::{Chain, Chunk, OptimizerEntry, Rule, StateSpec, Step, Transform};

/// Keeps running means of the gradient, of its change and of the square of both combined, as the authors' code does;
/// the decay divides the values after the step (their proximal form).
///
/// ```
/// use tunesmith_optim::{Adan, Rule};
/// assert_eq!(Adan::default().lr(), 1e-3);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Adan {
    /// Step size before the schedule.
    pub lr: f64,
    /// What is left of the mean gradient after one step.
    pub beta1: f64,
    /// What is left of the mean change after one step.
    pub beta2: f64,
    /// What is left of the mean square after one step.
    pub beta3: f64,
    /// Added to the corrected root of the mean square.
    pub eps: f64,
    /// Decay: values are divided by `1 + lr * weight_decay` after the step.
    pub weight_decay: f64,
}

impl Default for Adan {
    fn default() -> Self {
        Self { lr: 1e-3, beta1: 0.98, beta2: 0.92, beta3: 0.99, eps: 1e-8, weight_decay: 0.0 }
    }
}

impl Describe for Adan {
    const NAME: &'static str = "adan";
    const ABOUT: &'static str = "adam with Nesterov's momentum estimated from changes of the gradient";
    const SOURCE: &'static str = "Xie et al. 2022, arXiv 2208.06677";
    const PARAMS: &'static [Param<Self>] = &[
        settings::lr(1e-5, 1e-1, |s: &mut Self| &mut s.lr),
        settings::memory("beta1", 0.9, 0.995, |s: &mut Self| &mut s.beta1, "share of the past in the mean"),
        settings::memory(
            "beta2",
            0.8,
            0.99,
            |s: &mut Self| &mut s.beta2,
            "share of the past in the mean change",
        ),
        settings::memory(
            "beta3",
            0.9,
            0.9999,
            |s: &mut Self| &mut s.beta3,
            "share of the past in the mean square",
        ),
        settings::eps(|s: &mut Self| &mut s.eps),
        settings::decoupled_decay(|s: &mut Self| &mut s.weight_decay),
    ];
}

impl Rule for Adan {
    fn lr(&self) -> f64 {
        self.lr
    }

    fn transform(self) -> impl Into<Chain> {
        AdanStep(self)
    }
}

register!(OptimizerEntry, Adan);

#[derive(Debug)]
struct AdanStep(Adan);

impl Transform for AdanStep {
    fn states(&self) -> Vec<StateSpec> {
        ["exp_avg", "exp_avg_diff", "exp_avg_sq", "previous_grad"].map(StateSpec::per_element).into()
    }

    fn update<T: Real>(&self, step: &Step, chunk: Chunk<'_, T>) {
        let Adan { lr, beta1, beta2, beta3, eps, weight_decay } = self.0;
        let (lr, weight_decay) = (lr * step.scale, step.decay(weight_decay));
        let beta1 = step.momentum(beta1);
        let share = |beta: f64| T::from_f64(1.0 - beta);
        let (rest1, rest2, rest3) = (share(beta1), share(beta2), share(beta3));
        let of_mean = T::from_f64(1.0 / step.bias_correction(beta1));
        let of_change = T::from_f64(beta2 / step.bias_correction(beta2));
        let of_root = T::from_f64(1.0 / step.bias_correction(beta3).sqrt());
        let (beta2, beta3, eps) = (T::from_f64(beta2), T::from_f64(beta3), T::from_f64(eps));
        // (value - step) / (1 + decay) is as far from the value as (step + decay * value) / (1 + decay).
        let (shrink, decay) = (T::from_f64(1.0 / (1.0 + lr * weight_decay)), T::from_f64(lr * weight_decay));
        let lr = T::from_f64(lr);
        let first = step.count == 1;
        chunk.each(|g, value, [mean, change, square, previous]| {
            let difference = if first { T::ZERO } else { g - previous };
            let mean = mean + rest1 * (g - mean);
            let change = change + rest2 * (difference - change);
            let ahead = g + beta2 * difference;
            let square = beta3 * square + rest3 * ahead * ahead;
            let update = lr * (of_mean * mean + of_change * change) / (square.sqrt() * of_root + eps);
            (shrink * (update + decay * value), [mean, change, square, g])
        });
    }
}
