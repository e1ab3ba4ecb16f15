//! Smooth L1: squared near zero, absolute far away, with slope one.

use crate::plugin::*;

/// `d^2 / (2 beta)` where `|d| < beta`, `|d| - beta / 2` elsewhere: Huber's loss over its delta.
#[derive(Clone, Debug)]
pub(crate) struct SmoothL1 {
    beta: f64,
}

impl Default for SmoothL1 {
    fn default() -> Self {
        Self { beta: 1.0 }
    }
}

impl Describe for SmoothL1 {
    const NAME: &'static str = "smooth_l1";
    const ABOUT: &'static str = "absolute error, rounded off below beta";
    const SOURCE: &'static str = "Girshick 2015, arXiv:1504.08083";
    const PARAMS: &'static [Param<Self>] =
        &[Param::float("beta", 0.1, 10.0, |s: &mut Self| &mut s.beta, "where it turns absolute")
            .log()
            .valid(1e-9, 1e9)];
}

impl Loss for SmoothL1 {
    fn targets(&self) -> Targets {
        Targets::Numbers
    }

    fn value(&self, prediction: &Var, target: &Var, batch: &Batch) -> Var {
        let size = (prediction - target).abs();
        let near = size.minimum(&size.graph().scalar(self.beta));
        batch.mean(&(&near * &(&size - &(&near * 0.5)) * (1.0 / self.beta)))
    }
}

register!(LossEntry, SmoothL1);
