//! `Rungs`: the amounts of work after which schedulers look at a trial.

use crate::{TrialRecord, TrialState};

/// Amounts of work that grow by a factor.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rungs {
    first: u64,
    /// No rung lies here or above: a whole trial's work.
    end: u64,
    factor: u64,
}

impl Rungs {
    /// Rungs at `end / factor^k`, rounded, from `least` on; with `end` 0 at `least * factor^k` without end.
    pub(super) fn new(least: u64, end: u64, factor: u64) -> Self {
        Self { first: least.max(1), end, factor: factor.max(2) }
    }

    /// The rungs, lowest first.
    pub(super) fn iter(self) -> impl Iterator<Item = u64> {
        let Self { first, end, factor } = self;
        let powers = std::iter::successors(Some(1_u64), move |power| power.checked_mul(factor));
        let upward =
            powers.clone().map_while(move |power| first.checked_mul(power)).filter(move |_| end == 0);
        let mut downward: Vec<u64> = powers
            .skip(1)
            .take_while(|_| end > 0)
            .map(|power| (end as f64 / power as f64).round() as u64)
            .take_while(|rung| *rung >= first)
            .collect();
        downward.dedup();
        downward.reverse();
        downward.into_iter().chain(upward)
    }
}

/// A trial's first report after so much work: steps count from 0, so a report at step s has cost s + 1. A failed trial
/// says nothing; if it was lost and is repeated, it must not count twice.
pub(super) fn report_at(work: u64, trial: &TrialRecord) -> Option<(u64, f64)> {
    if trial.state == TrialState::Failed {
        return None;
    }
    let reached = trial.reports.partition_point(|&(step, _)| step.saturating_add(1) < work);
    trial.reports.get(reached).copied()
}

/// How much work a trial has done, that of the trial it goes on from included.
pub(super) fn work(trial: &TrialRecord) -> u64 {
    let last = trial.last_report().or_else(|| trial.parent().map(|(_, step)| (step, 0.0)));
    last.map_or(0, |(step, _)| step.saturating_add(1))
}

/// The amounts of work that the trial's last report is the first to reach. A rung is decided there, and never again.
pub(super) fn just_reached(
    rungs: impl Iterator<Item = u64>,
    trial: &TrialRecord,
) -> impl Iterator<Item = u64> {
    let after = |report: Option<&(u64, f64)>| report.map_or(0, |(step, _)| step.saturating_add(1));
    let (done, earlier) = (after(trial.reports.last()), after(trial.reports.iter().rev().nth(1)));
    rungs.skip_while(move |rung| *rung <= earlier).take_while(move |rung| *rung <= done)
}

#[cfg(test)]
mod tests {
    use super::Rungs;

    #[test]
    fn rungs_grow_by_the_factor_and_stay_below_a_whole_trial() {
        let rungs = |least, end, factor| Rungs::new(least, end, factor).iter().take(5).collect::<Vec<u64>>();
        assert_eq!(rungs(1, 0, 3), [1, 3, 9, 27, 81]);
        assert_eq!(rungs(3, 0, 2), [3, 6, 12, 24, 48]);
        assert_eq!(rungs(1, 30, 3), [1, 3, 10]);
        assert_eq!(rungs(1, 81, 3), [1, 3, 9, 27]);
        assert_eq!(rungs(4, 81, 3), [9, 27]);
        assert_eq!(rungs(1, 1, 3), Vec::<u64>::new());
    }
}
