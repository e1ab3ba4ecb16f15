//! Bayesian personalised ranking: the wanted item before another.

use super::{check_scores, parts_of};
use crate::plugin::*;

/// The mean of `-ln s(x[wanted] - x[other])`, with `s` the sigmoid.
///
/// A row of predictions is `[rows, 2]`: the score of an item the user chose and of one drawn from those they did not. A row
/// of data holds both items, and the same layers score each. There is no target. In PyTorch:
/// `-F.logsigmoid(wanted - other).mean()`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Bpr;

impl Describe for Bpr {
    const NAME: &'static str = "bpr";
    const ABOUT: &'static str = "-ln of the probability that a wanted item scores above another";
    const SOURCE: &'static str = "Rendle et al. 2009, UAI, arXiv:1205.2618";
}

impl Loss for Bpr {
    fn targets(&self) -> Targets {
        Targets::Nothing
    }

    fn check(&self, output: &Var) -> Result<(), String> {
        check_scores(output)
    }

    fn value(&self, prediction: &Var, _target: &Var, batch: &Batch) -> Var {
        let [wanted, other] = &parts_of(prediction, 2)[..] else { unreachable!("two parts") };
        batch.mean(&(other - wanted).softplus())
    }
}

register!(LossEntry, Bpr);
