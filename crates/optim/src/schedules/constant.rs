//! `constant`: one rate, or another one for the first epochs.

use tunesmith_core::{Describe, Param, register};

use crate::{Point, Schedule, ScheduleEntry};

/// Keeps the learning rate, or multiplies it for the first epochs only, as PyTorch's `ConstantLR` does.
///
/// ```
/// use tunesmith_optim::{Constant, Point, Schedule};
/// assert_eq!(Constant::default().at(Point::new(70, 100, 10.0)), 1.0);
/// let gentle = Constant { factor: 0.5, epochs: Some(2.0) };
/// assert_eq!(gentle.at(Point::new(19, 100, 10.0)), 0.5);
/// assert_eq!(gentle.at(Point::new(20, 100, 10.0)), 1.0);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Constant {
    /// The factor.
    pub factor: f64,
    /// How long the factor holds; `None` is for ever. Afterwards it is 1.
    pub epochs: Option<f64>,
}

impl Default for Constant {
    fn default() -> Self {
        Self { factor: 1.0, epochs: None }
    }
}

impl Describe for Constant {
    const NAME: &'static str = "constant";
    const ABOUT: &'static str = "one learning rate, or another one for the first epochs";
    const PARAMS: &'static [Param<Self>] = &[
        Param::float("factor", 0.1, 1.0, |s: &mut Self| &mut s.factor, "factor of the learning rate")
            .log()
            .fixed()
            .valid(0.0, f64::INFINITY),
        Param::optional_float(
            "epochs",
            1.0,
            10.0,
            |s: &mut Self| &mut s.epochs,
            "how long the factor holds, off is for ever",
        )
        .fixed()
        .valid(0.0, f64::INFINITY),
    ];
}

impl Schedule for Constant {
    fn at(&self, point: Point) -> f64 {
        if self.epochs.is_some_and(|epochs| point.epoch >= epochs) { 1.0 } else { self.factor }
    }
}

register!(ScheduleEntry, Constant);
