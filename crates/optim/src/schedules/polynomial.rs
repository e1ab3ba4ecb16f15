//! `polynomial`: to zero along a power of what is left.

use tunesmith_core::{Describe, Param, register};

use super::settings;
use crate::{Point, Schedule, ScheduleEntry};

/// Falls from 1 to `end_factor` as a power of the share of the training that is left, or of so many epochs as
/// PyTorch's `PolynomialLR` does.
///
/// ```
/// use tunesmith_optim::{Point, Polynomial, Schedule};
/// let schedule = Polynomial { power: 2.0, ..Polynomial::default() };
/// assert_eq!(schedule.at(Point::new(50, 100, 10.0)), 0.25);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Polynomial {
    /// The power.
    pub power: f64,
    /// The factor at the end.
    pub end_factor: f64,
    /// The length in epochs; off is the whole training.
    pub epochs: Option<f64>,
}

impl Default for Polynomial {
    fn default() -> Self {
        Self { power: 1.0, end_factor: 0.0, epochs: None }
    }
}

impl Describe for Polynomial {
    const NAME: &'static str = "polynomial";
    const ABOUT: &'static str = "falls as a power of what is left of the training";
    const PARAMS: &'static [Param<Self>] = &[
        Param::float("power", 0.5, 4.0, |s: &mut Self| &mut s.power, "power of what is left")
            .log()
            .valid(0.0, f64::INFINITY),
        settings::share("end_factor", 0.0, 0.1, |s: &mut Self| &mut s.end_factor, "factor at the end"),
        settings::length(|s: &mut Self| &mut s.epochs),
    ];
}

impl Schedule for Polynomial {
    fn at(&self, point: Point) -> f64 {
        let left = (1.0 - settings::done(self.epochs, point)).powf(self.power);
        self.end_factor + (1.0 - self.end_factor) * left
    }
}

register!(ScheduleEntry, Polynomial);
