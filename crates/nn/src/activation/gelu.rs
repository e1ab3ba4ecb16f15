//! GELU: the input weighted by how likely a normal variable lies below it.

use std::f64::consts::{FRAC_1_SQRT_2, PI};

use crate::plugin::*;

/// `x * Phi(x)`, exactly by the error function or nearly by a hyperbolic tangent.
#[derive(Clone, Debug)]
pub(crate) struct Gelu {
    approximate: String,
}

impl Default for Gelu {
    fn default() -> Self {
        Self { approximate: "none".into() }
    }
}

impl Describe for Gelu {
    const NAME: &'static str = "gelu";
    const ABOUT: &'static str = "x * Phi(x), with Phi the normal distribution function";
    const SOURCE: &'static str = "Hendrycks & Gimpel 2016, arXiv:1606.08415";
    const PARAMS: &'static [Param<Self>] = &[Param::name(
        "approximate",
        &["none", "tanh"],
        |s: &mut Self| &mut s.approximate,
        "exact, or the paper's approximation by tanh",
    )];
}

impl Activation for Gelu {
    fn apply(&self, x: &Var) -> Var {
        let inner = if self.approximate == "tanh" {
            ((x + &(x.powf(3.0) * 0.044_715)) * (2.0 / PI).sqrt()).tanh()
        } else {
            (x * FRAC_1_SQRT_2).erf()
        };
        (x * 0.5) * (inner + 1.0)
    }
}

register!(ActivationEntry, Gelu);
