//! The exponential.

/// Above this a number of 64 bits would overflow.
const HIGHEST: f64 = 700.0;

super::activation!(
    /// `e^x`; arguments above 700 are held there.
    Exponential, "exponential", "exp(x)", "", |x| x.minimum(&x.graph().scalar(HIGHEST)).exp()
);
