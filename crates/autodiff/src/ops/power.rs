//! Squares, roots, reciprocals and powers.

use tunesmith_tensor::kernel::Real;

use super::pointwise::{Pointwise, pointwise};
use crate::{Var, gradient_cases};

pointwise! {
    /// `x * x`.
    Square, square, |x| x * x, |x, y| Some(x * 2.0);
    /// Square root.
    Sqrt, sqrt, |x| x.sqrt(), |x, y| Some(y.reciprocal() * 0.5);
    /// `1 / x`.
    Reciprocal, reciprocal, |x| T::ONE / x, |x, y| Some(-y.square());
}

/// `x` to a power known while building.
#[derive(Clone, Copy, Debug)]
pub struct Power {
    /// The exponent.
    pub exponent: f64,
}

impl Pointwise for Power {
    const NAME: &'static str = "powf";

    #[inline(always)]
    fn value<T: Real>(&self, x: T) -> T {
        x.powf(T::from_f64(self.exponent))
    }

    fn slope(&self, x: &Var, _y: &Var) -> Option<Var> {
        Some(x.powf(self.exponent - 1.0) * self.exponent)
    }
}

impl Var {
    /// `x` to a power known while building.
    #[must_use]
    pub fn powf(&self, exponent: f64) -> Self {
        if exponent == 0.0 {
            return self.graph.scalar(1.0).expand(self.shape());
        }
        if exponent == 1.0 { self.clone() } else { self.map(Power { exponent }) }
    }
}

gradient_cases! {
    "square" [[3, 4]] |x| x[0].square();
    "sqrt" [[3, 4] => 0.3..3.0] |x| x[0].sqrt();
    "reciprocal" [[3, 4] => 0.5..3.0] |x| x[0].reciprocal();
    "powf" [[3, 4] => 0.5..2.0] |x| x[0].powf(2.5);
    "powf, whole exponent" [[3, 4]] |x| x[0].powf(3.0);
}
