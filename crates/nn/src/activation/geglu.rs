//! GeGLU: GLU with GELU for a gate.

use std::f64::consts::FRAC_1_SQRT_2;

super::gated!(
    /// `a * b * Phi(b)`, with `a` and `b` the halves of the last axis and `Phi` the normal distribution function; the gate
    /// is the second half, as in `glu`.
    Geglu, "geglu", "half of the features times the gelu of the other half", "Shazeer 2020, arXiv:2002.05202",
    |gate| (&gate * 0.5) * ((&gate * FRAC_1_SQRT_2).erf() + 1.0)
);
