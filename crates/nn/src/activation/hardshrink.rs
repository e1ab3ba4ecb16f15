//! Hardshrink: small values become zero.

use crate::plugin::*;

/// `x` where `|x| > lambda`, else zero.
#[derive(Clone, Debug)]
pub(crate) struct Hardshrink {
    lambda: f64,
}

impl Default for Hardshrink {
    fn default() -> Self {
        Self { lambda: 0.5 }
    }
}

impl Describe for Hardshrink {
    const NAME: &'static str = "hardshrink";
    const ABOUT: &'static str = "x where it is larger than lambda, else zero";
    const PARAMS: &'static [Param<Self>] =
        &[Param::float("lambda", 0.1, 1.0, |s: &mut Self| &mut s.lambda, "what counts as small")
            .rarely()
            .valid(0.0, 1e9)];
}

impl Activation for Hardshrink {
    fn apply(&self, x: &Var) -> Var {
        x * &(x.abs() - self.lambda).positive()
    }
}

register!(ActivationEntry, Hardshrink);
