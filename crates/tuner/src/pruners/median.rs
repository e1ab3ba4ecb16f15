//! The median rule: a trial whose best report so far is worse than the median of the others at this step stops.

use tunesmith_core::{Describe, Param, register};

use crate::{History, Pruner, PrunerEntry, TrialRecord, TrialState};

/// Stops a trial whose best report so far is worse than the median, at the same step, of the complete trials.
///
/// Settings, defaults and edge cases are those of Optuna's `MedianPruner`; a trial whose reports are all NaN stops.
///
/// ```
/// use tunesmith_core::Space;
/// use tunesmith_tuner::{Direction, History, Pruner, TrialRecord, TrialState, pruners::Median};
/// let mut history = History::new(Space::new(), Direction::Minimize);
/// for number in 0..5 {
///     let mut trial = TrialRecord::new(number);
///     trial.report(0, number as f64);
///     trial.state = TrialState::Complete;
///     history.put(trial);
/// }
/// let mut worse = TrialRecord::new(5);
/// worse.report(0, 2.5);
/// assert!(Median::default().prune(&worse, &history));
/// let mut better = TrialRecord::new(5);
/// better.report(0, 2.0);
/// assert!(!Median::default().prune(&better, &history));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Median {
    /// Complete trials before any is stopped.
    pub n_startup_trials: usize,
    /// No trial stops before this step.
    pub n_warmup_steps: usize,
    /// Steps between looks.
    pub interval_steps: usize,
    /// Complete trials that must have reported at the step.
    pub n_min_trials: usize,
}

impl Default for Median {
    fn default() -> Self {
        Self { n_startup_trials: 5, n_warmup_steps: 0, interval_steps: 1, n_min_trials: 1 }
    }
}

impl Describe for Median {
    const NAME: &'static str = "median";
    const ABOUT: &'static str = "stops a trial that is worse than the median of the others at the same step";
    const SOURCE: &'static str =
        "Golovin et al. 2017, Google Vizier, section 3.2.2; settings of Optuna 5.0's MedianPruner";
    const PARAMS: &'static [Param<Self>] = &[
        Param::int(
            "n_startup_trials",
            0,
            20,
            |s: &mut Self| &mut s.n_startup_trials,
            "complete trials before any is stopped",
        )
        .fixed(),
        Param::int(
            "n_warmup_steps",
            0,
            100,
            |s: &mut Self| &mut s.n_warmup_steps,
            "no trial stops before this step",
        )
        .fixed(),
        Param::int("interval_steps", 1, 100, |s: &mut Self| &mut s.interval_steps, "steps between looks")
            .fixed()
            .valid(1.0, 1e15),
        Param::int(
            "n_min_trials",
            1,
            20,
            |s: &mut Self| &mut s.n_min_trials,
            "complete trials that must have reported at the step",
        )
        .fixed()
        .valid(1.0, 1e15),
    ];
}

impl Pruner for Median {
    fn prune(&self, trial: &TrialRecord, history: &History) -> bool {
        let Some((step, _)) = trial.last_report() else { return false };
        let complete = || history.trials().iter().filter(|other| other.state == TrialState::Complete);
        let n_complete = complete().count();
        let warmup = self.n_warmup_steps as u64;
        if n_complete == 0 || n_complete < self.n_startup_trials || step < warmup {
            return false;
        }
        // Only the first report at or after each multiple of the interval is looked at.
        let look = (step - warmup) / self.interval_steps as u64 * self.interval_steps as u64 + warmup;
        if trial.reports.iter().rev().nth(1).is_some_and(|&(earlier, _)| earlier >= look) {
            return false;
        }
        let losses = trial.reports.iter().map(|&(_, value)| history.direction().loss(value));
        let Some(best) = losses.filter(|loss| !loss.is_nan()).min_by(f64::total_cmp) else { return true };
        let at_step: Vec<f64> = complete().filter_map(|other| other.report_at(step)).collect();
        if at_step.len() < self.n_min_trials {
            return false;
        }
        let others = at_step.into_iter().map(|value| history.direction().loss(value));
        median(others.filter(|loss| !loss.is_nan()).collect()).is_some_and(|median| best > median)
    }
}

/// The middle value, or the mean of the two middle ones.
fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        n if n % 2 == 1 => Some(values[middle]),
        // Equal infinities have no difference to halve.
        _ if values[middle - 1] == values[middle] => Some(values[middle]),
        _ => Some(values[middle - 1] + (values[middle] - values[middle - 1]) / 2.0),
    }
}

register!(PrunerEntry, Median);
