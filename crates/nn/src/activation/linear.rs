//! Linear: no activation.

super::activation!(
    /// `x`.
    Linear, "linear", "no activation: x", "", |x| x.clone()
);
