//! Tanh shrink.

super::activation!(
    /// `x - tanh(x)`.
    Tanhshrink, "tanhshrink", "x - tanh(x)", "", |x| x - &x.tanh()
);
