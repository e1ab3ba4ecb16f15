//! Triplet loss: an anchor nearer to its like than to another.

use super::{check_parts, parts_of};
use crate::plugin::*;

/// The mean over rows of `max(0, |a - p| - |a - n| + margin)`, with `|.|` the `p`-norm.
///
/// A row of predictions holds anchor, positive and negative side by side, `[rows, 3 * d]` or `[rows, 3, d]`: a row of data
/// holds the three inputs, and the same layers see each of them. PyTorch's `TripletMarginLoss(anchor, positive, negative)`
/// is this loss of `torch.cat([anchor, positive, negative], 1)`. There is no target.
#[derive(Clone, Debug)]
pub(crate) struct Triplet {
    margin: f64,
    p: f64,
    eps: f64,
    swap: bool,
}

impl Default for Triplet {
    fn default() -> Self {
        Self { margin: 1.0, p: 2.0, eps: 1e-6, swap: false }
    }
}

impl Describe for Triplet {
    const NAME: &'static str = "triplet";
    const ABOUT: &'static str = "how far an anchor is short of a margin between its like and another";
    const SOURCE: &'static str = "Schroff et al. 2015, arXiv:1503.03832; swap: Balntas et al. 2016, BMVC";
    const PARAMS: &'static [Param<Self>] = &[
        Param::float("margin", 0.1, 2.0, |s: &mut Self| &mut s.margin, "how much nearer it should be")
            .valid(0.0, 1e9),
        Param::float("p", 1.0, 2.0, |s: &mut Self| &mut s.p, "which norm is the distance")
            .fixed()
            .valid(1.0, 100.0),
        Param::float(
            "eps",
            1e-6,
            1e-6,
            |s: &mut Self| &mut s.eps,
            "added to differences, against a zero distance",
        )
        .fixed()
        .valid(1e-30, 1.0),
        Param::switch(
            "swap",
            |s: &mut Self| &mut s.swap,
            "measure the other from the positive where that is nearer",
        ),
    ];
}

impl Triplet {
    /// The distance of two points in each row.
    fn distance(&self, a: &Var, b: &Var) -> Var {
        let size = (a - b + self.eps).abs();
        match self.p {
            1.0 => size.sum_axis(1),
            2.0 => size.square().sum_axis(1).sqrt(),
            p => size.powf(p).sum_axis(1).powf(1.0 / p),
        }
    }
}

impl Loss for Triplet {
    fn targets(&self) -> Targets {
        Targets::Nothing
    }

    fn check(&self, output: &Var) -> Result<(), String> {
        check_parts(output, 3, "anchor, positive and negative")
    }

    fn value(&self, prediction: &Var, _target: &Var, batch: &Batch) -> Var {
        let [anchor, positive, negative] = &parts_of(prediction, 3)[..] else { unreachable!("three parts") };
        let mut apart = self.distance(anchor, negative);
        if self.swap {
            apart = apart.minimum(&self.distance(positive, negative));
        }
        batch.mean(&(self.distance(anchor, positive) - apart + self.margin).relu())
    }
}

register!(LossEntry, Triplet);
