//! `warmup`: a line up to the full rate, then any other schedule.

use std::sync::{Arc, OnceLock};

use tunesmith_core::{Describe, Param, Plug, register};

use super::settings;
use crate::{Point, Schedule, ScheduleEntry};

/// Rises along a line from `start_factor` to 1, then follows another schedule over what is left of the training
/// (Goyal et al. 2017, "Accurate, large minibatch SGD", section 2.2). It is PyTorch's `LinearLR` before another
/// scheduler in a `SequentialLR`.
///
/// ```
/// use tunesmith_core::Plug;
/// use tunesmith_optim::{Point, Schedule, Warmup};
/// let schedule = Warmup::over_epochs(2.0).then(Plug::new("cosine"));
/// assert_eq!(schedule.at(Point::new(20, 120, 12.0)), 1.0); // the end of the line and the start of the cosine
/// assert!((schedule.at(Point::new(70, 120, 12.0)) - 0.5).abs() < 1e-12);
/// ```
#[derive(Clone, Debug)]
pub struct Warmup {
    epochs: f64,
    steps: Option<usize>,
    start_factor: f64,
    then: Plug,
    /// What `then` names, made when first asked: a recipe's plug is known to be sound, because reading checks it.
    made: OnceLock<Arc<dyn Schedule>>,
}

impl Default for Warmup {
    fn default() -> Self {
        // Most papers and libraries start at or near zero; PyTorch's own 1/3 is hardly a warm-up.
        Self {
            epochs: 1.0,
            steps: None,
            start_factor: 0.01,
            then: Plug::new("constant"),
            made: OnceLock::new(),
        }
    }
}

impl Warmup {
    /// A line over so many epochs, then the full rate.
    #[must_use]
    pub fn over_epochs(epochs: f64) -> Self {
        Self { epochs, ..Self::default() }
    }

    /// A line over so many steps, then the full rate.
    #[must_use]
    pub fn over_steps(steps: usize) -> Self {
        Self { steps: Some(steps), ..Self::default() }
    }

    /// The line starts at that factor.
    #[must_use]
    pub fn from_factor(mut self, start_factor: f64) -> Self {
        self.start_factor = start_factor;
        self
    }

    /// Another schedule follows the line.
    #[must_use]
    pub fn then(mut self, then: Plug) -> Self {
        (self.then, self.made) = (then, OnceLock::new());
        self
    }
}

impl Describe for Warmup {
    const NAME: &'static str = "warmup";
    const ABOUT: &'static str = "a line up to the full learning rate, then any other schedule";
    const SOURCE: &'static str = "Goyal et al. 2017, arXiv 1706.02677";
    const PARAMS: &'static [Param<Self>] = &[
        Param::float("epochs", 0.5, 5.0, |s: &mut Self| &mut s.epochs, "length in epochs")
            .log()
            .valid(0.0, f64::INFINITY),
        Param::optional_int(
            "steps",
            10,
            1000,
            |s: &mut Self| &mut s.steps,
            "length in steps, instead of epochs",
        )
        .log()
        .fixed(),
        Param::float(
            "start_factor",
            0.001,
            0.5,
            |s: &mut Self| &mut s.start_factor,
            "share of the rate at first",
        )
        .log()
        .rarely()
        .valid(0.0, 1.0),
        Param::plug("then", "schedule", |s: &mut Self| &mut s.then, "what follows"),
    ];
}

impl Schedule for Warmup {
    fn at(&self, point: Point) -> f64 {
        let steps_per_epoch = point.total_steps as f64 / point.total_epochs.max(f64::MIN_POSITIVE);
        let (steps, epochs, share) = match self.steps {
            Some(steps) => (steps, steps as f64 / steps_per_epoch, point.step as f64 / steps as f64),
            None => {
                ((self.epochs * steps_per_epoch).round() as usize, self.epochs, point.epoch / self.epochs)
            }
        };
        if share < 1.0 {
            return self.start_factor + (1.0 - self.start_factor) * share;
        }
        let then = self.made.get_or_init(|| settings::made(&self.then, "then"));
        then.at(point.since(steps, epochs))
    }
}

register!(ScheduleEntry, Warmup);
