//! `inverse_sqrt` and `noam`: one over the root of the step.

use tunesmith_core::{Describe, Param, register};

use crate::{Point, Schedule, ScheduleEntry};

/// Holds the learning rate for `steps` steps, then divides it by the root of the step over `steps` (Raffel et al. 2020,
/// section 3.1.2); put a `warmup` before it for a rise.
///
/// ```
/// use tunesmith_optim::{InverseSqrt, Point, Schedule};
/// let schedule = InverseSqrt { steps: 100 };
/// let at = |step| schedule.at(Point::new(step, 1000, 1.0));
/// assert_eq!((at(0), at(100), at(400)), (1.0, 1.0, 0.5));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct InverseSqrt {
    /// Steps before the rate starts to fall.
    pub steps: usize,
}

impl Default for InverseSqrt {
    fn default() -> Self {
        Self { steps: 1000 }
    }
}

impl Describe for InverseSqrt {
    const NAME: &'static str = "inverse_sqrt";
    const ABOUT: &'static str = "falls as one over the root of the step";
    const SOURCE: &'static str = "Raffel et al. 2020, arXiv 1910.10683, section 3.1.2";
    const PARAMS: &'static [Param<Self>] =
        &[Param::int("steps", 10, 10_000, |s: &mut Self| &mut s.steps, "steps before the rate falls")
            .log()
            .valid(1.0, f64::INFINITY)];
}

impl Schedule for InverseSqrt {
    fn at(&self, point: Point) -> f64 {
        let steps = self.steps as f64;
        (steps / (point.step as f64).max(steps)).sqrt()
    }
}

register!(ScheduleEntry, InverseSqrt);

/// The Transformer's schedule: a line up for `warmup_steps`, then one over the root of the step, all over the root of
/// the model's width (Vaswani et al. 2017, section 5.3). The rule's learning rate is a factor near 1.
///
/// ```
/// use tunesmith_optim::{Noam, Point, Schedule};
/// let schedule = Noam { model_size: 512, warmup_steps: 4000 };
/// let peak = schedule.at(Point::new(3999, 100_000, 1.0));
/// assert!((peak - 1.0 / (512.0_f64 * 4000.0).sqrt()).abs() < 1e-12);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Noam {
    /// The model's width.
    pub model_size: usize,
    /// Steps in which the rate rises.
    pub warmup_steps: usize,
}

impl Default for Noam {
    fn default() -> Self {
        Self { model_size: 512, warmup_steps: 4000 }
    }
}

impl Describe for Noam {
    const NAME: &'static str = "noam";
    const ABOUT: &'static str = "a line up, then one over the root of the step, by the width of the model";
    const SOURCE: &'static str = "Vaswani et al. 2017, arXiv 1706.03762, section 5.3";
    const PARAMS: &'static [Param<Self>] = &[
        Param::int("model_size", 16, 4096, |s: &mut Self| &mut s.model_size, "the width of the model")
            .log()
            .fixed()
            .valid(1.0, f64::INFINITY),
        Param::int("warmup_steps", 100, 10_000, |s: &mut Self| &mut s.warmup_steps, "steps of the rise")
            .log()
            .valid(1.0, f64::INFINITY),
    ];
}

impl Schedule for Noam {
    fn at(&self, point: Point) -> f64 {
        let step = point.step as f64 + 1.0; // the paper counts from 1
        let falling = step.powf(-0.5);
        falling.min(step * (self.warmup_steps as f64).powf(-1.5)) / (self.model_size as f64).sqrt()
    }
}

register!(ScheduleEntry, Noam);
