//! Learning-curve extrapolation: a trial that will hardly end better than the best stops.

use tunesmith_core::{Describe, Param, register};

use super::settings::{count, interval_steps, max_resource};
use crate::analysis::extrapolate;
use crate::{History, Pruner, PrunerEntry, TrialRecord, TrialState};

/// Stops a trial when the probability that it ends better than the best complete trial falls below `probability`, as
/// foretold by [`extrapolate`]; and at a report that is not a number.
///
/// The end is `max_resource` steps of work or, when that is 0, the most that any complete trial has reported. The rule
/// needs curves that go one way; where a schedule lets the loss fall at the very end, it stops too early. Of several
/// objectives the first decides.
///
/// ```
/// use tunesmith_core::Space;
/// use tunesmith_tuner::{Direction, History, Pruner, TrialRecord, TrialState, pruners::Extrapolate};
/// let curve = |number, limit: f64, steps| {
///     let mut trial = TrialRecord::new(number);
///     (0..steps).for_each(|step| assert!(trial.report(step, limit + 1.0 / (1.0 + step as f64))));
///     trial
/// };
/// let mut history = History::new(Space::new(), Direction::Minimize);
/// let mut best = curve(0, 0.1, 100);
/// (best.state, best.value) = (TrialState::Complete, Some(0.11));
/// history.put(best);
/// let rule = Extrapolate::default();
/// // After 20 steps both are worse than the best is at its end, but only one will be.
/// assert!(!rule.prune(&curve(1, 0.09, 20), &history));
/// assert!(rule.prune(&curve(1, 0.2, 20), &history));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Extrapolate {
    /// A trial stops below this probability of becoming the best.
    pub probability: f64,
    /// Reports before any is stopped.
    pub min_reports: usize,
    /// Steps between looks.
    pub interval_steps: usize,
    /// Steps of work of a whole trial; 0: the most that any complete trial has reported.
    pub max_resource: usize,
}

impl Default for Extrapolate {
    fn default() -> Self {
        Self { probability: 0.05, min_reports: 5, interval_steps: 1, max_resource: 0 }
    }
}

impl Describe for Extrapolate {
    const NAME: &'static str = "extrapolate";
    const ABOUT: &'static str = "stops a trial whose curve will hardly end below the best";
    const SOURCE: &'static str = "Domhan et al. 2015, Speeding up Automatic Hyperparameter Optimization by Extrapolation of Learning Curves";
    const PARAMS: &'static [Param<Self>] = &[
        Param::float(
            "probability",
            0.01,
            0.2,
            |s: &mut Self| &mut s.probability,
            "a trial stops below this probability of becoming the best",
        )
        .fixed()
        .valid(0.0, 1.0),
        count("min_reports", 3, 20, |s: &mut Self| &mut s.min_reports, "reports before any is stopped"),
        interval_steps(|s: &mut Self| &mut s.interval_steps),
        max_resource(|s: &mut Self| &mut s.max_resource),
    ];
}

impl Pruner for Extrapolate {
    fn prune(&self, trial: &TrialRecord, history: &History) -> bool {
        let Some((step, value)) = trial.last_report() else { return false };
        if value.is_nan() {
            return true;
        }
        let n = trial.reports.len();
        let beyond = n.checked_sub(self.min_reports);
        if !beyond.is_some_and(|beyond| beyond.is_multiple_of(self.interval_steps.max(1))) {
            return false;
        }
        let Some(best) = history.best().and_then(|best| history.loss(best)) else { return false };
        let longest = || {
            let complete = history.trials().iter().filter(|other| other.state == TrialState::Complete);
            complete.filter_map(TrialRecord::last_report).map(|(step, _)| step).max()
        };
        let end = if self.max_resource > 0 { Some(self.max_resource as u64 - 1) } else { longest() };
        let Some(end) = end.filter(|end| *end > step) else { return false };
        let losses: Vec<(u64, f64)> =
            trial.reports.iter().map(|&(step, value)| (step, history.direction().loss(value))).collect();
        extrapolate(&losses, end).is_some_and(|end| end.below(best) < self.probability)
    }
}

register!(PrunerEntry, Extrapolate);
