//! `Schedule`: a factor of the learning rate, the momentum or the batch size, as a pure function of how far training is.

use std::fmt::Debug;

use tunesmith_core::{Describe, Error, Meta, Place, Plug, find, from_table, kind};

/// How far training is: before the first step all but the totals are zero.
///
/// ```
/// use tunesmith_optim::Point;
/// let point = Point::new(30, 100, 5.0);
/// assert_eq!((point.epoch, point.progress()), (1.5, 0.3));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Steps taken.
    pub step: usize,
    /// Steps of the whole training.
    pub total_steps: usize,
    /// Epochs done, with a fraction inside an epoch.
    pub epoch: f64,
    /// Epochs of the whole training.
    pub total_epochs: f64,
}

impl Point {
    /// The point after `step` of `total_steps` equal steps in `total_epochs` epochs.
    #[must_use]
    pub fn new(step: usize, total_steps: usize, total_epochs: f64) -> Self {
        let epoch = step as f64 * total_epochs / total_steps.max(1) as f64;
        Self { step, total_steps, epoch, total_epochs }
    }

    /// The share of the training that is done: 0 at the first step, above 1 past the end.
    #[must_use]
    pub fn progress(&self) -> f64 {
        self.step as f64 / self.total_steps.max(1) as f64
    }

    /// The same moment seen from a training that starts so much later.
    #[must_use]
    pub fn since(&self, steps: usize, epochs: f64) -> Self {
        Self {
            step: self.step.saturating_sub(steps),
            total_steps: self.total_steps.saturating_sub(steps),
            epoch: (self.epoch - epochs).max(0.0),
            total_epochs: (self.total_epochs - epochs).max(0.0),
        }
    }
}

/// A factor of the learning rate, the momentum or the batch size, as a pure function of how far training is. The words of
/// the schedules are those of the rate.
///
/// The factor holds for the step that is about to be taken. PyTorch's schedulers count calls of `step()`, which most
/// programs make once per epoch: where a schedule here counts epochs, its values at whole epochs are PyTorch's; where
/// it follows the whole training, PyTorch's count is the step.
///
/// ```
/// use tunesmith_optim::plugin::*;
///
/// /// One over the root of the epoch.
/// #[derive(Clone, Debug, Default)]
/// struct InverseRoot;
/// impl Describe for InverseRoot {
///     const NAME: &'static str = "inverse_root";
///     const ABOUT: &'static str = "one over the root of the epoch";
/// }
/// impl Schedule for InverseRoot {
///     fn at(&self, point: Point) -> f64 { 1.0 / (1.0 + point.epoch).sqrt() }
/// }
/// register!(ScheduleEntry, InverseRoot);
///
/// let schedule = ScheduleEntry::make(&tunesmith_core::Plug::new("inverse_root"), "training.schedule").unwrap();
/// assert_eq!(schedule.at(Point::new(300, 1000, 10.0)), 0.5);
/// ```
pub trait Schedule: Debug + Send + Sync {
    /// The factor of what is scheduled.
    fn at(&self, point: Point) -> f64;
}

kind! {
    /// A registered schedule.
    pub struct ScheduleEntry: "schedule", "schedules" => Box<dyn Schedule>;
}

impl ScheduleEntry {
    /// The entry of a schedule, for [`register!`](tunesmith_core::register!).
    #[must_use]
    pub const fn of<S: Describe + Schedule>(place: Place) -> Self {
        Self::new(Meta::of::<S>(place), |table, at| Ok(Box::new(from_table::<S>(table, at)?)))
    }

    /// Makes the schedule that stands in a recipe at a path.
    ///
    /// # Errors
    /// When none of that name is linked or it does not take these settings.
    pub fn make(plug: &Plug, at: &str) -> Result<Box<dyn Schedule>, Error> {
        find::<Self>(&plug.name, at)?.build(&plug.config, at)
    }
}
