//! Smooth squashing functions: sigmoid, tanh, softplus, the error function.

use super::pointwise::pointwise;
use crate::gradient_cases;

pointwise! {
    /// The logistic function `1 / (1 + e^-x)`.
    Sigmoid, sigmoid, |x| x.sigmoid(), |x, y| Some(y * &(1.0 - y));
    /// Hyperbolic tangent.
    Tanh, tanh, |x| x.tanh(), |x, y| Some(1.0 - y.square());
    /// `ln(1 + e^x)`, computed so that it neither overflows nor loses small values.
    Softplus, softplus, |x| x.max(T::ZERO) + (-x.abs()).exp().ln_1p(), |x, y| Some(x.sigmoid());
    /// The error function.
    Erf, erf, |x| x.erf(), |x, y| Some((-x.square()).exp() * std::f64::consts::FRAC_2_SQRT_PI);
}

gradient_cases! {
    "sigmoid" [[3, 4]] |x| x[0].sigmoid();
    "tanh" [[3, 4]] |x| x[0].tanh();
    "softplus" [[3, 4]] |x| x[0].softplus();
    "erf" [[3, 4]] |x| x[0].erf();
    "a chain that uses a value twice" [[3, 4]] |x| (&x[0] * x[0].sigmoid()).tanh() * &x[0];
}
