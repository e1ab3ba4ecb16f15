//! Negative log-likelihood of classes.

use super::{check_label, check_weights, class_weight, ignore_index, label_weights};
use crate::plugin::*;

/// The mean of `-prediction[label]`, for predictions that are logarithms of probabilities: a model that ends in
/// log_softmax.
///
/// Shapes, class weights and the ignored label are as in cross_entropy.
#[derive(Clone, Debug, Default)]
pub(crate) struct Nll {
    class_weight: Vec<f64>,
    ignore_index: Option<f64>,
}

impl Describe for Nll {
    const NAME: &'static str = "nll";
    const ABOUT: &'static str = "minus the right class's ln-probability, from ln-probabilities";
    const PARAMS: &'static [Param<Self>] =
        &[class_weight(|s: &mut Self| &mut s.class_weight), ignore_index(|s: &mut Self| &mut s.ignore_index)];

    fn check(&self) -> Result<(), String> {
        check_label(self.ignore_index)
    }
}

impl Nll {
    fn weights(&self) -> ClassWeights {
        label_weights(&self.class_weight, self.ignore_index)
    }
}

impl Loss for Nll {
    fn targets(&self) -> Targets {
        Targets::Classes
    }

    fn label_weights(&self) -> Option<ClassWeights> {
        Some(self.weights()).filter(|weights| !weights.even())
    }

    fn check(&self, output: &Var) -> Result<(), String> {
        check_weights(&self.weights(), output)
    }

    fn value(&self, prediction: &Var, target: &Var, batch: &Batch) -> Var {
        batch.mean(&-prediction.weighted_pick(target, &self.weights()))
    }

    fn interpret(&self, prediction: &Var) -> Var {
        prediction.exp()
    }
}

register!(LossEntry, Nll);
