//! SwiGLU: GLU with SiLU for a gate.

super::gated!(
    /// `a * b * s(b)`, with `a` and `b` the halves of the last axis and `s` the sigmoid; the gate is the second half, as in
    /// `glu`.
    Swiglu, "swiglu", "half of the features times the silu of the other half", "Shazeer 2020, arXiv:2002.05202",
    |gate| &gate * gate.sigmoid()
);
