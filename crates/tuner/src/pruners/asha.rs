//! ASHA, the stopping kind: at growing steps, only the best share of what has been seen there goes on.

use tunesmith_core::{Describe, Param, register};

use crate::{History, Pruner, PrunerEntry, TrialRecord, TrialState};

/// Stops a trial at a rung unless it is among the best 1/`reduction_factor` of the trials that reached the rung so far.
///
/// Rungs lie at `min_resource * reduction_factor^k` steps of work. Steps count from 0, so a report at step s has cost
/// s + 1. A trial's value at a rung is its first report there or later. While a rung has seen at most `grace` trials it
/// lets all pass; while it has seen fewer than `reduction_factor`, only the best passes. Equals pass together.
///
/// The default factor is 3: the theory's optimum is e (Li et al. 2018, section 3.6 finds 3 and 4 alike), and with 30
/// epochs 3 gives rungs at 1, 3, 9 and 27, where 4 gives 1, 4 and 16 and lets a bad trial run twice as long.
///
/// ```
/// use tunesmith_core::Space;
/// use tunesmith_tuner::{Direction, History, Pruner, TrialRecord, pruners::Asha};
/// let mut history = History::new(Space::new(), Direction::Maximize);
/// for number in 0..6 {
///     let mut trial = TrialRecord::new(number);
///     trial.report(0, 0.1 * number as f64);
///     history.put(trial);
/// }
/// let at_first_rung = |value| {
///     let mut trial = TrialRecord::new(6);
///     trial.report(0, value);
///     trial
/// };
/// assert!(!Asha::default().prune(&at_first_rung(0.45), &history)); // second of seven
/// assert!(Asha::default().prune(&at_first_rung(0.35), &history));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Asha {
    /// Steps of work before the first rung.
    pub min_resource: usize,
    /// One in this many goes on at a rung.
    pub reduction_factor: usize,
    /// Trials that a rung lets pass before it stops any.
    pub grace: usize,
}

impl Default for Asha {
    fn default() -> Self {
        Self { min_resource: 1, reduction_factor: 3, grace: 0 }
    }
}

impl Describe for Asha {
    const NAME: &'static str = "asha";
    const ABOUT: &'static str = "at growing steps only the best share of the trials seen there goes on";
    const SOURCE: &'static str = "Li et al. 2020, A System for Massively Parallel Hyperparameter Tuning; stopping rule as in Optuna and Ray Tune";
    const PARAMS: &'static [Param<Self>] = &[
        Param::int(
            "min_resource",
            1,
            100,
            |s: &mut Self| &mut s.min_resource,
            "steps of work before the first rung",
        )
        .fixed()
        .valid(1.0, 1e15),
        Param::int(
            "reduction_factor",
            2,
            6,
            |s: &mut Self| &mut s.reduction_factor,
            "one in this many goes on at a rung",
        )
        .fixed()
        .valid(2.0, 1e15),
        Param::int(
            "grace",
            0,
            20,
            |s: &mut Self| &mut s.grace,
            "trials that a rung lets pass before it stops any",
        )
        .fixed(),
    ];
}

impl Pruner for Asha {
    fn prune(&self, trial: &TrialRecord, history: &History) -> bool {
        let Some(&(step, value)) = trial.reports.last() else { return false };
        let earlier = trial.reports.len().checked_sub(2).map_or(0, |i| trial.reports[i].0 + 1);
        let mut rung = self.min_resource as u64;
        while rung <= step.saturating_add(1) {
            // Decided at the first report that reaches the rung, and never again.
            if rung > earlier && self.stops(rung, value, trial.number, history) {
                return true;
            }
            rung = rung.saturating_mul(self.reduction_factor as u64);
        }
        false
    }
}

impl Asha {
    fn stops(&self, rung: u64, value: f64, number: u64, history: &History) -> bool {
        if value.is_nan() {
            return true;
        }
        let loss = history.direction().loss(value);
        let (mut seen, mut better) = (1, 0);
        // A failed trial says nothing; if it was lost and is repeated, it must not count twice.
        let seen_before = |other: &&TrialRecord| other.number != number && other.state != TrialState::Failed;
        for other in history.trials().iter().filter(seen_before) {
            let reached = other.reports.partition_point(|&(step, _)| step.saturating_add(1) < rung);
            if let Some(&(_, value)) = other.reports.get(reached) {
                seen += 1;
                better += usize::from(history.direction().loss(value) < loss);
            }
        }
        seen > self.grace && better >= (seen / self.reduction_factor).max(1)
    }
}

register!(PrunerEntry, Asha);
