//! Cross-entropy of classes.

use tunesmith_autodiff::ops::softmax::Softmax;

use crate::plugin::*;

/// The mean of `-ln p(label)`, with `p` the softmax of the predictions.
///
/// Predictions are logits `[rows, classes]`. A model that ends in a softmax is understood too: the loss is then taken
/// from what went into it, which is the same number computed without its rounding.
#[derive(Clone, Debug, Default)]
pub(crate) struct CrossEntropy;

impl Describe for CrossEntropy {
    const NAME: &'static str = "cross_entropy";
    const ABOUT: &'static str = "-ln of the probability given to the right class, from logits";
}

/// The logits behind a prediction: what went into a softmax at its end, else itself.
fn logits(prediction: &Var) -> Var {
    prediction.made_by::<Softmax>().map_or_else(|| prediction.clone(), |(_, inputs)| inputs[0].clone())
}

impl Loss for CrossEntropy {
    fn targets(&self) -> Targets {
        Targets::Classes
    }

    fn value(&self, prediction: &Var, target: &Var, rows: usize) -> Var {
        logits(prediction).cross_entropy(target, 1.0 / rows as f64)
    }

    fn interpret(&self, prediction: &Var) -> Var {
        logits(prediction).softmax()
    }
}

register!(LossEntry, CrossEntropy);
