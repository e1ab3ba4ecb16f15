//! SiLU, also called swish.

super::activation!(
    /// `x * sigmoid(x)`.
    Silu, "silu", "x * sigmoid(x), also called swish", "Elfwing et al. 2017, arXiv:1702.03118", |x| x * &x.sigmoid()
);
