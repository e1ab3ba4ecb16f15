//! Hinge of several classes.

use super::{check_weights, class_weight, label_weights};
use crate::plugin::*;

/// The mean over rows of the sum over wrong classes `c` of `w max(0, margin - x[label] + x[c])^p`, over the number of
/// classes; `w` is the label's weight. The mean is over rows, whatever they weigh, as in PyTorch's `MultiMarginLoss`.
#[derive(Clone, Debug)]
pub(crate) struct MultiMargin {
    p: usize,
    margin: f64,
    class_weight: Vec<f64>,
}

impl Default for MultiMargin {
    fn default() -> Self {
        Self { p: 1, margin: 1.0, class_weight: Vec::new() }
    }
}

impl Describe for MultiMargin {
    const NAME: &'static str = "multi_margin";
    const ABOUT: &'static str = "how far the right class's score is short of a margin over each other";
    const SOURCE: &'static str = "Crammer & Singer 2001, JMLR 2; Weston & Watkins 1999, ESANN";
    const PARAMS: &'static [Param<Self>] = &[
        Param::int("p", 1, 2, |s: &mut Self| &mut s.p, "1: the distance itself, 2: its square")
            .rarely()
            .valid(1.0, 2.0),
        Param::float("margin", 0.1, 2.0, |s: &mut Self| &mut s.margin, "how much more it should score")
            .rarely()
            .valid(0.0, 1e9),
        class_weight(|s: &mut Self| &mut s.class_weight),
    ];
}

impl Loss for MultiMargin {
    fn targets(&self) -> Targets {
        Targets::Classes
    }

    fn check(&self, output: &Var) -> Result<(), String> {
        check_weights(&label_weights(&self.class_weight, None), output)
    }

    fn value(&self, prediction: &Var, target: &Var, batch: &Batch) -> Var {
        let weights = label_weights(&self.class_weight, None);
        let shape = prediction.shape();
        let (classes, last) = (shape.dims()[prediction.rank() - 1], prediction.rank() - 1);
        let right = prediction.pick(target).reshape([target.shape().dims(), &[1]].concat());
        let short = (prediction - right + self.margin).relu();
        let short = if self.p == 2 { short.square() } else { short };
        // The right class is short of itself by the whole margin, which does not count.
        let others = short.sum_axis(last) - self.margin.powi(self.p as i32);
        let weight = weights.weights().map(|_| {
            let ones = prediction.graph().scalar(1.0).expand(shape);
            ones.weighted_pick(target, &weights)
        });
        let each = weight.map_or(others.clone(), |weight| others * weight);
        batch.mean(&(each * (1.0 / classes as f64)))
    }

    // Read as logits: the largest score decides.
    fn interpret(&self, prediction: &Var) -> Var {
        prediction.softmax()
    }
}

register!(LossEntry, MultiMargin);
