//! Cosine embedding: likes in one direction, others apart.

use super::cosine_similarity::cosine;
use super::{check_parts, parts_of};
use crate::plugin::*;

/// The mean over rows of `1 - cos(a, b)` for a pair that is alike (a one), `max(0, cos(a, b) - margin)` for one that is not
/// (a zero).
///
/// A row of predictions holds the two vectors side by side, `[rows, 2 * d]` or `[rows, 2, d]`: PyTorch's
/// `CosineEmbeddingLoss(a, b, y)` with `torch.cat([a, b], 1)` and `(y + 1) / 2`.
#[derive(Clone, Debug, Default)]
pub(crate) struct CosineEmbedding {
    margin: f64,
}

impl Describe for CosineEmbedding {
    const NAME: &'static str = "cosine_embedding";
    const ABOUT: &'static str = "angle of pairs that are alike, nearness of pairs that are not";
    const PARAMS: &'static [Param<Self>] = &[Param::float(
        "margin",
        0.0,
        0.5,
        |s: &mut Self| &mut s.margin,
        "cosine below which a pair that is not alike is far enough apart",
    )
    .valid(-1.0, 1.0)];
}

impl Loss for CosineEmbedding {
    fn targets(&self) -> Targets {
        Targets::Flags
    }

    fn check(&self, output: &Var) -> Result<(), String> {
        check_parts(output, 2, "two vectors")
    }

    fn value(&self, prediction: &Var, target: &Var, batch: &Batch) -> Var {
        let [a, b] = &parts_of(prediction, 2)[..] else { unreachable!("two parts") };
        let cosine = cosine(a, b);
        let target = target.reshape(cosine.shape());
        batch.mean(&(&target * &(1.0 - &cosine) + (1.0 - &target) * (&cosine - self.margin).relu()))
    }
}

register!(LossEntry, CosineEmbedding);
