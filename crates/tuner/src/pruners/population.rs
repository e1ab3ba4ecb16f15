//! Populations: members that train side by side, of which the worst make room for copies of the best.

use super::rungs::work;
use crate::{History, TrialRecord, TrialState};

/// The members of one round: so many trials that began by themselves, and the copies that took the places of others.
#[derive(Debug)]
pub(super) struct Round<'a> {
    /// All trials of the round, by number.
    pub(super) members: Vec<&'a TrialRecord>,
    /// How many of them began by themselves.
    pub(super) begun: usize,
    history: &'a History,
}

/// The rounds of a study, oldest first. Read from the trials alone: who began without a parent, whose parent is where.
pub(super) fn rounds(history: &History, population: usize) -> Vec<Round<'_>> {
    let mut rounds: Vec<Round<'_>> = Vec::new();
    let mut place = std::collections::BTreeMap::new();
    for trial in history.trials() {
        if history.ordinal(trial.number + 1) == history.ordinal(trial.number) {
            continue; // repeated by another, which has its place
        }
        let of_parent = trial.parent().and_then(|(parent, _)| place.get(&parent).copied());
        let round = of_parent.unwrap_or_else(|| {
            if rounds.last().is_none_or(|round| round.begun >= population) {
                rounds.push(Round { members: Vec::new(), begun: 0, history });
            }
            let last = rounds.len() - 1;
            rounds[last].begun += 1;
            last
        });
        place.insert(trial.number, round);
        rounds[round].members.push(trial);
    }
    rounds
}

impl<'a> Round<'a> {
    /// The round that a trial belongs to.
    pub(super) fn holds(&self, number: u64) -> bool {
        self.members.binary_search_by_key(&number, |trial| trial.number).is_ok()
    }

    /// Places that nobody took after their trial had ended without completing.
    pub(super) fn free(&self) -> usize {
        let lost = |trial: &&&TrialRecord| trial.state.is_finished() && trial.state != TrialState::Complete;
        let copies = self.members.len() - self.begun;
        self.members.iter().filter(lost).count().saturating_sub(copies)
    }

    /// The members that train or have trained to the end.
    pub(super) fn alive(&self) -> impl Iterator<Item = &'a TrialRecord> + '_ {
        let open = |trial: &&&TrialRecord| !trial.state.is_finished() || trial.state == TrialState::Complete;
        self.members.iter().filter(open).copied()
    }

    /// The paused members, those with the least work first.
    pub(super) fn paused(&self) -> Vec<&'a TrialRecord> {
        let mut paused: Vec<&TrialRecord> =
            self.members.iter().filter(|trial| trial.state == TrialState::Paused).copied().collect();
        paused.sort_by_key(|trial| (work(trial), trial.number));
        paused
    }

    /// How many of the living members are better than a trial: each is compared where both have been, at the work of the
    /// one that has done less.
    pub(super) fn better_than(&self, trial: &TrialRecord) -> usize {
        let own_work = work(trial);
        let is_better = |other: &&TrialRecord| {
            let common = own_work.min(work(other));
            let losses = self.loss(other, common).zip(self.loss(trial, common));
            losses.is_some_and(|(other, own)| other < own || own.is_nan() && !other.is_nan())
        };
        self.alive().filter(|other| other.number != trial.number).filter(is_better).count()
    }

    /// The loss a trial, or the ancestor that it is a copy of, had after so much work: its last report up to there.
    pub(super) fn loss(&self, trial: &TrialRecord, until: u64) -> Option<f64> {
        let mut trial = trial;
        let mut until = until;
        loop {
            let reported = trial.reports.partition_point(|&(step, _)| step < until);
            if let Some(&(_, value)) = reported.checked_sub(1).map(|last| &trial.reports[last]) {
                return Some(self.history.direction().loss(value));
            }
            let (parent, step) = trial.parent()?;
            until = until.min(step.saturating_add(1));
            trial = self.history.trial(parent)?;
        }
    }
}
