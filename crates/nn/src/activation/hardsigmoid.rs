//! Hard sigmoid: the sigmoid with straight pieces.

super::activation!(
    /// `min(max(x / 6 + 1 / 2, 0), 1)`.
    Hardsigmoid, "hardsigmoid", "min(max(x / 6 + 1/2, 0), 1)", "Courbariaux et al. 2015, arXiv:1511.00363",
    |x| (x * (1.0 / 6.0) + 0.5).clamp(0.0, 1.0)
);
