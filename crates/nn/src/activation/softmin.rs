//! Softmin over the last axis.

super::activation!(
    /// `e^-x` over its sum along the last axis.
    Softmin, "softmin", "exp(-x) over its sum along the last axis", "", |x| (-x).softmax()
);
