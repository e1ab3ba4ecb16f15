//! Optuna's successive halving: a trial stops for good at a rung unless it is among the best share so far.

use tunesmith_core::{Describe, Param, register};

use super::settings::{count, reduction_factor};
use crate::{History, Pruner, PrunerEntry, TrialRecord, TrialState};

/// Stops a trial at a rung unless it is among the best 1/`reduction_factor` of those that have passed there, with the
/// settings and edge cases of Optuna's `SuccessiveHalvingPruner`.
///
/// It is the stopping kind of [`Asha`](super::Asha) under Optuna's conventions: rungs lie at the steps
/// `min_resource * reduction_factor^(min_early_stopping_rate + k)`, with a step counting as itself rather than as one
/// more; while a rung has seen at most `bootstrap_count` trials it stops all; NaN stops and is not counted. With a
/// `min_resource` of 0 ("auto" there) it is a hundredth of the last step of the first complete trial, and the trials up
/// to that one are not counted. One difference is left: a trial that passes several rungs with one report counts at all of
/// them, there only up to the one that stops it. Of several objectives the first decides.
///
/// ```
/// use tunesmith_core::Space;
/// use tunesmith_tuner::{Direction, History, Pruner, TrialRecord, pruners::StoppingHalving};
/// let mut history = History::new(Space::new(), Direction::Maximize);
/// for number in 0..7 {
///     let mut trial = TrialRecord::new(number);
///     trial.report(1, 0.1 * number as f64);
///     history.put(trial);
/// }
/// let rule = StoppingHalving { min_resource: 1, ..StoppingHalving::default() };
/// let mut trial = TrialRecord::new(7);
/// trial.report(0, 0.0);
/// assert!(!rule.prune(&trial, &history)); // step 0 is before the first rung
/// trial.report(1, 0.55);
/// assert!(!rule.prune(&trial, &history)); // second of eight
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct StoppingHalving {
    /// The step of the lowest rung; 0: a hundredth of what the first complete trial reached.
    pub min_resource: usize,
    /// One in this many goes on at a rung.
    pub reduction_factor: usize,
    /// Rungs that are left out at the bottom.
    pub min_early_stopping_rate: usize,
    /// Trials that a rung stops before it compares.
    pub bootstrap_count: usize,
}

impl Default for StoppingHalving {
    fn default() -> Self {
        Self { min_resource: 0, reduction_factor: 4, min_early_stopping_rate: 0, bootstrap_count: 0 }
    }
}

impl Describe for StoppingHalving {
    const NAME: &'static str = "stopping_halving";
    const ABOUT: &'static str =
        "Optuna's successive halving: stops a trial that is not among the best at a rung";
    const SOURCE: &'static str =
        "settings of Optuna 5.0's SuccessiveHalvingPruner; Li et al. 2020, section 3.2, in its stopping form";
    const PARAMS: &'static [Param<Self>] = &[
        count(
            "min_resource",
            0,
            100,
            |s: &mut Self| &mut s.min_resource,
            "step of the lowest rung; 0: a hundredth of the first complete trial's last step",
        ),
        reduction_factor(|s: &mut Self| &mut s.reduction_factor),
        count(
            "min_early_stopping_rate",
            0,
            4,
            |s: &mut Self| &mut s.min_early_stopping_rate,
            "rungs that are left out at the bottom",
        ),
        count(
            "bootstrap_count",
            0,
            20,
            |s: &mut Self| &mut s.bootstrap_count,
            "trials that a rung stops before it compares",
        ),
    ];

    fn check(&self) -> Result<(), String> {
        if self.bootstrap_count > 0 && self.min_resource == 0 {
            return Err(
                "bootstrap_count needs a min_resource of at least 1: without one there is no rung yet \
                        that could count trials"
                    .to_owned(),
            );
        }
        Ok(())
    }
}

impl StoppingHalving {
    /// The lowest rung's step, and the first trial that counts.
    fn start(&self, history: &History) -> Option<(u64, u64)> {
        if self.min_resource > 0 {
            return Some((self.min_resource as u64, 0));
        }
        let first = history.trials().iter().find(|trial| {
            trial.state == TrialState::Complete && !trial.reports.is_empty() // not every objective reports
        })?;
        let (last, _) = first.last_report()?;
        Some(((last / 100).max(1), first.number + 1))
    }
}

impl Pruner for StoppingHalving {
    fn prune(&self, trial: &TrialRecord, history: &History) -> bool {
        let Some((step, value)) = trial.last_report() else { return false };
        let Some((least, first)) = self.start(history) else { return false };
        let before = trial.reports.iter().rev().skip(1);
        let earlier = before.filter(|(_, value)| !value.is_nan()).map(|&(step, _)| step).next();
        let factor = self.reduction_factor as u64;
        let skipped =
            u32::try_from(self.min_early_stopping_rate).ok().and_then(|rate| factor.checked_pow(rate));
        let lowest = skipped.and_then(|skipped| least.checked_mul(skipped));
        let rungs = std::iter::successors(lowest, |rung| rung.checked_mul(factor));
        let reached = rungs
            .skip_while(|rung| earlier.is_some_and(|earlier| *rung <= earlier))
            .take_while(|rung| *rung <= step);
        let loss = history.direction().loss(value);
        for rung in reached {
            if value.is_nan() {
                return true;
            }
            let others = history.trials().iter().filter(|other| other.number >= first);
            let losses: Vec<f64> = others
                .filter(|other| other.number != trial.number)
                .filter_map(|other| number_at(rung, other))
                .map(|value| history.direction().loss(value))
                .collect();
            let seen = losses.len() + 1;
            let better = losses.iter().filter(|other| **other < loss).count();
            if seen <= self.bootstrap_count || better >= (seen / self.reduction_factor.max(1)).max(1) {
                return true;
            }
        }
        false
    }
}

/// The first report at the step or later that is a number; a failed trial says nothing.
fn number_at(step: u64, trial: &TrialRecord) -> Option<f64> {
    let from = trial.reports.partition_point(|report| report.0 < step);
    let mut values = trial.reports[from..].iter().map(|&(_, value)| value);
    values.find(|value| !value.is_nan()).filter(|_| trial.state != TrialState::Failed)
}

register!(PrunerEntry, StoppingHalving);
