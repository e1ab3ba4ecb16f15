//! MARS (Yuan et al. 2024): AdamW on gradients with less variance.

use tunesmith_core::{Describe, Param, register};
use tunesmith_tensor::kernel::Real;

use super::settings;
use crate::chunk::without_dust;
use crate::transforms::norm;
use crate::{
    AddL2, Chain, Chunk, OptimizerEntry, Parts, Rule, ScaleByAdam, ScaleByLearningRate, Scope, StateSpec,
    Step, Transform, chain,
};

/// AdamW on `gradient + gamma * beta1 / (1 - beta1) * change of the gradient`, limited to a norm of 1 for each
/// parameter (the approximate form, which takes the last batch's gradient instead of computing it anew); vectors and
/// scalars step by plain AdamW with betas of 0.9 and 0.95 unless asked otherwise. As in the authors' code, the
/// gradient before the first is zero.
///
/// ```
/// use tunesmith_optim::{Mars, Rule};
/// assert_eq!(Mars::default().lr(), 3e-3);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Mars {
    /// Step size before the schedule.
    pub lr: f64,
    /// What is left of the mean after one step.
    pub beta1: f64,
    /// What is left of the mean square after one step.
    pub beta2: f64,
    /// Added to the corrected root of the mean square.
    pub eps: f64,
    /// How much of the change is added.
    pub gamma: f64,
    /// Whether vectors and scalars are treated like weights.
    pub optimize_1d: bool,
    /// Decoupled decay: a step takes `lr * weight_decay * value` off the value.
    pub weight_decay: f64,
}

impl Default for Mars {
    fn default() -> Self {
        Self {
            lr: 3e-3,
            beta1: 0.95,
            beta2: 0.99,
            eps: 1e-8,
            gamma: 0.025,
            optimize_1d: false,
            weight_decay: 0.0,
        }
    }
}

impl Describe for Mars {
    const NAME: &'static str = "mars";
    const ABOUT: &'static str = "adamw on gradients whose change is added to reduce their variance";
    const SOURCE: &'static str = "Yuan et al. 2024, arXiv 2411.10438";
    const PARAMS: &'static [Param<Self>] = &[
        settings::lr(1e-5, 1e-1, |s: &mut Self| &mut s.lr),
        settings::beta1(|s: &mut Self| &mut s.beta1),
        settings::beta2(|s: &mut Self| &mut s.beta2),
        settings::eps(|s: &mut Self| &mut s.eps),
        Param::float("gamma", 0.001, 0.1, |s: &mut Self| &mut s.gamma, "how much of the change is added")
            .log()
            .rarely()
            .valid(0.0, f64::INFINITY),
        Param::switch("optimize_1d", |s: &mut Self| &mut s.optimize_1d, "treat vectors like weights"),
        settings::decoupled_decay(|s: &mut Self| &mut s.weight_decay),
    ];
}

impl Rule for Mars {
    fn lr(&self) -> f64 {
        self.lr
    }

    fn transform(self) -> impl Into<Chain> {
        let (decay, lr) = (AddL2::unless_zero(self.weight_decay), ScaleByLearningRate::new(self.lr));
        chain!(AddChange(self.clone()), ScaleByShape(self), decay, lr)
    }
}

register!(OptimizerEntry, Mars);

/// Adds a share of the change since the last gradient and limits the norm.
#[derive(Debug)]
struct AddChange(Mars);

impl Transform for AddChange {
    fn states(&self) -> Vec<StateSpec> {
        vec![StateSpec::per_element("last_grad")]
    }

    fn scope(&self) -> Scope {
        Scope::Tensor
    }

    fn update<T: Real>(&self, step: &Step, chunk: Chunk<'_, T>) {
        let Mars { beta1, gamma, optimize_1d, .. } = self.0;
        let beta1 = step.momentum(beta1);
        let Parts { segment, update, state: [last], .. } = chunk.parts();
        if !optimize_1d && !segment.is_weight() {
            return;
        }
        let share = T::from_f64(gamma * beta1 / (1.0 - beta1));
        for (g, last) in update.iter_mut().zip(last) {
            let gradient = *g;
            *g = gradient + share * (gradient - *last);
            *last = without_dust(gradient);
        }
        let shrink = T::from_f64(1.0 / norm(update).max(1.0));
        update.iter_mut().for_each(|g| *g *= shrink);
    }
}

/// Adam's scaling, with other betas for vectors and scalars.
#[derive(Debug)]
struct ScaleByShape(Mars);

impl Transform for ScaleByShape {
    fn states(&self) -> Vec<StateSpec> {
        ScaleByAdam::state_specs(false)
    }

    fn scope(&self) -> Scope {
        Scope::Tensor
    }

    fn update<T: Real>(&self, step: &Step, chunk: Chunk<'_, T>) {
        let Mars { beta1, beta2, eps, optimize_1d, .. } = self.0;
        let own = optimize_1d || chunk.segment().is_weight();
        let (beta1, beta2) = if own { (step.momentum(beta1), beta2) } else { (0.9, 0.95) };
        let as_said = Step { momentum: 1.0, ..*step };
        ScaleByAdam { beta1, beta2, eps, ..ScaleByAdam::default() }.update(&as_said, chunk);
    }
}
