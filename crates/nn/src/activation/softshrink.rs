//! Softshrink: small values become zero.

use crate::plugin::*;

/// `x - lambda` above `lambda`, `x + lambda` below `-lambda`, else zero.
#[derive(Clone, Debug)]
pub(crate) struct Softshrink {
    lambda: f64,
}

impl Default for Softshrink {
    fn default() -> Self {
        Self { lambda: 0.5 }
    }
}

impl Describe for Softshrink {
    const NAME: &'static str = "softshrink";
    const ABOUT: &'static str = "x drawn towards zero by lambda, zero where it is smaller";
    const PARAMS: &'static [Param<Self>] =
        &[Param::float("lambda", 0.1, 1.0, |s: &mut Self| &mut s.lambda, "what counts as small")
            .rarely()
            .valid(0.0, 1e9)];
}

impl Activation for Softshrink {
    fn apply(&self, x: &Var) -> Var {
        (x - self.lambda).relu() - (-(x + self.lambda)).relu()
    }
}

register!(ActivationEntry, Softshrink);
