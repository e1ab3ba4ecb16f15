//! Rprop (Riedmiller & Braun 1993): every element has a step size of its own, and only the sign of its gradient counts.

use tunesmith_core::{Describe, Param, register};
use tunesmith_tensor::kernel::Real;

use super::settings;
use crate::{Chain, Chunk, OptimizerEntry, Rule, StateSpec, Step, Transform};

/// Steps against the sign of the gradient; an element's step grows while its sign holds and shrinks when it turns, in
/// which case the element rests for a step. As `torch.optim.Rprop` does; the schedule's factor scales the step, not
/// its memory. The rule wants gradients of the whole training data: noise turns signs.
///
/// ```
/// use tunesmith_optim::{Rprop, Rule};
/// assert!(Rprop::default().full_batch());
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Rprop {
    /// The first step size.
    pub lr: f64,
    /// The factor of the step size when the sign turns.
    pub etaminus: f64,
    /// The factor of the step size while the sign holds.
    pub etaplus: f64,
    /// The least step size.
    pub step_size_min: f64,
    /// The greatest step size.
    pub step_size_max: f64,
}

impl Default for Rprop {
    fn default() -> Self {
        Self { lr: 1e-2, etaminus: 0.5, etaplus: 1.2, step_size_min: 1e-6, step_size_max: 50.0 }
    }
}

impl Describe for Rprop {
    const NAME: &'static str = "rprop";
    const ABOUT: &'static str = "steps by the sign of the gradient, of a size that each element adapts";
    const SOURCE: &'static str = "Riedmiller & Braun 1993, IEEE ICNN";
    const PARAMS: &'static [Param<Self>] = &[
        settings::lr(1e-5, 1e-1, |s: &mut Self| &mut s.lr),
        Param::float("etaminus", 0.3, 0.8, |s: &mut Self| &mut s.etaminus, "step factor when the sign turns")
            .rarely()
            .valid(1e-6, 1.0),
        Param::float("etaplus", 1.05, 1.5, |s: &mut Self| &mut s.etaplus, "step factor while the sign holds")
            .rarely()
            .valid(1.0, 1e6),
        Param::float("step_size_min", 1e-8, 1e-4, |s: &mut Self| &mut s.step_size_min, "least step size")
            .log()
            .fixed()
            .valid(0.0, f64::INFINITY),
        Param::float("step_size_max", 0.1, 100.0, |s: &mut Self| &mut s.step_size_max, "greatest step size")
            .log()
            .fixed()
            .valid(0.0, f64::INFINITY),
    ];

    fn check(&self) -> Result<(), String> {
        if self.step_size_min > self.step_size_max {
            return Err("step_size_min must not exceed step_size_max".into());
        }
        Ok(())
    }
}

impl Rule for Rprop {
    fn lr(&self) -> f64 {
        self.lr
    }

    fn full_batch(&self) -> bool {
        true
    }

    fn transform(self) -> impl Into<Chain> {
        StepBySign(self)
    }
}

register!(OptimizerEntry, Rprop);

#[derive(Debug)]
struct StepBySign(Rprop);

impl Transform for StepBySign {
    fn states(&self) -> Vec<StateSpec> {
        vec![StateSpec::per_element("prev"), StateSpec::per_element("step_size").starting_at(self.0.lr)]
    }

    fn update<T: Real>(&self, step: &Step, chunk: Chunk<'_, T>) {
        let Rprop { etaminus, etaplus, step_size_min, step_size_max, .. } = self.0;
        let (shrink, grow) = (T::from_f64(etaminus), T::from_f64(etaplus));
        let (least, greatest) = (T::from_f64(step_size_min), T::from_f64(step_size_max));
        let scale = T::from_f64(step.scale);
        chunk.each(|g, _, [before, size]| {
            // Of signs, not of gradients: the product of two small gradients is zero.
            let held = g.signum() * before.signum();
            let factor = if held > T::ZERO {
                grow
            } else if held < T::ZERO {
                shrink
            } else {
                T::ONE
            };
            let size = (size * factor).max(least).min(greatest);
            let g = if held < T::ZERO { T::ZERO } else { g };
            (scale * size * g.signum(), [g, size])
        });
    }
}
