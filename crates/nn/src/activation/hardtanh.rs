//! Hard tanh: the hyperbolic tangent with straight pieces.

super::activation!(
    /// `min(max(x, -1), 1)`.
    Hardtanh, "hardtanh", "min(max(x, -1), 1)", "Collobert 2004, PhD thesis", |x| x.clamp(-1.0, 1.0)
);
