//! Functions with a kink or a jump: absolute value, sign, step, clamp.

use tunesmith_tensor::kernel::Real;

use super::pointwise::{Pointwise, pointwise};
use crate::{Var, gradient_cases};

pointwise! {
    /// Absolute value; its derivative at zero is zero.
    Abs, abs, |x| x.abs(), |x, y| Some(x.sign());
    /// -1, 0 or 1; its derivative is zero.
    Sign, sign, |x| if x == T::ZERO { T::ZERO } else { x.signum() }, |x, y| None;
    /// 1 where `x > 0`, else 0; its derivative is zero.
    Positive, positive, |x| if x > T::ZERO { T::ONE } else { T::ZERO }, |x, y| None;
}

/// `x` held between two numbers.
#[derive(Clone, Copy, Debug)]
pub struct Clamp {
    /// The least.
    pub low: f64,
    /// The greatest.
    pub high: f64,
}

impl Pointwise for Clamp {
    const NAME: &'static str = "clamp";

    #[inline(always)]
    fn value<T: Real>(&self, x: T) -> T {
        x.max(T::from_f64(self.low)).min(T::from_f64(self.high))
    }

    fn slope(&self, x: &Var, _y: &Var) -> Option<Var> {
        Some(x.map(Inside { low: self.low, high: self.high }))
    }
}

/// 1 strictly between two numbers, else 0.
#[derive(Clone, Copy, Debug)]
pub struct Inside {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl Pointwise for Inside {
    const NAME: &'static str = "inside";

    #[inline(always)]
    fn value<T: Real>(&self, x: T) -> T {
        if x > T::from_f64(self.low) && x < T::from_f64(self.high) { T::ONE } else { T::ZERO }
    }

    fn slope(&self, _x: &Var, _y: &Var) -> Option<Var> {
        None
    }
}

impl Var {
    /// Holds every element between two numbers; outside, the derivative is zero.
    ///
    /// # Panics
    /// When the least exceeds the greatest.
    #[must_use]
    #[track_caller]
    pub fn clamp(&self, low: f64, high: f64) -> Self {
        assert!(low <= high, "clamp: {low} exceeds {high}");
        self.map(Clamp { low, high })
    }
}

gradient_cases! {
    "abs" [[7] => 0.2..2.0, [7]] |x| (&x[0] * x[1].sign()).abs();
    "clamp" [[20]] |x| x[0].clamp(-1.0, 0.5);
}
