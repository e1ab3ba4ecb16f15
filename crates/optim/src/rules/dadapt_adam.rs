//! D-Adaptation for Adam (Defazio & Mishchenko 2023): the learning rate follows from the gradients.

use tunesmith_core::{Describe, Param, register};
use tunesmith_tensor::kernel::Real;

use super::settings;
use crate::{Chain, Chunk, Globals, OptimizerEntry, Rule, Scope, StateSpec, Step, Sums, Transform, View};

/// Adam that estimates the distance to the solution and steps accordingly, as version 3 of the authors' package
/// `dadaptation` does: leave `lr` at 1 and give it a schedule.
///
/// ```
/// use tunesmith_optim::{DAdaptAdam, Rule};
/// assert_eq!(DAdaptAdam::default().lr(), 1.0);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct DAdaptAdam {
    /// Factor of the estimated step size.
    pub lr: f64,
    /// What is left of the mean after one step.
    pub beta1: f64,
    /// What is left of the mean square after one step.
    pub beta2: f64,
    /// Added to the root of the mean square.
    pub eps: f64,
    /// The first estimate of the distance.
    pub d0: f64,
    /// The greatest growth of the estimate in a step.
    pub growth_rate: f64,
    /// Decoupled decay, by the estimated step size.
    pub weight_decay: f64,
}

impl Default for DAdaptAdam {
    fn default() -> Self {
        let growth_rate = f64::MAX;
        Self { lr: 1.0, beta1: 0.9, beta2: 0.999, eps: 1e-8, d0: 1e-6, growth_rate, weight_decay: 0.0 }
    }
}

impl Describe for DAdaptAdam {
    const NAME: &'static str = "dadapt_adam";
    const ABOUT: &'static str = "adam that estimates its step size; leave the learning rate at 1";
    const SOURCE: &'static str = "Defazio & Mishchenko 2023, arXiv 2301.07733";
    const PARAMS: &'static [Param<Self>] = &[
        settings::lr(0.1, 10.0, |s: &mut Self| &mut s.lr).rarely(),
        settings::beta1(|s: &mut Self| &mut s.beta1),
        settings::beta2(|s: &mut Self| &mut s.beta2),
        settings::eps(|s: &mut Self| &mut s.eps),
        settings::first_distance(|s: &mut Self| &mut s.d0),
        settings::growth_rate(|s: &mut Self| &mut s.growth_rate),
        settings::decoupled_decay(|s: &mut Self| &mut s.weight_decay),
    ];
}

impl Rule for DAdaptAdam {
    fn lr(&self) -> f64 {
        self.lr
    }

    fn transform(self) -> impl Into<Chain> {
        Adapting(self)
    }
}

register!(OptimizerEntry, DAdaptAdam);

#[derive(Debug)]
struct Adapting(DAdaptAdam);

impl Adapting {
    /// The step size that an estimate makes.
    fn rate(&self, step: &Step, distance: f64) -> f64 {
        distance * self.0.lr * step.scale
    }

    /// What is left of the sums after one step.
    fn memory(&self) -> f64 {
        self.0.beta2.sqrt()
    }
}

impl Transform for Adapting {
    fn states(&self) -> Vec<StateSpec> {
        let mut states: Vec<_> = ["exp_avg", "exp_avg_sq", "s"].map(StateSpec::per_element).into();
        states.push(StateSpec::global("d").starting_at(self.0.d0));
        states.push(StateSpec::global("numerator_weighted"));
        states.push(StateSpec::global("previous_d"));
        states
    }

    fn scope(&self) -> Scope {
        Scope::Global
    }

    fn measure<T: Real>(&self, step: &Step, view: View<'_, T>) -> Sums {
        let rate = self.rate(step, step.globals[0]);
        let (q, eps) = (self.memory(), self.0.eps);
        let [_, squares, sums] = view.state();
        let (mut numerator, mut length) = (0.0, 0.0);
        for ((g, square), sum) in view.update.iter().zip(squares).zip(sums) {
            let (g, square, sum) = (g.to_f64(), square.to_f64(), sum.to_f64());
            numerator += g * (sum / (square.sqrt() + eps));
            length += (q * sum + (1.0 - q) * rate * g).abs();
        }
        [rate * numerator, length, 0.0, 0.0]
    }

    fn settle(&self, step: &Step, [distance, weighted, previous, _]: &mut Globals) {
        let [numerator, length, ..] = step.sums;
        let q = self.memory();
        *previous = *distance;
        *weighted = q * *weighted + (1.0 - q) * numerator;
        let estimate = *weighted / ((1.0 - q) * length);
        if length > 0.0 && estimate.is_finite() {
            *distance = distance.max(estimate.min(*distance * self.0.growth_rate));
        }
    }

    fn update<T: Real>(&self, step: &Step, chunk: Chunk<'_, T>) {
        let DAdaptAdam { beta1, beta2, eps, weight_decay, .. } = self.0;
        let (rate, q) = (self.rate(step, step.globals[2]), self.memory());
        let beta1 = step.momentum(beta1);
        let (to_sum, q) = (T::from_f64((1.0 - q) * rate), T::from_f64(q));
        let (to_mean, beta1) = (T::from_f64(rate * (1.0 - beta1)), T::from_f64(beta1));
        let (rest2, beta2) = (T::from_f64(1.0 - beta2), T::from_f64(beta2));
        let (eps, decay) = (T::from_f64(eps), T::from_f64(rate * step.decay(weight_decay)));
        chunk.each(|g, value, [mean, square, sum]| {
            let mean = beta1 * mean + to_mean * g;
            let square = beta2 * square + rest2 * g * g;
            (mean / (square.sqrt() + eps) + decay * value, [mean, square, q * sum + to_sum * g])
        });
    }
}
