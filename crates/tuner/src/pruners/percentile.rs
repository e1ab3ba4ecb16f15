//! The percentile rule: a trial whose best report so far is not among the best share of the others at this step stops.

use tunesmith_core::{Describe, Param, register};

use super::settings::{interval_steps, is_look, n_min_trials, n_startup_trials, n_warmup_steps};
use crate::{History, Pruner, PrunerEntry, TrialRecord, TrialState};

/// Stops a trial whose best report so far is worse than the percentile, at the same step, of the complete trials: with
/// 25 it must be among the best quarter.
///
/// Settings and edge cases are those of Optuna's `PercentilePruner`, which has no default for the percentile; a trial
/// whose reports are all NaN stops. Of several objectives the first decides.
///
/// ```
/// use tunesmith_core::Space;
/// use tunesmith_tuner::{Direction, History, Pruner, TrialRecord, TrialState, pruners::Percentile};
/// let mut history = History::new(Space::new(), Direction::Minimize);
/// for number in 0..5 {
///     let mut trial = TrialRecord::new(number);
///     trial.report(0, number as f64);
///     trial.state = TrialState::Complete;
///     history.put(trial);
/// }
/// let mut trial = TrialRecord::new(5);
/// trial.report(0, 1.5);
/// assert!(Percentile::default().prune(&trial, &history));
/// assert!(!Percentile { percentile: 50.0, ..Percentile::default() }.prune(&trial, &history));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Percentile {
    /// The share of the others, in percent, that a trial must reach.
    pub percentile: f64,
    /// Complete trials before any is stopped.
    pub n_startup_trials: usize,
    /// No trial stops before this step.
    pub n_warmup_steps: usize,
    /// Steps between looks.
    pub interval_steps: usize,
    /// Complete trials that must have reported at the step.
    pub n_min_trials: usize,
}

impl Default for Percentile {
    fn default() -> Self {
        Self { percentile: 25.0, n_startup_trials: 5, n_warmup_steps: 0, interval_steps: 1, n_min_trials: 1 }
    }
}

impl Describe for Percentile {
    const NAME: &'static str = "percentile";
    const ABOUT: &'static str =
        "stops a trial that is not among the best share of the others at the same step";
    const SOURCE: &'static str = "settings of Optuna 5.0's PercentilePruner";
    const PARAMS: &'static [Param<Self>] = &[
        Param::float(
            "percentile",
            5.0,
            75.0,
            |s: &mut Self| &mut s.percentile,
            "share of the others, in percent, that a trial must reach",
        )
        .fixed()
        .valid(0.0, 100.0),
        n_startup_trials(|s: &mut Self| &mut s.n_startup_trials),
        n_warmup_steps(|s: &mut Self| &mut s.n_warmup_steps),
        interval_steps(|s: &mut Self| &mut s.interval_steps),
        n_min_trials(|s: &mut Self| &mut s.n_min_trials),
    ];
}

impl Pruner for Percentile {
    fn prune(&self, trial: &TrialRecord, history: &History) -> bool {
        let Some((step, _)) = trial.last_report() else { return false };
        let complete = || history.trials().iter().filter(|other| other.state == TrialState::Complete);
        let n_complete = history.counts().complete;
        if n_complete == 0 || n_complete < self.n_startup_trials {
            return false;
        }
        if !is_look(trial, self.n_warmup_steps, self.interval_steps) {
            return false;
        }
        let losses = trial.reports.iter().map(|&(_, value)| history.direction().loss(value));
        let Some(best) = losses.filter(|loss| !loss.is_nan()).min_by(f64::total_cmp) else { return true };
        let at_step: Vec<f64> = complete().filter_map(|other| other.report_at(step)).collect();
        if at_step.len() < self.n_min_trials {
            return false;
        }
        let others = at_step.into_iter().map(|value| history.direction().loss(value));
        let others: Vec<f64> = others.filter(|loss| !loss.is_nan()).collect();
        percentile(others, self.percentile).is_some_and(|bar| best > bar)
    }
}

/// The value below which that share of the values lies, between two values by linear interpolation from the nearer one,
/// as in NumPy: equals must fall on the same side as there.
fn percentile(mut values: Vec<f64>, percent: f64) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    let place = percent / 100.0 * values.len().checked_sub(1)? as f64;
    let (low, part) = (place.floor() as usize, place.fract());
    let (a, b) = (values[low], values[(low + 1).min(values.len() - 1)]);
    Some(match part {
        _ if part == 0.0 || a == b => a, // equal infinities have no difference to take a part of
        part if part < 0.5 => a + (b - a) * part,
        part => b - (b - a) * (1.0 - part),
    })
}

register!(PrunerEntry, Percentile);
