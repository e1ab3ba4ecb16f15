//! `cosine_restarts`: half a cosine again and again.

use std::f64::consts::PI;

use tunesmith_core::{Describe, Param, register};

use super::settings;
use crate::{Point, Schedule, ScheduleEntry};

/// Follows half a cosine from 1 to `eta_min` and jumps back, each time over `t_mult` times as many epochs (Loshchilov &
/// Hutter 2017, "SGDR"); PyTorch's `CosineAnnealingWarmRestarts`, smooth within epochs.
///
/// ```
/// use tunesmith_optim::{CosineRestarts, Point, Schedule};
/// let schedule = CosineRestarts { t_0: 2.0, t_mult: 2, eta_min: 0.0 };
/// let at = |step| schedule.at(Point::new(step, 100, 10.0));
/// assert!((at(10) - 0.5).abs() < 1e-12 && at(20) == 1.0); // one cosine ends at epoch 2, the next at epoch 6
/// assert!((at(40) - 0.5).abs() < 1e-12 && at(60) == 1.0);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct CosineRestarts {
    /// Epochs of the first cosine.
    pub t_0: f64,
    /// How many times longer each cosine is than the one before.
    pub t_mult: usize,
    /// The least factor: a share of the learning rate, where PyTorch's is a learning rate.
    pub eta_min: f64,
}

impl Default for CosineRestarts {
    fn default() -> Self {
        Self { t_0: 10.0, t_mult: 1, eta_min: 0.0 }
    }
}

impl Describe for CosineRestarts {
    const NAME: &'static str = "cosine_restarts";
    const ABOUT: &'static str = "half a cosine again and again, each longer than the one before";
    const SOURCE: &'static str = "Loshchilov & Hutter 2017, arXiv 1608.03983";
    const PARAMS: &'static [Param<Self>] = &[
        Param::float("t_0", 1.0, 50.0, |s: &mut Self| &mut s.t_0, "epochs of the first cosine")
            .log()
            .valid(1e-6, f64::INFINITY),
        Param::int("t_mult", 1, 3, |s: &mut Self| &mut s.t_mult, "growth of a cosine's length")
            .rarely()
            .valid(1.0, 1e6),
        settings::share("eta_min", 0.0, 0.1, |s: &mut Self| &mut s.eta_min, "least share of the rate")
            .valid(0.0, 1.0),
    ];
}

impl Schedule for CosineRestarts {
    fn at(&self, point: Point) -> f64 {
        // A sum of fractions of an epoch may fall short of the whole by rounding.
        let reached = |length: f64, since: f64| since >= length - 1e-9;
        let (mut since, mut length) = (point.epoch, self.t_0);
        if self.t_mult == 1 {
            since -= (since / length + 1e-9).floor() * length;
        } else {
            while reached(length, since) {
                since -= length;
                length *= self.t_mult as f64;
            }
        }
        let share = since.max(0.0) / length;
        self.eta_min + (1.0 - self.eta_min) * (1.0 + (PI * share).cos()) / 2.0
    }
}

register!(ScheduleEntry, CosineRestarts);
