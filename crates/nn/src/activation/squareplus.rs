//! Squareplus: softplus without exponentials.

use crate::plugin::*;

/// `(x + sqrt(x^2 + b)) / 2`.
#[derive(Clone, Debug)]
pub(crate) struct Squareplus {
    b: f64,
}

impl Default for Squareplus {
    fn default() -> Self {
        Self { b: 4.0 }
    }
}

impl Describe for Squareplus {
    const NAME: &'static str = "squareplus";
    const ABOUT: &'static str = "(x + sqrt(x^2 + b)) / 2";
    const SOURCE: &'static str = "Barron 2021, arXiv:2112.11687";
    const PARAMS: &'static [Param<Self>] =
        &[Param::float("b", 0.1, 10.0, |s: &mut Self| &mut s.b, "how round it is at zero")
            .log()
            .rarely()
            .valid(1e-9, 1e9)];
}

impl Activation for Squareplus {
    fn apply(&self, x: &Var) -> Var {
        (x + (x.square() + self.b).sqrt()) * 0.5
    }
}

register!(ActivationEntry, Squareplus);
