//! Margin ranking: which of two scores should be higher.

use super::{check_scores, parts_of, signs};
use crate::plugin::*;

/// The mean of `max(0, margin - y (x[0] - x[1]))`, with `y` 1 when the first of two scores should be higher, -1 when the
/// second should.
///
/// A row of predictions is `[rows, 2]`, its target one (the first) or zero (the second): PyTorch's
/// `MarginRankingLoss(x1, x2, y)` with `torch.stack([x1, x2], 1)` and `(y + 1) / 2`.
#[derive(Clone, Debug, Default)]
pub(crate) struct MarginRanking {
    margin: f64,
}

impl Describe for MarginRanking {
    const NAME: &'static str = "margin_ranking";
    const ABOUT: &'static str = "how far two scores are short of a margin in the right order";
    const PARAMS: &'static [Param<Self>] =
        &[Param::float("margin", 0.0, 2.0, |s: &mut Self| &mut s.margin, "how far apart they should be")
            .valid(0.0, 1e9)];
}

impl Loss for MarginRanking {
    fn targets(&self) -> Targets {
        Targets::Flags
    }

    fn check(&self, output: &Var) -> Result<(), String> {
        check_scores(output)
    }

    fn value(&self, prediction: &Var, target: &Var, batch: &Batch) -> Var {
        let [first, second] = &parts_of(prediction, 2)[..] else { unreachable!("two parts") };
        let target = signs(target).reshape(first.shape().dims()[..1].to_vec());
        let lead = (first - second).sum_axis(1);
        batch.mean(&(self.margin - target * lead).relu())
    }
}

register!(LossEntry, MarginRanking);
