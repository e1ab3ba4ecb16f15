//! `sequence`: schedules one after the other.

use std::sync::{Arc, OnceLock};

use tunesmith_core::{Describe, Param, Plug, register};

use super::settings;
use crate::{Point, Schedule, ScheduleEntry};

/// Schedules one after the other, each as if training began and ended with its part; PyTorch's `SequentialLR`.
///
/// ```
/// use tunesmith_core::Plug;
/// use tunesmith_optim::{Point, Schedule, Sequence};
/// let schedule = Sequence::new([Plug::new("cosine"), Plug::new("linear")], [4.0]);
/// let at = |step| schedule.at(Point::new(step, 100, 10.0));
/// assert!((at(20) - 0.5).abs() < 1e-12); // the cosine lasts to epoch 4
/// assert!((at(70) - 0.5).abs() < 1e-12); // the line from there to the end
/// ```
#[derive(Clone, Debug)]
pub struct Sequence {
    schedules: Vec<Plug>,
    milestones: Vec<f64>,
    /// What `schedules` name, made when first asked.
    made: OnceLock<Vec<Arc<dyn Schedule>>>,
}

impl Sequence {
    /// The schedules, and the epochs at which each but the first begins.
    #[must_use]
    pub fn new(schedules: impl Into<Vec<Plug>>, milestones: impl Into<Vec<f64>>) -> Self {
        Self { schedules: schedules.into(), milestones: milestones.into(), made: OnceLock::new() }
    }
}

impl Default for Sequence {
    fn default() -> Self {
        Self::new([Plug::new("constant")], [])
    }
}

impl Describe for Sequence {
    const NAME: &'static str = "sequence";
    const ABOUT: &'static str = "schedules one after the other";
    const PARAMS: &'static [Param<Self>] = &[
        Param::plugs("schedules", "schedule", |s: &mut Self| &mut s.schedules, "the schedules in order"),
        Param::floats("milestones", |s: &mut Self| &mut s.milestones, "epochs at which the next begins")
            .valid(0.0, f64::INFINITY),
    ];

    fn check(&self) -> Result<(), String> {
        let (schedules, milestones) = (self.schedules.len(), self.milestones.len());
        if schedules != milestones + 1 {
            return Err(format!(
                "{schedules} schedules need {} milestones, not {milestones}",
                schedules.max(1) - 1
            ));
        }
        if !self.milestones.is_sorted() {
            return Err("milestones must ascend".into());
        }
        Ok(())
    }
}

impl Schedule for Sequence {
    fn at(&self, point: Point) -> f64 {
        let made = self
            .made
            .get_or_init(|| self.schedules.iter().map(|plug| settings::made(plug, "sequence")).collect());
        // A sum of fractions of an epoch may fall short of the whole by rounding.
        let part = self.milestones.iter().filter(|&&milestone| point.epoch >= milestone - 1e-9).count();
        let steps_per_epoch = point.total_steps as f64 / point.total_epochs.max(f64::MIN_POSITIVE);
        let steps = |epochs: f64| (epochs * steps_per_epoch).round() as usize;
        let mut within = point;
        if let Some(&end) = self.milestones.get(part) {
            within.total_epochs = end.min(point.total_epochs);
            within.total_steps = steps(within.total_epochs);
        }
        if let Some(begin) = part.checked_sub(1).map(|before| self.milestones[before]) {
            within = within.since(steps(begin), begin);
        }
        made[part].at(within)
    }
}

register!(ScheduleEntry, Sequence);
