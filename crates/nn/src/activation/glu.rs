//! GLU: one half of the features gates the other.

super::gated!(
    /// `a * s(b)`, with `a` and `b` the halves of the last axis and `s` the sigmoid, as PyTorch's `GLU`.
    Glu, "glu", "half of the features times the sigmoid of the other half", "Dauphin et al. 2017, arXiv:1612.08083",
    |gate| gate.sigmoid()
);
