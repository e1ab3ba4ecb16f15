//! Leaky ReLU.

use crate::plugin::*;

/// `x` where positive, `slope * x` elsewhere.
#[derive(Clone, Debug)]
pub(crate) struct LeakyRelu {
    slope: f64,
}

impl Default for LeakyRelu {
    fn default() -> Self {
        Self { slope: 0.01 }
    }
}

impl Describe for LeakyRelu {
    const NAME: &'static str = "leaky_relu";
    const ABOUT: &'static str = "x where positive, slope * x elsewhere";
    const SOURCE: &'static str = "Maas et al. 2013, ICML workshop";
    const PARAMS: &'static [Param<Self>] =
        &[Param::float("slope", 0.001, 0.3, |s: &mut Self| &mut s.slope, "slope below zero").log().rarely()];
}

impl Activation for LeakyRelu {
    fn apply(&self, x: &Var) -> Var {
        x.leaky_relu(self.slope)
    }
}

register!(ActivationEntry, LeakyRelu);
