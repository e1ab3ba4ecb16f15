//! `one_cycle`: up to the full rate, then down to almost nothing.

use std::f64::consts::PI;

use tunesmith_core::{Describe, Param, register};

use crate::{Point, Schedule, ScheduleEntry};

/// Rises from `1 / div_factor` to 1 in the first `pct_start` of the training and falls to
/// `1 / (div_factor * final_div_factor)` in the rest (Smith & Topin 2018, "Super-convergence"). It is PyTorch's
/// `OneCycleLR` with two phases, the rule's learning rate being PyTorch's `max_lr`.
///
/// ```
/// use tunesmith_optim::{OneCycle, Point, Schedule};
/// let schedule = OneCycle::default();
/// assert!((schedule.at(Point::new(0, 101, 10.0)) - 0.04).abs() < 1e-12);
/// assert!((schedule.at(Point::new(100, 101, 10.0)) - 4e-6).abs() < 1e-12);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct OneCycle {
    /// The share of the training in which the rate rises.
    pub pct_start: f64,
    /// How many times smaller than the peak the first rate is.
    pub div_factor: f64,
    /// How many times smaller than the first rate the last one is.
    pub final_div_factor: f64,
    /// The shape of the two ramps: `cos` or `linear`.
    pub anneal_strategy: String,
}

impl Default for OneCycle {
    fn default() -> Self {
        Self { pct_start: 0.3, div_factor: 25.0, final_div_factor: 1e4, anneal_strategy: "cos".to_owned() }
    }
}

impl Describe for OneCycle {
    const NAME: &'static str = "one_cycle";
    const ABOUT: &'static str = "up to the full learning rate, then down to almost nothing";
    const SOURCE: &'static str = "Smith & Topin 2018, arXiv 1708.07120";
    const PARAMS: &'static [Param<Self>] = &[
        Param::float(
            "pct_start",
            0.1,
            0.5,
            |s: &mut Self| &mut s.pct_start,
            "share of the training that rises",
        )
        .valid(0.0, 1.0),
        Param::float("div_factor", 5.0, 100.0, |s: &mut Self| &mut s.div_factor, "peak over first rate")
            .log()
            .rarely()
            .valid(1e-6, f64::INFINITY),
        Param::float(
            "final_div_factor",
            1e1,
            1e5,
            |s: &mut Self| &mut s.final_div_factor,
            "first over last rate",
        )
        .log()
        .rarely()
        .valid(1e-6, f64::INFINITY),
        Param::name(
            "anneal_strategy",
            &["cos", "linear"],
            |s: &mut Self| &mut s.anneal_strategy,
            "shape of the two ramps",
        ),
    ];
}

impl Schedule for OneCycle {
    fn at(&self, point: Point) -> f64 {
        let first = 1.0 / self.div_factor;
        let last = first / self.final_div_factor;
        // PyTorch's borders: the peak is at step `pct_start * total - 1`, the end at the last step.
        let (step, total) = (point.step as f64, point.total_steps as f64);
        let (peak, end) = ((self.pct_start * total - 1.0).max(0.0), total - 1.0);
        if step <= peak && peak > 0.0 {
            self.ramp(first, 1.0, step / peak)
        } else if end > peak {
            self.ramp(1.0, last, (step - peak) / (end - peak))
        } else {
            1.0
        }
    }
}

impl OneCycle {
    fn ramp(&self, from: f64, to: f64, share: f64) -> f64 {
        let share = share.clamp(0.0, 1.0);
        if self.anneal_strategy == "linear" {
            from + (to - from) * share
        } else {
            to + (from - to) / 2.0 * (1.0 + (PI * share).cos())
        }
    }
}

register!(ScheduleEntry, OneCycle);
