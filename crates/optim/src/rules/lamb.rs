//! LAMB (You et al. 2020): Adam whose update is as long as the parameter, for large batches.

use tunesmith_core::{Describe, Param, register};

use super::settings::{self, KERAS, PYTORCH};
use crate::{AddL2, Chain, OptimizerEntry, Rule, ScaleByAdam, ScaleByLearningRate, ScaleByTrustRatio, chain};

/// Adam with decay, scaled for each parameter to the length of the parameter; Keras decays apart from that scaling.
///
/// ```
/// use tunesmith_optim::{Lamb, Rule};
/// assert_eq!(Lamb::default().lr(), 1e-3);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Lamb {
    /// Step size before the schedule, relative to the length of a parameter.
    pub lr: f64,
    /// What is left of the mean after one step.
    pub beta1: f64,
    /// What is left of the mean square after one step.
    pub beta2: f64,
    /// Added to the corrected root of the mean square.
    pub eps: f64,
    /// Decay that takes part in the update that is scaled.
    pub weight_decay: f64,
    /// `pytorch` (the paper's form) or `keras`.
    pub dialect: String,
}

impl Default for Lamb {
    fn default() -> Self {
        let dialect = PYTORCH.to_owned();
        Self { lr: 1e-3, beta1: 0.9, beta2: 0.999, eps: 1e-6, weight_decay: 0.0, dialect }
    }
}

impl Describe for Lamb {
    const NAME: &'static str = "lamb";
    const ABOUT: &'static str = "adam whose update is as long as the parameter, for large batches";
    const SOURCE: &'static str = "You et al. 2020, arXiv 1904.00962";
    const PARAMS: &'static [Param<Self>] = &[
        settings::lr(1e-5, 1e-1, |s: &mut Self| &mut s.lr),
        settings::beta1(|s: &mut Self| &mut s.beta1),
        settings::beta2(|s: &mut Self| &mut s.beta2),
        settings::eps(|s: &mut Self| &mut s.eps),
        settings::decoupled_decay(|s: &mut Self| &mut s.weight_decay),
        settings::dialect(|s: &mut Self| &mut s.dialect),
    ];
}

impl Rule for Lamb {
    fn lr(&self) -> f64 {
        self.lr
    }

    fn transform(self) -> impl Into<Chain> {
        let Self { lr, beta1, beta2, eps, weight_decay, dialect } = self;
        let decay = AddL2::unless_zero(weight_decay);
        let (inside, outside) = if dialect == KERAS { (None, decay) } else { (decay, None) };
        chain!(
            ScaleByAdam { beta1, beta2, eps, ..ScaleByAdam::default() },
            inside,
            ScaleByTrustRatio,
            outside,
            ScaleByLearningRate::new(lr),
        )
    }
}

register!(OptimizerEntry, Lamb);
