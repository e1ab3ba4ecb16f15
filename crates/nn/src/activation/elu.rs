//! ELU.

use crate::plugin::*;

/// `x` where positive, `alpha * (e^x - 1)` elsewhere.
#[derive(Clone, Debug)]
pub(crate) struct Elu {
    alpha: f64,
}

impl Default for Elu {
    fn default() -> Self {
        Self { alpha: 1.0 }
    }
}

impl Describe for Elu {
    const NAME: &'static str = "elu";
    const ABOUT: &'static str = "x where positive, alpha * (exp(x) - 1) elsewhere";
    const SOURCE: &'static str = "Clevert et al. 2015, arXiv:1511.07289";
    const PARAMS: &'static [Param<Self>] =
        &[Param::float("alpha", 0.1, 2.0, |s: &mut Self| &mut s.alpha, "how far below zero it reaches")
            .rarely()];
}

impl Activation for Elu {
    fn apply(&self, x: &Var) -> Var {
        x.elu(self.alpha)
    }
}

register!(ActivationEntry, Elu);
