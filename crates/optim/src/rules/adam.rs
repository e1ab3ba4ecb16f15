//! Adam (Kingma & Ba 2015) and AMSGrad (Reddi, Kale & Kumar 2018).

use tunesmith_core::{Describe, Param, register};
use tunesmith_tensor::kernel::Real;

use super::settings::{self, KERAS, PYTORCH};
use crate::transforms::AdamStep;
use crate::{
    AddL2, Chain, Chunk, Idle, OptimizerEntry, Rule, ScaleByAdam, ScaleByLearningRate, StateSpec, Step,
    Transform, chain,
};

/// Steps along a running mean of the gradient, divided by its running root mean square, as `torch.optim.Adam` does;
/// Keras adds `eps` before it corrects the root, and has an `eps` of 1e-7.
///
/// ```
/// use tunesmith_optim::{Adam, Rule};
/// assert_eq!(Adam::default().lr(), 1e-3);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Adam {
    /// Step size before the schedule.
    pub lr: f64,
    /// What is left of the mean after one step.
    pub beta1: f64,
    /// What is left of the mean square after one step.
    pub beta2: f64,
    /// Added to the corrected root of the mean square.
    pub eps: f64,
    /// L2 penalty: `weight_decay * value` is added to the gradient.
    pub weight_decay: f64,
    /// Whether the mean square never shrinks.
    pub amsgrad: bool,
    /// `pytorch` or `keras`.
    pub dialect: String,
}

impl Default for Adam {
    fn default() -> Self {
        let dialect = PYTORCH.to_owned();
        Self { lr: 1e-3, beta1: 0.9, beta2: 0.999, eps: 1e-8, weight_decay: 0.0, amsgrad: false, dialect }
    }
}

impl Describe for Adam {
    const NAME: &'static str = "adam";
    const ABOUT: &'static str =
        "steps along a running mean of the gradient, divided by its running root mean square";
    const SOURCE: &'static str = "Kingma & Ba 2015, arXiv 1412.6980; amsgrad: Reddi, Kale & Kumar 2018";
    const USUAL: bool = true;
    const PARAMS: &'static [Param<Self>] = &[
        settings::lr(1e-5, 1e-1, |s: &mut Self| &mut s.lr),
        settings::beta1(|s: &mut Self| &mut s.beta1),
        settings::beta2(|s: &mut Self| &mut s.beta2),
        settings::eps(|s: &mut Self| &mut s.eps),
        settings::l2(|s: &mut Self| &mut s.weight_decay),
        settings::amsgrad(|s: &mut Self| &mut s.amsgrad),
        settings::dialect(|s: &mut Self| &mut s.dialect),
    ];
}

impl Adam {
    /// The rule as a chain of several transforms, equal to the fused kernel it uses.
    #[must_use]
    pub fn chain(&self) -> Chain {
        let &Self { lr, beta1, beta2, eps, weight_decay, amsgrad, ref dialect } = self;
        let eps_before_correction = dialect == KERAS;
        chain!(
            AddL2::unless_zero(weight_decay),
            ScaleByAdam { beta1, beta2, eps, eps_before_correction, amsgrad },
            ScaleByLearningRate::new(lr),
        )
    }
}

impl Rule for Adam {
    fn lr(&self) -> f64 {
        self.lr
    }

    fn transform(self) -> impl Into<Chain> {
        if self.dialect == KERAS { self.chain() } else { FusedAdam { rule: self, decoupled: false }.into() }
    }
}

register!(OptimizerEntry, Adam);

/// Adam or AdamW in a single pass, in PyTorch's dialect.
#[derive(Clone, Debug, PartialEq)]
pub struct FusedAdam {
    /// Its settings.
    pub rule: Adam,
    /// Whether the decay is taken off the value rather than added to the gradient.
    pub decoupled: bool,
}

impl Transform for FusedAdam {
    fn states(&self) -> Vec<StateSpec> {
        ScaleByAdam::state_specs(self.rule.amsgrad)
    }

    fn idle(&self) -> Idle {
        Idle::Moves
    }

    fn update<T: Real>(&self, step: &Step, chunk: Chunk<'_, T>) {
        let Adam { lr, beta1, beta2, eps, weight_decay, amsgrad, .. } = self.rule;
        let lr = T::from_f64(lr * step.scale);
        let adam = AdamStep::<T>::new(step, beta1, beta2, eps);
        let decay = T::from_f64(step.decay(weight_decay));
        // One of the two is zero: adding zero times a finite value changes nothing.
        let (coupled, decoupled) = if self.decoupled { (T::ZERO, decay) } else { (decay, T::ZERO) };
        let moments = |g: T, value: T, mean: T, square: T| adam.moments(g + coupled * value, mean, square);
        let scaled = |value: T, mean: T, square: T| lr * (adam.scaled(mean, square) + decoupled * value);
        if amsgrad {
            chunk.each(|g, value, [mean, square, largest]| {
                let (mean, square) = moments(g, value, mean, square);
                let largest = largest.max(square);
                (scaled(value, mean, largest), [mean, square, largest])
            });
        } else {
            chunk.each(|g, value, [mean, square]| {
                let (mean, square) = moments(g, value, mean, square);
                (scaled(value, mean, square), [mean, square])
            });
        }
    }
}
