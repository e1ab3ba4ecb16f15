//! `exponential`: the rate shrinks by the same share every epoch.

use tunesmith_core::{Describe, Param, register};

use crate::{Point, Schedule, ScheduleEntry};

/// Multiplies the learning rate by `gamma` per epoch, smoothly within an epoch; at whole epochs this is PyTorch's
/// `ExponentialLR`.
///
/// ```
/// use tunesmith_optim::{Exponential, Point, Schedule};
/// let schedule = Exponential { gamma: 0.81 };
/// assert!((schedule.at(Point::new(15, 100, 10.0)) - 0.729).abs() < 1e-12); // epoch 1.5
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Exponential {
    /// The factor per epoch.
    pub gamma: f64,
}

impl Default for Exponential {
    fn default() -> Self {
        Self { gamma: 0.95 }
    }
}

impl Describe for Exponential {
    const NAME: &'static str = "exponential";
    const ABOUT: &'static str = "shrinks by the same share every epoch";
    const PARAMS: &'static [Param<Self>] =
        &[Param::float("gamma", 0.8, 0.999, |s: &mut Self| &mut s.gamma, "factor per epoch")
            .reverse_log()
            .valid(0.0, f64::INFINITY)];
}

impl Schedule for Exponential {
    fn at(&self, point: Point) -> f64 {
        self.gamma.powf(point.epoch)
    }
}

register!(ScheduleEntry, Exponential);
