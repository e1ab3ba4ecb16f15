//! Mish.

super::activation!(
    /// `x * tanh(softplus(x))`.
    Mish, "mish", "x * tanh(ln(1 + exp(x)))", "Misra 2019, arXiv:1908.08681", |x| x * &x.softplus().tanh()
);
