//! `step`: the rate drops by a factor every few epochs.

use tunesmith_core::{Describe, Param, register};

use crate::{Point, Schedule, ScheduleEntry};

/// Multiplies the learning rate by `gamma` every `step_size` epochs, as PyTorch's `StepLR` does.
///
/// ```
/// use tunesmith_optim::{Point, Schedule, StepDecay};
/// let schedule = StepDecay { step_size: 3, gamma: 0.5 };
/// assert_eq!(schedule.at(Point::new(65, 100, 10.0)), 0.25); // epoch 6.5
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct StepDecay {
    /// Epochs between drops.
    pub step_size: usize,
    /// The factor of a drop.
    pub gamma: f64,
}

impl Default for StepDecay {
    fn default() -> Self {
        Self { step_size: 10, gamma: 0.1 }
    }
}

impl Describe for StepDecay {
    const NAME: &'static str = "step";
    const ABOUT: &'static str = "drops by a factor every few epochs";
    const PARAMS: &'static [Param<Self>] = &[
        Param::int("step_size", 1, 50, |s: &mut Self| &mut s.step_size, "epochs between drops")
            .log()
            .valid(1.0, f64::INFINITY),
        Param::float("gamma", 0.1, 0.9, |s: &mut Self| &mut s.gamma, "factor of a drop")
            .valid(0.0, f64::INFINITY),
    ];
}

impl Schedule for StepDecay {
    fn at(&self, point: Point) -> f64 {
        // A sum of fractions of an epoch may fall short of the whole by rounding.
        let drops = (point.epoch / self.step_size as f64 + 1e-9).floor();
        self.gamma.powf(drops)
    }
}

register!(ScheduleEntry, StepDecay);
