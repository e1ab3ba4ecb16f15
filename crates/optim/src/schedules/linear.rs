//! `linear`: a straight line from one share of the rate to another.

use tunesmith_core::{Describe, Param, register};

use super::settings;
use crate::{Point, Schedule, ScheduleEntry};

/// Follows a line from `start_factor` to `end_factor`, over the whole training or over so many epochs as PyTorch's
/// `LinearLR` does, and stays there.
///
/// ```
/// use tunesmith_optim::{Linear, Point, Schedule};
/// assert_eq!(Linear::default().at(Point::new(75, 100, 10.0)), 0.25);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Linear {
    /// The factor at the start.
    pub start_factor: f64,
    /// The factor at the end.
    pub end_factor: f64,
    /// The length of the line in epochs; off is the whole training.
    pub epochs: Option<f64>,
}

impl Default for Linear {
    fn default() -> Self {
        Self { start_factor: 1.0, end_factor: 0.0, epochs: None }
    }
}

impl Describe for Linear {
    const NAME: &'static str = "linear";
    const ABOUT: &'static str = "a straight line from one share of the learning rate to another";
    const PARAMS: &'static [Param<Self>] = &[
        settings::share("start_factor", 0.1, 1.0, |s: &mut Self| &mut s.start_factor, "factor at the start"),
        settings::share("end_factor", 0.0, 0.1, |s: &mut Self| &mut s.end_factor, "factor at the end"),
        settings::length(|s: &mut Self| &mut s.epochs),
    ];
}

impl Schedule for Linear {
    fn at(&self, point: Point) -> f64 {
        let done = settings::done(self.epochs, point);
        self.start_factor + (self.end_factor - self.start_factor) * done
    }
}

register!(ScheduleEntry, Linear);
