//! Exponential and logarithm.

use super::pointwise::pointwise;
use crate::gradient_cases;

pointwise! {
    /// `e^x`.
    Exp, exp, |x| x.exp(), |x, y| Some(y.clone());
    /// Natural logarithm.
    Ln, ln, |x| x.ln(), |x, y| Some(x.reciprocal());
    /// `ln(1 + x)`, accurate near zero.
    Ln1p, ln_1p, |x| x.ln_1p(), |x, y| Some((x + 1.0).reciprocal());
    /// `e^x - 1`, accurate near zero.
    ExpM1, exp_m1, |x| x.exp_m1(), |x, y| Some(y + 1.0);
}

gradient_cases! {
    "exp" [[3, 4]] |x| x[0].exp();
    "ln" [[3, 4] => 0.3..3.0] |x| x[0].ln();
    "ln_1p" [[5] => -0.7..2.0] |x| x[0].ln_1p();
    "exp_m1" [[5]] |x| x[0].exp_m1();
}
