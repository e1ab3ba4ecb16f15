//! Normal with a mean and a standard deviation.

use crate::plugin::*;

/// Normal.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Normal {
    mean: f64,
    std: f64,
}

impl Default for Normal {
    fn default() -> Self {
        Self { mean: 0.0, std: 0.05 }
    }
}

impl Describe for Normal {
    const NAME: &'static str = "normal";
    const ABOUT: &'static str = "normal with a mean and a standard deviation";
    const PARAMS: &'static [Param<Self>] = &[
        Param::float("mean", -1.0, 1.0, |s: &mut Self| &mut s.mean, "mean").fixed(),
        Param::float("std", 1e-3, 1.0, |s: &mut Self| &mut s.std, "standard deviation")
            .log()
            .fixed()
            .valid(0.0, 1e9),
    ];
}

impl Init for Normal {
    fn fill(&self, _shape: &Shape, generator: &mut Generator, out: &mut [f64]) {
        out.fill_with(|| self.mean + self.std * generator.normal());
    }
}

register!(InitEntry, Normal);
