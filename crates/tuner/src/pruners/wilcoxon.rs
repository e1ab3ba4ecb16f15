//! The signed-rank rule: a trial that is worse than the best on the same instances, beyond chance, stops.

use tunesmith_core::{Describe, Param, register};

use super::settings::count;
use crate::analysis::statistics::wilcoxon_greater_zeros_split;
use crate::{History, Pruner, PrunerEntry, TrialRecord};

/// Stops a trial that Wilcoxon's signed-rank test finds worse than the best trial, pairing their reports by step.
///
/// For objectives that are a mean over instances (folds, seeds, problems): a step is an instance, its report the
/// instance's value, the trial's value their mean. The test is repeated at each report, so that the chance of a wrong
/// stop is larger than `p_threshold` in all; and with m pairs p is at least 2^-m, so the default needs four.
///
/// Settings and edge cases are those of Optuna's `WilcoxonPruner`: a trial whose mean so far is not worse than the
/// best's never stops, nor one with a report that is not finite. Of several objectives the first decides.
///
/// ```
/// use tunesmith_core::Space;
/// use tunesmith_tuner::{Direction, History, Pruner, TrialRecord, TrialState, pruners::Wilcoxon};
/// let folds = |number, worse: f64, n| {
///     let mut trial = TrialRecord::new(number);
///     (0..n).for_each(|fold| assert!(trial.report(fold, 0.1 * fold as f64 + worse * (1.0 + 0.1 * fold as f64))));
///     trial
/// };
/// let mut history = History::new(Space::new(), Direction::Minimize);
/// let mut best = folds(0, 0.0, 10);
/// (best.state, best.value) = (TrialState::Complete, Some(0.45));
/// history.put(best);
/// // Worse on every fold by less than the folds differ: seen all the same, as soon as there are enough pairs and the
/// // mean is worse than the best's over all folds.
/// assert!(!Wilcoxon::default().prune(&folds(1, 0.5, 3), &history));
/// assert!(Wilcoxon::default().prune(&folds(1, 0.5, 4), &history));
/// assert!(!Wilcoxon::default().prune(&folds(1, -0.5, 10), &history));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Wilcoxon {
    /// A trial stops below this chance of being no worse.
    pub p_threshold: f64,
    /// Pairs before the test is asked.
    pub n_startup_steps: usize,
}

impl Default for Wilcoxon {
    fn default() -> Self {
        Self { p_threshold: 0.1, n_startup_steps: 2 }
    }
}

impl Describe for Wilcoxon {
    const NAME: &'static str = "wilcoxon";
    const ABOUT: &'static str =
        "stops a trial that is worse than the best on the same instances beyond chance";
    const SOURCE: &'static str = "settings of Optuna 5.0's WilcoxonPruner; Wilcoxon 1945, zeros split";
    const PARAMS: &'static [Param<Self>] = &[
        Param::float(
            "p_threshold",
            0.01,
            0.2,
            |s: &mut Self| &mut s.p_threshold,
            "a trial stops below this chance of being no worse",
        )
        .fixed()
        .valid(0.0, 1.0),
        count(
            "n_startup_steps",
            0,
            20,
            |s: &mut Self| &mut s.n_startup_steps,
            "pairs before the test is asked",
        ),
    ];
}

impl Pruner for Wilcoxon {
    fn prune(&self, trial: &TrialRecord, history: &History) -> bool {
        let Some(best) = history.best() else { return false };
        let finite = |trial: &TrialRecord| {
            !trial.reports.is_empty() && trial.reports.iter().all(|(_, value)| value.is_finite())
        };
        if !finite(trial) || !finite(best) {
            return false;
        }
        let loss = |value: f64| history.direction().loss(value);
        let differences: Vec<f64> = trial
            .reports
            .iter()
            .filter_map(|&(step, value)| Some(loss(value) - loss(best.report_at(step)?)))
            .collect();
        if differences.len() < self.n_startup_steps.max(2) {
            return false;
        }
        let mean = |trial: &TrialRecord| {
            trial.reports.iter().map(|&(_, value)| loss(value)).sum::<f64>() / trial.reports.len() as f64
        };
        mean(trial) > mean(best) && wilcoxon_greater_zeros_split(&differences) < self.p_threshold
    }
}

register!(PrunerEntry, Wilcoxon);
