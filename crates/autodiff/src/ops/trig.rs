//! Sine and cosine.

use super::pointwise::pointwise;
use crate::gradient_cases;

pointwise! {
    /// Sine.
    Sin, sin, |x| x.sin(), |x, y| Some(x.cos());
    /// Cosine.
    Cos, cos, |x| x.cos(), |x, y| Some(-x.sin());
}

gradient_cases! {
    "sin" [[3, 4]] |x| x[0].sin();
    "cos" [[3, 4]] |x| x[0].cos();
}
