//! The logarithm of the softmax over the last axis.

super::activation!(
    /// `x - logsumexp(x)` along the last axis.
    LogSoftmax, "log_softmax", "x - ln of the sum of exp(x) along the last axis", "", |x| x.log_softmax()
);
