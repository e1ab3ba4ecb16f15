//! Focal loss: binary cross-entropy in which what is known already counts less.

use crate::plugin::*;

/// The mean of `-a (1 - p)^gamma ln p`, with `p` the probability given to the right answer, from logits, and `a` `alpha`
/// for a one, `1 - alpha` for a zero, 1 when it is off.
#[derive(Clone, Debug)]
pub(crate) struct FocalWithLogits {
    gamma: f64,
    alpha: Option<f64>,
}

impl Default for FocalWithLogits {
    fn default() -> Self {
        Self { gamma: 2.0, alpha: None }
    }
}

impl Describe for FocalWithLogits {
    const NAME: &'static str = "focal_with_logits";
    const ABOUT: &'static str = "binary cross-entropy of logits in which easy rows count less";
    const SOURCE: &'static str = "Lin et al. 2017, arXiv:1708.02002";
    const PARAMS: &'static [Param<Self>] = &[
        Param::float("gamma", 0.5, 5.0, |s: &mut Self| &mut s.gamma, "how fast easy rows fade")
            .valid(0.0, 100.0),
        Param::optional_float(
            "alpha",
            0.1,
            0.9,
            |s: &mut Self| &mut s.alpha,
            "weight of a one; a zero has the rest",
        )
        .rarely()
        .valid(0.0, 1.0),
    ];
}

impl Loss for FocalWithLogits {
    fn targets(&self) -> Targets {
        Targets::Binary
    }

    fn value(&self, prediction: &Var, target: &Var, batch: &Batch) -> Var {
        // With the margin m = y z: -ln p = softplus(-m), and (1 - p)^gamma = e^(-gamma softplus(m)).
        let margin = super::signs(target) * prediction;
        let each = (-&margin).softplus() * (margin.softplus() * -self.gamma).exp();
        batch.mean(&match self.alpha {
            Some(alpha) => each * (target * (2.0 * alpha - 1.0) + (1.0 - alpha)),
            None => each,
        })
    }

    fn interpret(&self, prediction: &Var) -> Var {
        prediction.sigmoid()
    }
}

register!(LossEntry, FocalWithLogits);
