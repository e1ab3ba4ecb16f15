//! Softmax over the last axis.

super::activation!(
    /// `e^x` over its sum along the last axis.
    Softmax, "softmax", "exp(x) over its sum along the last axis", "", |x| x.softmax()
);
