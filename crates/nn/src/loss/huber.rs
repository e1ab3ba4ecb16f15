//! Huber's loss: squared near zero, absolute far away.

use crate::plugin::*;

/// `d^2 / 2` where `|d| <= delta`, `delta (|d| - delta / 2)` elsewhere.
#[derive(Clone, Debug)]
pub(crate) struct Huber {
    delta: f64,
}

impl Default for Huber {
    fn default() -> Self {
        Self { delta: 1.0 }
    }
}

impl Describe for Huber {
    const NAME: &'static str = "huber";
    const ABOUT: &'static str = "squared error near zero, absolute error beyond delta";
    const SOURCE: &'static str = "Huber 1964, Annals of Mathematical Statistics 35";
    const PARAMS: &'static [Param<Self>] =
        &[Param::float("delta", 0.1, 10.0, |s: &mut Self| &mut s.delta, "where it turns absolute")
            .log()
            .valid(1e-9, 1e9)];
}

impl Loss for Huber {
    fn targets(&self) -> Targets {
        Targets::Numbers
    }

    fn value(&self, prediction: &Var, target: &Var, batch: &Batch) -> Var {
        // With c = min(|d|, delta) both branches are c (|d| - c / 2).
        let size = (prediction - target).abs();
        let near = size.minimum(&size.graph().scalar(self.delta));
        batch.mean(&(&near * &(&size - &(&near * 0.5))))
    }
}

register!(LossEntry, Huber);
