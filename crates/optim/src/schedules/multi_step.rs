//! `multi_step`: the rate drops by a factor at given epochs.

use tunesmith_core::{Describe, Param, register};

use crate::{Point, Schedule, ScheduleEntry};

/// Multiplies the learning rate by `gamma` at each milestone, as PyTorch's `MultiStepLR` does.
///
/// ```
/// use tunesmith_optim::{MultiStep, Point, Schedule};
/// let schedule = MultiStep { milestones: vec![5.0, 8.0], gamma: 0.5 };
/// let at = |step| schedule.at(Point::new(step, 100, 10.0));
/// assert_eq!((at(49), at(50), at(80)), (1.0, 0.5, 0.25));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct MultiStep {
    /// The epochs at which the rate drops.
    pub milestones: Vec<f64>,
    /// The factor of a drop.
    pub gamma: f64,
}

impl Default for MultiStep {
    fn default() -> Self {
        Self { milestones: vec![30.0, 60.0, 80.0], gamma: 0.1 }
    }
}

impl Describe for MultiStep {
    const NAME: &'static str = "multi_step";
    const ABOUT: &'static str = "drops by a factor at given epochs";
    const PARAMS: &'static [Param<Self>] = &[
        Param::floats("milestones", |s: &mut Self| &mut s.milestones, "epochs at which the rate drops")
            .valid(0.0, f64::INFINITY),
        Param::float("gamma", 0.1, 0.9, |s: &mut Self| &mut s.gamma, "factor of a drop")
            .valid(0.0, f64::INFINITY),
    ];
}

impl Schedule for MultiStep {
    fn at(&self, point: Point) -> f64 {
        // A sum of fractions of an epoch may fall short of the whole by rounding.
        let drops = self.milestones.iter().filter(|&&milestone| point.epoch >= milestone - 1e-9).count();
        self.gamma.powi(drops as i32)
    }
}

register!(ScheduleEntry, MultiStep);
