//! Softplus: a smooth ReLU.

use crate::plugin::*;

/// `ln(1 + e^(beta x)) / beta`.
#[derive(Clone, Debug)]
pub(crate) struct Softplus {
    beta: f64,
}

impl Default for Softplus {
    fn default() -> Self {
        Self { beta: 1.0 }
    }
}

impl Describe for Softplus {
    const NAME: &'static str = "softplus";
    const ABOUT: &'static str = "ln(1 + exp(beta * x)) / beta, a smooth relu";
    const SOURCE: &'static str = "Dugas et al. 2000, NIPS";
    const PARAMS: &'static [Param<Self>] =
        &[Param::float("beta", 0.5, 5.0, |s: &mut Self| &mut s.beta, "sharpness")
            .log()
            .rarely()
            .valid(1e-3, 1e3)];
}

impl Activation for Softplus {
    fn apply(&self, x: &Var) -> Var {
        (x * self.beta).softplus() * (1.0 / self.beta)
    }
}

register!(ActivationEntry, Softplus);
