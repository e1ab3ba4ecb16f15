//! The rectifier and its relatives with a parameter.

use tunesmith_tensor::kernel::Real;

use super::pointwise::{Pointwise, pointwise};
use crate::{Var, gradient_cases};

pointwise! {
    /// `max(x, 0)`; its derivative at zero is zero.
    Relu, relu, |x| x.max(T::ZERO), |x, y| Some(y.positive());
}

/// `x` where positive, `slope * x` elsewhere.
#[derive(Clone, Copy, Debug)]
pub struct LeakyRelu {
    /// The slope below zero.
    pub slope: f64,
}

impl Pointwise for LeakyRelu {
    const NAME: &'static str = "leaky_relu";

    #[inline(always)]
    fn value<T: Real>(&self, x: T) -> T {
        if x > T::ZERO { x } else { x * T::from_f64(self.slope) }
    }

    fn slope(&self, x: &Var, _y: &Var) -> Option<Var> {
        Some(x.positive() * (1.0 - self.slope) + self.slope)
    }
}

/// `x` where positive, `alpha * (e^x - 1)` elsewhere.
#[derive(Clone, Copy, Debug)]
pub struct Elu {
    /// How far below zero it reaches.
    pub alpha: f64,
}

impl Pointwise for Elu {
    const NAME: &'static str = "elu";

    #[inline(always)]
    fn value<T: Real>(&self, x: T) -> T {
        // The positive part never enters the exponential, so that it cannot overflow.
        let below = x.min(T::ZERO).exp_m1() * T::from_f64(self.alpha);
        if x > T::ZERO { x } else { below }
    }

    fn slope(&self, x: &Var, _y: &Var) -> Option<Var> {
        // e^min(x, 0): 1 on the positive side.
        let positive = x.positive();
        let below = (x * &(1.0 - &positive)).exp() * self.alpha;
        Some(&positive + &(below * (1.0 - &positive)))
    }
}

impl Var {
    /// `x` where positive, `slope * x` elsewhere.
    #[must_use]
    pub fn leaky_relu(&self, slope: f64) -> Self {
        self.map(LeakyRelu { slope })
    }

    /// `x` where positive, `alpha * (e^x - 1)` elsewhere.
    #[must_use]
    pub fn elu(&self, alpha: f64) -> Self {
        self.map(Elu { alpha })
    }
}

gradient_cases! {
    "relu" [[20]] |x| x[0].relu();
    "leaky_relu" [[20]] |x| x[0].leaky_relu(0.1);
    "elu" [[20]] |x| x[0].elu(1.3);
}
