//! Cosine: the angle between prediction and target.

use crate::plugin::*;

/// The mean over rows of `1 - cos(prediction, target)`, along the last axis: Keras's `CosineSimilarity`, which is without the
/// one.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct CosineSimilarity;

impl Describe for CosineSimilarity {
    const NAME: &'static str = "cosine_similarity";
    const ABOUT: &'static str = "one less the cosine between prediction and target";
}

/// Added to squared lengths, as in PyTorch's `cosine_embedding_loss`.
pub(super) const EPS: f64 = 1e-12;

/// The cosine between vectors along the last axis.
pub(super) fn cosine(a: &Var, b: &Var) -> Var {
    let last = a.rank() - 1;
    let lengths = (a.square().sum_axis(last) + EPS) * (b.square().sum_axis(last) + EPS);
    (a * b).sum_axis(last) / lengths.sqrt()
}

impl Loss for CosineSimilarity {
    fn targets(&self) -> Targets {
        Targets::Numbers
    }

    fn value(&self, prediction: &Var, target: &Var, batch: &Batch) -> Var {
        batch.mean(&(1.0 - cosine(prediction, target)))
    }
}

register!(LossEntry, CosineSimilarity);
