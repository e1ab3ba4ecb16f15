//! Hard swish: SiLU with straight pieces.

super::activation!(
    /// `x * min(max(x + 3, 0), 6) / 6`.
    Hardswish, "hardswish", "x * min(max(x + 3, 0), 6) / 6", "Howard et al. 2019, arXiv:1905.02244",
    |x| x * &((x + 3.0).clamp(0.0, 6.0) * (1.0 / 6.0))
);
