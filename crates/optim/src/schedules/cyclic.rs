//! `cyclic`: up and down in triangles.

use tunesmith_core::{Describe, Param, register};

use super::settings;
use crate::{Point, Schedule, ScheduleEntry};

/// Rises from `base_factor` to 1 in `step_size_up` steps and falls back, again and again: in triangles of one height
/// (`triangular`), of half the height each (`triangular2`), or of a height that shrinks by `gamma` every step
/// (`exp_range`). It is PyTorch's `CyclicLR`, the rule's learning rate being PyTorch's `max_lr`.
///
/// ```
/// use tunesmith_optim::{Cyclic, Point, Schedule};
/// let schedule = Cyclic { base_factor: 0.2, step_size_up: 4, mode: "triangular2".into(), ..Cyclic::default() };
/// let at = |step| schedule.at(Point::new(step, 100, 1.0));
/// assert!((at(2) - 0.6).abs() < 1e-12 && at(4) == 1.0 && at(8) == 0.2);
/// assert!((at(12) - 0.6).abs() < 1e-12); // the second peak
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Cyclic {
    /// The least factor.
    pub base_factor: f64,
    /// Steps of a rise.
    pub step_size_up: usize,
    /// Steps of a fall; off is as many as of a rise.
    pub step_size_down: Option<usize>,
    /// `triangular`, `triangular2` or `exp_range`.
    pub mode: String,
    /// By how much the height shrinks every step, with `exp_range`.
    pub gamma: f64,
}

impl Default for Cyclic {
    fn default() -> Self {
        let mode = "triangular".to_owned();
        Self { base_factor: 0.1, step_size_up: 2000, step_size_down: None, mode, gamma: 0.9999 }
    }
}

impl Describe for Cyclic {
    const NAME: &'static str = "cyclic";
    const ABOUT: &'static str = "up and down in triangles";
    const SOURCE: &'static str = "Smith 2017, arXiv 1506.01186";
    const PARAMS: &'static [Param<Self>] = &[
        settings::share("base_factor", 0.01, 0.5, |s: &mut Self| &mut s.base_factor, "least factor")
            .valid(0.0, f64::INFINITY),
        Param::int("step_size_up", 100, 10_000, |s: &mut Self| &mut s.step_size_up, "steps of a rise")
            .log()
            .valid(1.0, f64::INFINITY),
        Param::optional_int(
            "step_size_down",
            100,
            10_000,
            |s: &mut Self| &mut s.step_size_down,
            "steps of a fall, off is as many as of a rise",
        )
        .log()
        .fixed()
        .valid(1.0, f64::INFINITY),
        Param::name(
            "mode",
            &["triangular", "triangular2", "exp_range"],
            |s: &mut Self| &mut s.mode,
            "how heights shrink",
        ),
        Param::float(
            "gamma",
            0.99,
            0.9999,
            |s: &mut Self| &mut s.gamma,
            "shrinking per step, with exp_range",
        )
        .fixed()
        .valid(0.0, 1.0),
    ];
}

impl Schedule for Cyclic {
    fn at(&self, point: Point) -> f64 {
        let (up, down) = (self.step_size_up, self.step_size_down.unwrap_or(self.step_size_up));
        let (cycle, within) = (point.step / (up + down), point.step % (up + down));
        let height =
            if within <= up { within as f64 / up as f64 } else { (up + down - within) as f64 / down as f64 };
        let shrunk = match self.mode.as_str() {
            "triangular2" => 0.5_f64.powi(cycle.min(2000) as i32),
            "exp_range" => self.gamma.powf(point.step as f64),
            _ => 1.0,
        };
        self.base_factor + (1.0 - self.base_factor) * height * shrunk
    }
}

register!(ScheduleEntry, Cyclic);
