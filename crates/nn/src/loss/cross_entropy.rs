//! Cross-entropy of classes.

use tunesmith_autodiff::ops::row_cross_entropy::LabelTargets;
use tunesmith_autodiff::ops::softmax::Softmax;

use super::{check_label, check_weights, class_weight, ignore_index, label_weights};
use crate::plugin::*;

/// The mean of `-ln p(label)`, with `p` the softmax of the predictions.
///
/// Predictions are logits `[rows, classes]`, or `[rows, positions, classes]` with a label per position. A model that ends
/// in a softmax is understood too: the loss is then taken from what went into it, which is the same number computed
/// without its rounding.
///
/// With label smoothing the target of a class is mixed with an even share for every class. With class weights or an
/// ignored label the mean is a sum of weighted losses over what the labels count together, as in PyTorch.
#[derive(Clone, Debug, Default)]
pub(crate) struct CrossEntropy {
    label_smoothing: f64,
    class_weight: Vec<f64>,
    ignore_index: Option<f64>,
}

impl Describe for CrossEntropy {
    const NAME: &'static str = "cross_entropy";
    const ABOUT: &'static str = "-ln of the probability given to the right class, from logits";
    const SOURCE: &'static str = "label smoothing: Szegedy et al. 2016, arXiv:1512.00567";
    const PARAMS: &'static [Param<Self>] = &[
        Param::float(
            "label_smoothing",
            0.0,
            0.3,
            |s: &mut Self| &mut s.label_smoothing,
            "share of a target that is spread over all classes",
        )
        .rarely()
        .valid(0.0, 1.0),
        class_weight(|s: &mut Self| &mut s.class_weight),
        ignore_index(|s: &mut Self| &mut s.ignore_index),
    ];

    fn check(&self) -> Result<(), String> {
        check_label(self.ignore_index)
    }
}

/// The logits behind a prediction: what went into a softmax at its end, else itself.
pub(super) fn logits(prediction: &Var) -> Var {
    prediction.made_by::<Softmax>().map_or_else(|| prediction.clone(), |(_, inputs)| inputs[0].clone())
}

impl CrossEntropy {
    fn targets(&self) -> LabelTargets {
        let weights = label_weights(&self.class_weight, self.ignore_index);
        LabelTargets { weights, smoothing: self.label_smoothing }
    }
}

impl Loss for CrossEntropy {
    fn targets(&self) -> Targets {
        Targets::Classes
    }

    fn label_weights(&self) -> Option<ClassWeights> {
        Some(self.targets().weights).filter(|weights| !weights.even())
    }

    fn check(&self, output: &Var) -> Result<(), String> {
        check_weights(&self.targets().weights, output)
    }

    fn value(&self, prediction: &Var, target: &Var, batch: &Batch) -> Var {
        let (logits, targets) = (logits(prediction), self.targets());
        match batch.even_share() {
            // The common case is one operation.
            Some(share) if targets == LabelTargets::default() => {
                let positions: usize = target.shape().dims()[1..].iter().product();
                logits.cross_entropy(target, share / positions as f64)
            }
            _ => batch.mean(&logits.row_cross_entropy(target, &targets)),
        }
    }

    fn interpret(&self, prediction: &Var) -> Var {
        logits(prediction).softmax()
    }
}

register!(LossEntry, CrossEntropy);
