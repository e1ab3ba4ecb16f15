//! Threshold: what is not above it becomes one number.

use crate::plugin::*;

/// `x` where it is above `threshold`, `value` elsewhere.
#[derive(Clone, Debug)]
pub(crate) struct Threshold {
    threshold: f64,
    value: f64,
}

impl Default for Threshold {
    fn default() -> Self {
        Self { threshold: 1.0, value: 0.0 }
    }
}

impl Describe for Threshold {
    const NAME: &'static str = "threshold";
    const ABOUT: &'static str = "x above a threshold, one number elsewhere";
    const SOURCE: &'static str = "Konda et al. 2014, arXiv:1402.3337";
    const PARAMS: &'static [Param<Self>] = &[
        Param::float("threshold", 0.0, 1.0, |s: &mut Self| &mut s.threshold, "what x must exceed").rarely(),
        Param::float("value", 0.0, 0.0, |s: &mut Self| &mut s.value, "what stands elsewhere").fixed(),
    ];
}

impl Activation for Threshold {
    fn apply(&self, x: &Var) -> Var {
        (x - self.threshold).positive() * (x - self.value) + self.value
    }
}

register!(ActivationEntry, Threshold);
