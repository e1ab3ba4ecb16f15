//! Yogi (Zaheer et al. 2018): Adam whose mean square moves by steps of the square, whatever the distance.

use tunesmith_core::{Describe, Param, register};
use tunesmith_tensor::kernel::Real;

use super::settings;
use crate::transforms::AdamStep;
use crate::{
    AddL2, Chain, Chunk, Idle, OptimizerEntry, Rule, ScaleByLearningRate, StateSpec, Step, Transform, chain,
};

/// Adam whose mean square rises and falls by `(1 - beta2)` of the new square, so that it shrinks slowly after large
/// gradients. Both moments are corrected for their start as in optax (the paper's algorithm 2 does not).
///
/// ```
/// use tunesmith_optim::{Rule, Yogi};
/// assert_eq!(Yogi::default().lr(), 1e-2);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Yogi {
    /// Step size before the schedule.
    pub lr: f64,
    /// What is left of the mean after one step.
    pub beta1: f64,
    /// One minus the share of a square that the mean square moves by.
    pub beta2: f64,
    /// Added to the corrected root of the mean square.
    pub eps: f64,
    /// What the mean square starts at.
    pub initial_accumulator_value: f64,
    /// Decoupled decay: a step takes `lr * weight_decay * value` off the value.
    pub weight_decay: f64,
}

impl Default for Yogi {
    fn default() -> Self {
        Self {
            lr: 1e-2,
            beta1: 0.9,
            beta2: 0.999,
            eps: 1e-3,
            initial_accumulator_value: 1e-6,
            weight_decay: 0.0,
        }
    }
}

impl Describe for Yogi {
    const NAME: &'static str = "yogi";
    const ABOUT: &'static str = "adam whose mean square forgets large gradients slowly";
    const SOURCE: &'static str = "Zaheer et al. 2018, NeurIPS 31";
    const PARAMS: &'static [Param<Self>] = &[
        settings::lr(1e-4, 1.0, |s: &mut Self| &mut s.lr),
        settings::beta1(|s: &mut Self| &mut s.beta1),
        settings::beta2(|s: &mut Self| &mut s.beta2),
        settings::eps(|s: &mut Self| &mut s.eps),
        Param::float(
            "initial_accumulator_value",
            1e-8,
            1e-2,
            |s: &mut Self| &mut s.initial_accumulator_value,
            "what the mean square starts at",
        )
        .log()
        .fixed()
        .valid(0.0, f64::INFINITY),
        settings::decoupled_decay(|s: &mut Self| &mut s.weight_decay),
    ];
}

impl Rule for Yogi {
    fn lr(&self) -> f64 {
        self.lr
    }

    fn transform(self) -> impl Into<Chain> {
        let (decay, lr) = (AddL2::unless_zero(self.weight_decay), ScaleByLearningRate::new(self.lr));
        chain!(ScaleByYogi(self), decay, lr)
    }
}

register!(OptimizerEntry, Yogi);

#[derive(Debug)]
struct ScaleByYogi(Yogi);

impl Transform for ScaleByYogi {
    fn states(&self) -> Vec<StateSpec> {
        let square = StateSpec::per_element("exp_avg_sq").starting_at(self.0.initial_accumulator_value);
        vec![StateSpec::per_element("exp_avg"), square]
    }

    fn idle(&self) -> Idle {
        Idle::Moves
    }

    fn update<T: Real>(&self, step: &Step, chunk: Chunk<'_, T>) {
        let Yogi { beta1, beta2, eps, .. } = self.0;
        let adam = AdamStep::<T>::new(step, beta1, beta2, eps);
        let rest2 = T::from_f64(1.0 - beta2);
        chunk.each(|g, _, [mean, square]| {
            let mean = adam.mean(g, mean);
            let new = (g * g).min(T::MAX); // the difference of two infinities would be NaN
            let square = square - rest2 * (square - new).signum() * new;
            (adam.scaled(mean, square), [mean, square])
        });
    }
}
