//! `warmup_stable_decay`: up, level, down.

use std::f64::consts::PI;

use tunesmith_core::{Describe, Param, register};

use super::settings;
use crate::{Point, Schedule, ScheduleEntry};

/// Rises along a line, holds the full rate and falls in the last part of the training (Hu et al. 2024, "MiniCPM",
/// section 4); the fall that is one minus the root of its share is Hägele et al.'s (2024, "Scaling laws and
/// compute-optimal training beyond fixed training durations").
///
/// ```
/// use tunesmith_optim::{Point, Schedule, WarmupStableDecay};
/// let schedule = WarmupStableDecay { warmup: 0.1, decay: 0.2, ..WarmupStableDecay::default() };
/// let at = |step| schedule.at(Point::new(step, 100, 10.0));
/// assert!((at(5) - 0.5).abs() < 1e-12);
/// assert_eq!((at(10), at(79)), (1.0, 1.0));
/// assert!((at(90) - 0.5).abs() < 1e-12);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct WarmupStableDecay {
    /// The share of the training that rises.
    pub warmup: f64,
    /// The share of the training that falls.
    pub decay: f64,
    /// The shape of the fall: `linear`, `cosine` or `one_minus_sqrt`.
    pub shape: String,
    /// The factor at the end.
    pub end_factor: f64,
}

impl Default for WarmupStableDecay {
    fn default() -> Self {
        Self { warmup: 0.02, decay: 0.2, shape: "linear".to_owned(), end_factor: 0.0 }
    }
}

impl Describe for WarmupStableDecay {
    const NAME: &'static str = "warmup_stable_decay";
    const ABOUT: &'static str = "a line up, the full learning rate, and down in the last part";
    const SOURCE: &'static str = "Hu et al. 2024, arXiv 2404.06395; Hägele et al. 2024, arXiv 2405.18392";
    const PARAMS: &'static [Param<Self>] = &[
        Param::float("warmup", 0.0, 0.1, |s: &mut Self| &mut s.warmup, "share of the training that rises")
            .rarely()
            .valid(0.0, 1.0),
        Param::float("decay", 0.1, 0.5, |s: &mut Self| &mut s.decay, "share of the training that falls")
            .valid(0.0, 1.0),
        Param::name(
            "shape",
            &["linear", "cosine", "one_minus_sqrt"],
            |s: &mut Self| &mut s.shape,
            "shape of the fall",
        ),
        settings::share("end_factor", 0.0, 0.1, |s: &mut Self| &mut s.end_factor, "factor at the end"),
    ];

    fn check(&self) -> Result<(), String> {
        if self.warmup + self.decay > 1.0 {
            return Err("warmup and decay together must not exceed the training, 1".into());
        }
        Ok(())
    }
}

impl Schedule for WarmupStableDecay {
    fn at(&self, point: Point) -> f64 {
        let done = point.progress().min(1.0);
        if done < self.warmup {
            return done / self.warmup;
        }
        let falling = done - (1.0 - self.decay);
        if falling <= 0.0 {
            return 1.0;
        }
        let share = (falling / self.decay).min(1.0);
        let left = match self.shape.as_str() {
            "cosine" => (1.0 + (PI * share).cos()) / 2.0,
            "one_minus_sqrt" => 1.0 - share.sqrt(),
            _ => 1.0 - share,
        };
        self.end_factor + (1.0 - self.end_factor) * left
    }
}

register!(ScheduleEntry, WarmupStableDecay);
