//! Log-cosh: squared near zero, absolute far away, without a seam.

use std::f64::consts::LN_2;

super::elementwise_loss!(
    /// The mean of `ln cosh(prediction - target)`, as `d + softplus(-2 d) - ln 2`, which does not overflow.
    LogCosh, "log_cosh", "ln of the hyperbolic cosine of the error",
    |difference| &difference + ((&difference * -2.0).softplus() - LN_2)
);
