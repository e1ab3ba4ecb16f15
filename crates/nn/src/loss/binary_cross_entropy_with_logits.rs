//! Binary cross-entropy of logits.

use crate::plugin::*;

/// The mean of `-w y ln s(z) - (1 - y) ln(1 - s(z))`, with `s` the sigmoid of the predictions and `w` the positive
/// weight of an output, 1 unless given.
#[derive(Clone, Debug, Default)]
pub(crate) struct BinaryCrossEntropyWithLogits {
    pos_weight: Vec<f64>,
}

impl Describe for BinaryCrossEntropyWithLogits {
    const NAME: &'static str = "binary_cross_entropy_with_logits";
    const ABOUT: &'static str = "-ln of the probability given to the right answer of two, from logits";
    const PARAMS: &'static [Param<Self>] = &[Param::floats(
        "pos_weight",
        |s: &mut Self| &mut s.pos_weight,
        "how much a one counts: one number, or one per output",
    )
    .valid(0.0, 1e9)];
}

/// The loss without forming the probability: `softplus(z) - y z` where a one counts one.
pub(super) fn of_logits(logits: &Var, target: &Var, pos_weight: &[f64], batch: &Batch) -> Var {
    if pos_weight.is_empty() {
        return batch.mean(&(logits.softplus() - target * logits));
    }
    let weights = logits.graph().constant([pos_weight.len()], pos_weight);
    // softplus(z) - z is softplus(-z): the loss of a one.
    let (no, yes) = (logits.softplus(), (-logits).softplus());
    batch.mean(&(target * &(yes * &weights) + (1.0 - target) * no))
}

impl Loss for BinaryCrossEntropyWithLogits {
    fn targets(&self) -> Targets {
        Targets::Binary
    }

    fn check(&self, output: &Var) -> Result<(), String> {
        let outputs = output.shape().dims().last().copied().unwrap_or(1);
        match self.pos_weight.len() {
            0 | 1 => Ok(()),
            n if n == outputs => Ok(()),
            n => Err(format!("has {n} numbers in pos_weight, the model {outputs} outputs")),
        }
    }

    fn value(&self, prediction: &Var, target: &Var, batch: &Batch) -> Var {
        of_logits(prediction, target, &self.pos_weight, batch)
    }

    fn interpret(&self, prediction: &Var) -> Var {
        prediction.sigmoid()
    }
}

register!(LossEntry, BinaryCrossEntropyWithLogits);
