//! ReGLU: GLU with ReLU for a gate.

super::gated!(
    /// `a * max(b, 0)`, with `a` and `b` the halves of the last axis; the gate is the second half, as in `glu`.
    Reglu, "reglu", "half of the features times the relu of the other half", "Shazeer 2020, arXiv:2002.05202",
    |gate| gate.relu()
);
