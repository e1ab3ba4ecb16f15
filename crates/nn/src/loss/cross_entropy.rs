//! Cross-entropy of classes.

use tunesmith_autodiff::ops::row_cross_entropy::LabelTargets;
use tunesmith_autodiff::ops::softmax::Softmax;

use super::{check_weights, rows_of_classes};
use crate::plugin::*;

/// The mean of `-ln p(label)`, with `p` the softmax of the predictions.
///
/// Predictions are logits `[rows, classes]`, or `[rows, positions, classes]` with a label per position. A model that ends
/// in a softmax is understood too: the loss is then taken from what went into it, which is the same number computed
/// without its rounding.
///
/// With class weights or an ignored label the mean is over what the labels count, as in PyTorch: a sum of weighted losses
/// over the sum of weights.
#[derive(Clone, Debug, Default)]
pub(crate) struct CrossEntropy {
    targets: LabelTargets,
    class_weight: Vec<f64>,
    ignore_index: Option<f64>,
}

impl Describe for CrossEntropy {
    const NAME: &'static str = "cross_entropy";
    const ABOUT: &'static str = "-ln of the probability given to the right class, from logits";
    const SOURCE: &'static str = "label smoothing: Szegedy et al. 2016, arXiv:1512.00567";
    const PARAMS: &'static [Param<Self>] = &[];
}

impl Loss for CrossEntropy {
    fn targets(&self) -> Targets {
        Targets::Classes
    }
    fn value(&self, prediction: &Var, target: &Var, batch: &Batch) -> Var {
        unimplemented!()
    }
}
