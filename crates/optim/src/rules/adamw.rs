//! AdamW (Loshchilov & Hutter 2019): Adam with the decay taken off the values.

use tunesmith_core::{Describe, Param, register};

use super::settings::{self, KERAS, PYTORCH};
use crate::{Adam, AddL2, Chain, FusedAdam, OptimizerEntry, Rule, ScaleByAdam, ScaleByLearningRate, chain};

/// Adam with weight decay that does not pass through its scaling, as `torch.optim.AdamW` does;
/// Keras adds `eps` before it corrects the root, and has an `eps` of 1e-7 and a decay of 0.004.
///
/// ```
/// use tunesmith_optim::AdamW;
/// assert_eq!(AdamW::default().weight_decay, 1e-2);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct AdamW {
    /// Step size before the schedule.
    pub lr: f64,
    /// What is left of the mean after one step.
    pub beta1: f64,
    /// What is left of the mean square after one step.
    pub beta2: f64,
    /// Added to the corrected root of the mean square.
    pub eps: f64,
    /// Decoupled decay: a step takes `lr * weight_decay * value` off the value.
    pub weight_decay: f64,
    /// Whether the mean square never shrinks.
    pub amsgrad: bool,
    /// `pytorch` or `keras`.
    pub dialect: String,
}

impl Default for AdamW {
    fn default() -> Self {
        let Adam { lr, beta1, beta2, eps, amsgrad, .. } = Adam::default();
        Self { lr, beta1, beta2, eps, weight_decay: 1e-2, amsgrad, dialect: PYTORCH.to_owned() }
    }
}

impl Describe for AdamW {
    const NAME: &'static str = "adamw";
    const ABOUT: &'static str = "adam with weight decay that does not pass through its scaling";
    const SOURCE: &'static str = "Loshchilov & Hutter 2019, arXiv 1711.05101";
    const USUAL: bool = true;
    const PARAMS: &'static [Param<Self>] = &[
        settings::lr(1e-5, 1e-1, |s: &mut Self| &mut s.lr),
        settings::beta1(|s: &mut Self| &mut s.beta1),
        settings::beta2(|s: &mut Self| &mut s.beta2),
        settings::eps(|s: &mut Self| &mut s.eps),
        settings::decoupled_decay(|s: &mut Self| &mut s.weight_decay),
        settings::amsgrad(|s: &mut Self| &mut s.amsgrad),
        settings::dialect(|s: &mut Self| &mut s.dialect),
    ];
}

impl AdamW {
    /// The rule as a chain of several transforms, equal to the fused kernel it uses.
    #[must_use]
    pub fn chain(&self) -> Chain {
        let &Self { lr, beta1, beta2, eps, weight_decay, amsgrad, ref dialect } = self;
        let eps_before_correction = dialect == KERAS;
        chain!(
            ScaleByAdam { beta1, beta2, eps, eps_before_correction, amsgrad },
            AddL2::unless_zero(weight_decay),
            ScaleByLearningRate::new(lr),
        )
    }
}

impl Rule for AdamW {
    fn lr(&self) -> f64 {
        self.lr
    }

    fn transform(self) -> impl Into<Chain> {
        if self.dialect == KERAS {
            return self.chain();
        }
        let Self { lr, beta1, beta2, eps, weight_decay, amsgrad, dialect } = self;
        let rule = Adam { lr, beta1, beta2, eps, weight_decay, amsgrad, dialect };
        FusedAdam { rule, decoupled: true }.into()
    }
}

register!(OptimizerEntry, AdamW);
