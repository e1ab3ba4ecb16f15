//! ISRLU (Carlile et al. 2017): linear where positive, an inverse square root below.

use tunesmith_nn::plugin::*;

/// `x` where positive, `x / sqrt(1 + alpha * x^2)` elsewhere: like ELU, with a root instead of an exponential.
///
/// Carlile, Delamarter, Kinney, Marti & Whitney 2017, "Improving deep learning by inverse square root linear units
/// (ISRLUs)", arXiv:1710.09967, equation 2.
#[derive(Clone, Debug)]
pub struct Isrlu {
    /// How near zero it levels off: it never falls below `-1 / sqrt(alpha)`.
    pub alpha: f64,
}

impl Default for Isrlu {
    fn default() -> Self {
        Self { alpha: 1.0 }
    }
}

impl Describe for Isrlu {
    const NAME: &'static str = "isrlu";
    const ABOUT: &'static str = "x where positive, x / sqrt(1 + alpha * x^2) elsewhere";
    const SOURCE: &'static str = "Carlile et al. 2017, arXiv:1710.09967";
    const PARAMS: &'static [Param<Self>] =
        &[Param::float("alpha", 0.1, 4.0, |s: &mut Self| &mut s.alpha, "how near zero it levels off")
            .log()
            .rarely()
            .valid(0.0, f64::INFINITY)];
}

impl Activation for Isrlu {
    fn apply(&self, x: &Var) -> Var {
        let positive = x.relu();
        let negative = x - &positive;
        &positive + &negative * (negative.square() * self.alpha + 1.0).powf(-0.5)
    }
}

register!(ActivationEntry, Isrlu);
