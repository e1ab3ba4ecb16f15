//! Uniform between two numbers.

use crate::plugin::*;

/// Uniform on `[low, high)`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Uniform {
    low: f64,
    high: f64,
}

impl Default for Uniform {
    fn default() -> Self {
        Self { low: -0.05, high: 0.05 }
    }
}

impl Describe for Uniform {
    const NAME: &'static str = "uniform";
    const ABOUT: &'static str = "uniform between two numbers";
    const PARAMS: &'static [Param<Self>] = &[
        Param::float("low", -1.0, 0.0, |s: &mut Self| &mut s.low, "lower end").fixed(),
        Param::float("high", 0.0, 1.0, |s: &mut Self| &mut s.high, "upper end").fixed(),
    ];

    fn check(&self) -> Result<(), String> {
        if self.low <= self.high {
            Ok(())
        } else {
            Err(format!("low ({}) must not exceed high ({})", self.low, self.high))
        }
    }
}

impl Init for Uniform {
    fn fill(&self, _shape: &Shape, generator: &mut Generator, out: &mut [f64]) {
        out.fill_with(|| generator.uniform_in(self.low, self.high));
    }
}

register!(InitEntry, Uniform);
