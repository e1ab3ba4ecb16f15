//! CELU: ELU made continuously differentiable for every alpha.

use crate::plugin::*;

/// `max(x, 0) + min(alpha (e^(x / alpha) - 1), 0)`.
#[derive(Clone, Debug)]
pub(crate) struct Celu {
    alpha: f64,
}

impl Default for Celu {
    fn default() -> Self {
        Self { alpha: 1.0 }
    }
}

impl Describe for Celu {
    const NAME: &'static str = "celu";
    const ABOUT: &'static str = "x where positive, alpha * (exp(x / alpha) - 1) elsewhere";
    const SOURCE: &'static str = "Barron 2017, arXiv:1704.07483";
    const PARAMS: &'static [Param<Self>] =
        &[Param::float("alpha", 0.1, 2.0, |s: &mut Self| &mut s.alpha, "how far below zero it reaches")
            .rarely()
            .valid(1e-6, 1e6)];
}

impl Activation for Celu {
    fn apply(&self, x: &Var) -> Var {
        (x * (1.0 / self.alpha)).elu(1.0) * self.alpha
    }
}

register!(ActivationEntry, Celu);
