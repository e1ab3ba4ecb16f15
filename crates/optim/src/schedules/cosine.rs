//! `cosine`: half a cosine from the full rate to the least.

use std::f64::consts::PI;

use tunesmith_core::{Describe, Param, register};

use crate::{Point, Schedule, ScheduleEntry};

/// Follows half a cosine from 1 to `eta_min` over the whole training (Loshchilov & Hutter 2017, "SGDR: stochastic
/// gradient descent with warm restarts", without restarts); PyTorch's `CosineAnnealingLR` with `T_max` the number of
/// steps. Past the end the cosine rises again, as PyTorch's does.
///
/// ```
/// use tunesmith_optim::{Cosine, Point, Schedule};
/// let schedule = Cosine { eta_min: 0.1 };
/// assert_eq!(schedule.at(Point::new(0, 100, 10.0)), 1.0);
/// assert!((schedule.at(Point::new(50, 100, 10.0)) - 0.55).abs() < 1e-12);
/// assert!((schedule.at(Point::new(100, 100, 10.0)) - 0.1).abs() < 1e-12);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cosine {
    /// The least factor: a share of the learning rate, where PyTorch's is a learning rate.
    pub eta_min: f64,
}

impl Describe for Cosine {
    const NAME: &'static str = "cosine";
    const ABOUT: &'static str = "half a cosine from the full learning rate to the least";
    const SOURCE: &'static str = "Loshchilov & Hutter 2017, arXiv 1608.03983";
    const PARAMS: &'static [Param<Self>] = &[Param::float(
        "eta_min",
        0.0,
        0.1,
        |s: &mut Self| &mut s.eta_min,
        "least share of the learning rate",
    )
    .rarely()
    .valid(0.0, 1.0)];
}

impl Schedule for Cosine {
    fn at(&self, point: Point) -> f64 {
        self.eta_min + (1.0 - self.eta_min) * (1.0 + (PI * point.progress()).cos()) / 2.0
    }
}

register!(ScheduleEntry, Cosine);
