//! The threshold rule: a trial whose value leaves a band stops.

use tunesmith_core::{Describe, Param, register};

use super::settings::{interval_steps, is_look, n_warmup_steps};
use crate::{History, Pruner, PrunerEntry, TrialRecord};

/// Stops a trial whose last report lies outside a band, or is not a number; to catch what has gone wrong altogether.
///
/// Settings and edge cases are those of Optuna's `ThresholdPruner`; without any bound it stops at NaN only. The bounds
/// are values as they are reported, whichever way is better; of several objectives, the first one's.
///
/// ```
/// use tunesmith_core::Space;
/// use tunesmith_tuner::{Direction, History, Pruner, TrialRecord, pruners::Threshold};
/// let history = History::new(Space::new(), Direction::Minimize);
/// let below_10 = Threshold { upper: Some(10.0), ..Threshold::default() };
/// let mut trial = TrialRecord::new(0);
/// trial.report(0, 9.0);
/// assert!(!below_10.prune(&trial, &history));
/// trial.report(1, 11.0);
/// assert!(below_10.prune(&trial, &history));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Threshold {
    /// The least value that may go on.
    pub lower: Option<f64>,
    /// The greatest value that may go on.
    pub upper: Option<f64>,
    /// No trial stops before this step.
    pub n_warmup_steps: usize,
    /// Steps between looks.
    pub interval_steps: usize,
}

impl Default for Threshold {
    fn default() -> Self {
        Self { lower: None, upper: None, n_warmup_steps: 0, interval_steps: 1 }
    }
}

impl Describe for Threshold {
    const NAME: &'static str = "threshold";
    const ABOUT: &'static str = "stops a trial whose value leaves a band or is not a number";
    const SOURCE: &'static str = "settings of Optuna 5.0's ThresholdPruner";
    const PARAMS: &'static [Param<Self>] = &[
        Param::optional_float(
            "lower",
            0.0,
            1.0,
            |s: &mut Self| &mut s.lower,
            "least value that may go on, or \"off\"",
        )
        .fixed(),
        Param::optional_float(
            "upper",
            0.0,
            1.0,
            |s: &mut Self| &mut s.upper,
            "greatest value that may go on, or \"off\"",
        )
        .fixed(),
        n_warmup_steps(|s: &mut Self| &mut s.n_warmup_steps),
        interval_steps(|s: &mut Self| &mut s.interval_steps),
    ];

    fn check(&self) -> Result<(), String> {
        match (self.lower, self.upper) {
            (Some(lower), Some(upper)) if lower > upper => {
                Err(format!("nothing lies between lower = {lower} and upper = {upper}, swap them"))
            }
            _ => Ok(()),
        }
    }
}

impl Pruner for Threshold {
    fn prune(&self, trial: &TrialRecord, _: &History) -> bool {
        let Some((_, value)) = trial.last_report() else { return false };
        is_look(trial, self.n_warmup_steps, self.interval_steps)
            && (value.is_nan()
                || self.lower.is_some_and(|lower| value < lower)
                || self.upper.is_some_and(|upper| value > upper))
    }
}

register!(PrunerEntry, Threshold);
