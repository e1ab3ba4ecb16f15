//! Binary cross-entropy of probabilities.

use tunesmith_autodiff::ops::arithmetic::AddOp;
use tunesmith_autodiff::ops::matmul::MatMul;
use tunesmith_autodiff::ops::pointwise::Map;
use tunesmith_autodiff::ops::squash::Sigmoid;

use super::binary_cross_entropy_with_logits::of_logits;
use crate::plugin::*;

/// The mean of `-y ln p - (1 - y) ln(1 - p)`; logarithms are held above -100, as in PyTorch.
///
/// When the predictions come straight from a sigmoid, the loss is taken from what went into it: the same number
/// without the rounding near 0 and 1, and with a gradient that never vanishes there.
#[derive(Clone, Debug, Default)]
pub(crate) struct BinaryCrossEntropy;

impl Describe for BinaryCrossEntropy {
    const NAME: &'static str = "binary_cross_entropy";
    const ABOUT: &'static str = "-ln of the probability given to the right answer of two, from probabilities";
}

impl Loss for BinaryCrossEntropy {
    fn targets(&self) -> Targets {
        Targets::Binary
    }

    fn check(&self, output: &Var) -> Result<(), String> {
        // A bare sum is no probability; what an activation made may be one.
        if output.made_by::<AddOp>().is_some() || output.made_by::<MatMul>().is_some() {
            return Err("needs probabilities: end the model in a sigmoid (dense = { units = \"classes\", activation = \"sigmoid\" }), \
                        or use binary_cross_entropy_with_logits"
                .into());
        }
        Ok(())
    }

    fn value(&self, prediction: &Var, target: &Var, batch: &Batch) -> Var {
        if let Some((_, inputs)) = prediction.made_by::<Map<Sigmoid>>() {
            return of_logits(&inputs[0], target, &[], batch);
        }
        let least = prediction.graph().scalar(-100.0);
        let yes = prediction.ln().maximum(&least);
        let no = (1.0 - prediction).ln().maximum(&least);
        batch.mean(&-(target * &yes + (1.0 - target) * no))
    }
}

register!(LossEntry, BinaryCrossEntropy);
