//! The median rule: a trial whose best report so far is worse than the median of the others at this step stops.

use tunesmith_core::{Describe, Param, register};

use super::Percentile;
use super::settings::{interval_steps, n_min_trials, n_startup_trials, n_warmup_steps};
use crate::{History, Pruner, PrunerEntry, TrialRecord};

/// Stops a trial whose best report so far is worse than the median, at the same step, of the complete trials.
///
/// Settings, defaults and edge cases are those of Optuna's `MedianPruner`; a trial whose reports are all NaN stops. It is
/// [`Percentile`] at 50.
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
        n_startup_trials(|s: &mut Self| &mut s.n_startup_trials),
        n_warmup_steps(|s: &mut Self| &mut s.n_warmup_steps),
        interval_steps(|s: &mut Self| &mut s.interval_steps),
        n_min_trials(|s: &mut Self| &mut s.n_min_trials),
    ];
}

impl Pruner for Median {
    fn prune(&self, trial: &TrialRecord, history: &History) -> bool {
        let Self { n_startup_trials, n_warmup_steps, interval_steps, n_min_trials } = *self;
        let percentile = 50.0;
        Percentile { percentile, n_startup_trials, n_warmup_steps, interval_steps, n_min_trials }
            .prune(trial, history)
    }
}

register!(PrunerEntry, Median);
