//! Hyperbolic tangent.

super::activation!(
    /// `tanh(x)`.
    Tanh, "tanh", "hyperbolic tangent, between -1 and 1", "", |x| x.tanh()
);
