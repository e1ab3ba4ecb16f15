//! The logarithm of the sigmoid.

super::activation!(
    /// `-softplus(-x)`.
    Logsigmoid, "logsigmoid", "ln(1 / (1 + exp(-x)))", "", |x| -(-x).softplus()
);
