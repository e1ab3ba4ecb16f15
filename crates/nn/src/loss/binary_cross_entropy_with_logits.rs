//! Binary cross-entropy of logits.

use super::mean_of;
use crate::plugin::*;

/// The mean of `-y ln s(z) - (1 - y) ln(1 - s(z))`, with `s` the sigmoid of the predictions.
#[derive(Clone, Debug, Default)]
pub(crate) struct BinaryCrossEntropyWithLogits;

impl Describe for BinaryCrossEntropyWithLogits {
    const NAME: &'static str = "binary_cross_entropy_with_logits";
    const ABOUT: &'static str = "-ln of the probability given to the right answer of two, from logits";
}

/// `softplus(z) - y z`: the loss without forming the probability.
pub(super) fn of_logits(logits: &Var, target: &Var, rows: usize) -> Var {
    mean_of(&(logits.softplus() - target * logits), rows)
}

impl Loss for BinaryCrossEntropyWithLogits {
    fn targets(&self) -> Targets {
        Targets::Binary
    }

    fn value(&self, prediction: &Var, target: &Var, rows: usize) -> Var {
        of_logits(prediction, target, rows)
    }

    fn interpret(&self, prediction: &Var) -> Var {
        prediction.sigmoid()
    }
}

register!(LossEntry, BinaryCrossEntropyWithLogits);
