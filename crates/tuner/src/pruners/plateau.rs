//! The plateau rule: a trial whose curve has flattened above the best stops.

use tunesmith_core::{Describe, Param, register};

use super::settings::{count, n_warmup_steps};
use crate::{History, Pruner, PrunerEntry, TrialRecord};

/// Stops a trial when its last `window` reports have gained next to nothing, and it is worse than the best complete
/// trial.
///
/// The gain is by how much the best of the window is better than the best before it; it is next to nothing when it is at
/// most `min_gain` of all that the trial has gained since its first report, so that the unit of the values does not
/// matter. A trial that is the best so far goes on whatever its shape, since it may become the result; and so does every
/// trial until one is complete. Reports that are NaN gain nothing. Of several objectives the first decides. The rule is
/// of this crate's own design.
///
/// ```
/// use tunesmith_core::Space;
/// use tunesmith_tuner::{Direction, History, Pruner, TrialRecord, TrialState, pruners::Plateau};
/// let curve = |number, limit: f64, steps| {
///     let mut trial = TrialRecord::new(number);
///     (0..steps).for_each(|step| assert!(trial.report(step, limit + 0.5_f64.powi(step as i32))));
///     trial
/// };
/// let mut history = History::new(Space::new(), Direction::Minimize);
/// let mut best = curve(0, 0.1, 40);
/// (best.state, best.value) = (TrialState::Complete, Some(0.1));
/// history.put(best);
/// let rule = Plateau::default();
/// assert!(!rule.prune(&curve(1, 0.2, 10), &history)); // still falling
/// assert!(rule.prune(&curve(1, 0.2, 20), &history));
/// assert!(!rule.prune(&curve(1, 0.05, 20), &history)); // flat, but the best
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Plateau {
    /// Reports in which something must be gained.
    pub window: usize,
    /// The least gain in the window, as a share of all the trial's gain.
    pub min_gain: f64,
    /// No trial stops before this step.
    pub n_warmup_steps: usize,
}

impl Default for Plateau {
    fn default() -> Self {
        Self { window: 8, min_gain: 0.01, n_warmup_steps: 0 }
    }
}

impl Describe for Plateau {
    const NAME: &'static str = "plateau";
    const ABOUT: &'static str = "stops a trial whose curve has flattened above the best";
    const PARAMS: &'static [Param<Self>] = &[
        count("window", 1, 50, |s: &mut Self| &mut s.window, "reports in which something must be gained"),
        Param::float(
            "min_gain",
            0.0,
            0.1,
            |s: &mut Self| &mut s.min_gain,
            "least gain in the window, as a share of all the trial's gain",
        )
        .fixed()
        .valid(0.0, 1.0),
        n_warmup_steps(|s: &mut Self| &mut s.n_warmup_steps),
    ];
}

impl Pruner for Plateau {
    fn prune(&self, trial: &TrialRecord, history: &History) -> bool {
        let Some((step, _)) = trial.last_report() else { return false };
        let Some(split) = trial.reports.len().checked_sub(self.window).filter(|split| *split > 0) else {
            return false;
        };
        let Some(bar) = history.best().and_then(|best| history.loss(best)) else { return false };
        if step < self.n_warmup_steps as u64 {
            return false;
        }
        let loss = |value: f64| history.direction().loss(value);
        let best = |reports: &[(u64, f64)]| {
            reports.iter().map(|&(_, value)| loss(value)).fold(f64::NAN, f64::min) // a NaN says nothing
        };
        let (before, window) = trial.reports.split_at(split);
        let (before, within) = (best(before), best(window));
        let reached = before.min(within);
        if reached.is_nan() || within.is_nan() {
            return true;
        }
        let first = trial.reports.iter().map(|&(_, value)| loss(value)).find(|loss| !loss.is_nan());
        let all = first.map_or(0.0, |first| first - reached);
        reached > bar && before - within <= self.min_gain * all
    }
}

register!(PrunerEntry, Plateau);
