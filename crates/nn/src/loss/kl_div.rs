//! Kullback and Leibler's divergence.

use crate::plugin::*;

/// The mean over rows of `sum(q (ln q - p))`, for predictions `p` that are logarithms of probabilities and a distribution
/// `q` as the target; where `q` is zero it adds nothing.
///
/// PyTorch's `KLDivLoss(reduction="batchmean")`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct KlDiv;

impl Describe for KlDiv {
    const NAME: &'static str = "kl_div";
    const ABOUT: &'static str = "divergence of ln-probabilities from a distribution";
    const SOURCE: &'static str = "Kullback & Leibler 1951, Annals of Mathematical Statistics 22";
}

/// Below this a share of the target counts as zero: the least normal number of 32 bits.
const LEAST: f64 = f32::MIN_POSITIVE as f64;

impl Loss for KlDiv {
    fn targets(&self) -> Targets {
        Targets::Numbers
    }

    fn value(&self, prediction: &Var, target: &Var, batch: &Batch) -> Var {
        let log_target = target.maximum(&target.graph().scalar(LEAST)).ln();
        let last = prediction.rank() - 1;
        batch.mean(&(target * &(log_target - prediction)).sum_axis(last))
    }

    fn interpret(&self, prediction: &Var) -> Var {
        prediction.exp()
    }
}

register!(LossEntry, KlDiv);
