//! Adamax (Kingma & Ba 2015, section 7.1): Adam with the largest gradient in place of the root mean square.

use tunesmith_core::{Describe, Param, register};
use tunesmith_tensor::kernel::Real;

use super::settings::{self, KERAS, PYTORCH};
use crate::{
    AddL2, Chain, Chunk, Idle, OptimizerEntry, Rule, ScaleByLearningRate, StateSpec, Step, Transform, chain,
};

/// Steps along a running mean of the gradient, divided by its decaying largest size, as `torch.optim.Adamax` does;
/// Keras adds `eps` when it divides rather than to each gradient's size.
///
/// ```
/// use tunesmith_optim::{Adamax, Rule};
/// assert_eq!(Adamax::default().lr(), 2e-3);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Adamax {
    /// Step size before the schedule.
    pub lr: f64,
    /// What is left of the mean after one step.
    pub beta1: f64,
    /// What is left of the largest size after one step.
    pub beta2: f64,
    /// The least size.
    pub eps: f64,
    /// L2 penalty: `weight_decay * value` is added to the gradient.
    pub weight_decay: f64,
    /// `pytorch` or `keras`.
    pub dialect: String,
}

impl Default for Adamax {
    fn default() -> Self {
        let dialect = PYTORCH.to_owned();
        Self { lr: 2e-3, beta1: 0.9, beta2: 0.999, eps: 1e-8, weight_decay: 0.0, dialect }
    }
}

impl Describe for Adamax {
    const NAME: &'static str = "adamax";
    const ABOUT: &'static str =
        "steps along a running mean of the gradient, divided by its decaying largest size";
    const SOURCE: &'static str = "Kingma & Ba 2015, arXiv 1412.6980, section 7.1";
    const PARAMS: &'static [Param<Self>] = &[
        settings::lr(1e-5, 1e-1, |s: &mut Self| &mut s.lr),
        settings::beta1(|s: &mut Self| &mut s.beta1),
        settings::beta2(|s: &mut Self| &mut s.beta2),
        settings::eps(|s: &mut Self| &mut s.eps),
        settings::l2(|s: &mut Self| &mut s.weight_decay),
        settings::dialect(|s: &mut Self| &mut s.dialect),
    ];
}

impl Rule for Adamax {
    fn lr(&self) -> f64 {
        self.lr
    }

    fn transform(self) -> impl Into<Chain> {
        let (decay, lr) = (AddL2::unless_zero(self.weight_decay), ScaleByLearningRate::new(self.lr));
        chain!(decay, ScaleByAdamax(self), lr)
    }
}

register!(OptimizerEntry, Adamax);

#[derive(Debug)]
struct ScaleByAdamax(Adamax);

impl Transform for ScaleByAdamax {
    fn states(&self) -> Vec<StateSpec> {
        ["exp_avg", "exp_inf"].map(StateSpec::per_element).into()
    }

    fn idle(&self) -> Idle {
        Idle::Moves
    }

    fn update<T: Real>(&self, step: &Step, chunk: Chunk<'_, T>) {
        let Adamax { beta1, beta2, eps, ref dialect, .. } = self.0;
        let beta1 = step.momentum(beta1);
        let unbias = T::from_f64(1.0 / step.bias_correction(beta1));
        let (rest1, beta2, eps) = (T::from_f64(1.0 - beta1), T::from_f64(beta2), T::from_f64(eps));
        let (to_size, to_divisor) = if dialect == KERAS { (T::ZERO, eps) } else { (eps, T::ZERO) };
        chunk.each(|g, _, [mean, largest]| {
            let mean = mean + rest1 * (g - mean);
            let largest = (beta2 * largest).max(g.abs() + to_size);
            (unbias * mean / (largest + to_divisor), [mean, largest])
        });
    }
}
