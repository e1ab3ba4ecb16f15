//! Cross-entropy with a distribution as the target.

use super::cross_entropy::logits;
use crate::plugin::*;

/// The mean over rows of `-sum(q ln p)`, with `p` the softmax of the predictions and `q` the target, shaped like them.
///
/// For distilled or mixed labels: PyTorch's `CrossEntropyLoss` with probabilities, Keras's `CategoricalCrossentropy`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct CrossEntropySoftTargets;

impl Describe for CrossEntropySoftTargets {
    const NAME: &'static str = "cross_entropy_soft_targets";
    const ABOUT: &'static str = "cross-entropy of logits with a distribution over the classes";
}

impl Loss for CrossEntropySoftTargets {
    fn targets(&self) -> Targets {
        Targets::Numbers
    }

    fn value(&self, prediction: &Var, target: &Var, batch: &Batch) -> Var {
        let last = prediction.rank() - 1;
        batch.mean(&-(target * logits(prediction).log_softmax()).sum_axis(last))
    }

    fn interpret(&self, prediction: &Var) -> Var {
        logits(prediction).softmax()
    }
}

register!(LossEntry, CrossEntropySoftTargets);
