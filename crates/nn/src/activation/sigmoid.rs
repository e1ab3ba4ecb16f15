//! Sigmoid.

super::activation!(
    /// `1 / (1 + e^-x)`.
    Sigmoid, "sigmoid", "1 / (1 + exp(-x)), between 0 and 1", "", |x| x.sigmoid()
);
