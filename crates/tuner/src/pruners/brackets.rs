//! Brackets: groups of trials that wait for each other at rungs, where the best of them go on together.

use tunesmith_core::Flow;

use super::ranking::{Standing, sort};
use super::rungs::{just_reached, work};
use crate::{History, TrialRecord, TrialState};

/// Makes a scheduler of a type whose groups `self.cycle()` describes.
macro_rules! runs_in_groups {
    ($Scheduler:ty) => {
        impl $crate::Scheduler for $Scheduler {
            fn judge(&self, trial: &$crate::TrialRecord, history: &$crate::History) -> tunesmith_core::Flow {
                self.cycle().judge(trial, history)
            }

            fn next(
                &self,
                history: &$crate::History,
                _: &mut tunesmith_core::Generator,
            ) -> Option<$crate::Next> {
                self.cycle().next(history, false).map($crate::Next::Resume)
            }

            fn finish(&self, history: &$crate::History, _: &mut tunesmith_core::Generator) -> Option<u64> {
                self.cycle().next(history, true)
            }

            fn until(&self, last: Option<u64>) -> Option<u64> {
                self.cycle().until(last)
            }
        }
    };
}
pub(super) use runs_in_groups;

/// A group of trials that run through the same rungs.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Bracket {
    /// How many trials begin.
    pub(super) size: usize,
    /// After how much work how many go on, the least work first; those that pass the last run to their end.
    pub(super) rungs: Vec<(u64, usize)>,
}

impl Bracket {
    /// Which paused trial of the group goes on. `closed`: nobody else will join, however few there are.
    ///
    /// Everything is read from what the trials have reported, so a trial that fails, or comes to the group because another
    /// was lost, holds nobody up.
    fn next(&self, members: &[&TrialRecord], closed: bool, history: &History) -> Option<u64> {
        let behind = |trials: &[&TrialRecord], rung: u64| {
            let mut paused = trials.iter().filter(|trial| trial.state == TrialState::Paused);
            paused.find(|trial| work(trial) < rung).map(|trial| trial.number)
        };
        let mut alive = members.to_vec();
        for &(rung, keep) in &self.rungs {
            if let Some(number) = behind(&alive, rung) {
                return Some(number);
            }
            let there = |trial: &&TrialRecord| trial.state.is_finished() || work(trial) >= rung;
            if !(alive.iter().all(there) && (closed || members.len() >= self.size)) {
                return None;
            }
            let mut standings: Vec<Standing<'_>> = alive
                .iter()
                .filter(|trial| !matches!(trial.state, TrialState::Diverged | TrialState::Pruned))
                .filter_map(|trial| Standing::at_or_end(rung, trial, history))
                .collect();
            sort(&mut standings);
            // A group that stays smaller than planned lets the same share go on.
            let keep = (keep * members.len()).div_ceil(self.size.max(1)).max(1);
            alive = standings.iter().take(keep).map(|standing| standing.trial).collect();
        }
        behind(&alive, u64::MAX)
    }
}

/// Brackets one after the other, over and over: a trial's place in the study says to which it belongs.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Cycle(pub(super) Vec<Bracket>);

impl Cycle {
    /// Which time round, and which bracket, the trial of that place belongs to.
    fn group(&self, ordinal: u64) -> (u64, usize) {
        let all: u64 = self.0.iter().map(|bracket| bracket.size as u64).sum();
        let mut place = ordinal % all.max(1);
        for (index, bracket) in self.0.iter().enumerate() {
            match place.checked_sub(bracket.size as u64) {
                Some(rest) => place = rest,
                None => return (ordinal / all, index),
            }
        }
        (0, 0)
    }

    /// A trial pauses at the rungs of its bracket; there, what is not a number stops.
    pub(super) fn judge(&self, trial: &TrialRecord, history: &History) -> Flow {
        let (_, index) = self.group(history.ordinal(trial.number));
        let rungs = self.0[index].rungs.iter().map(|&(rung, _)| rung);
        match (just_reached(rungs, trial).next(), trial.last_report()) {
            (Some(_), Some((_, value))) if value.is_nan() => Flow::Stop,
            (Some(_), _) => Flow::Pause,
            (None, _) => Flow::Continue,
        }
    }

    /// Which paused trial goes on, from the oldest bracket on that lets one. `closed`: no trial will begin any more.
    pub(super) fn next(&self, history: &History, closed: bool) -> Option<u64> {
        let mut groups: Vec<((u64, usize), Vec<&TrialRecord>)> = Vec::new();
        for trial in history.trials() {
            let ordinal = history.ordinal(trial.number);
            if history.ordinal(trial.number + 1) == ordinal {
                continue; // repeated by another, which has its place
            }
            let group = self.group(ordinal);
            match groups.last_mut().filter(|(last, _)| *last == group) {
                Some((_, members)) => members.push(trial),
                None => groups.push((group, vec![trial])),
            }
        }
        let waits = |members: &[&TrialRecord]| members.iter().any(|t| t.state == TrialState::Paused);
        let mut groups = groups.iter().filter(|(_, members)| waits(members));
        groups.find_map(|((_, index), members)| self.0[*index].next(members, closed, history))
    }

    /// The next step at which a trial of any bracket pauses.
    pub(super) fn until(&self, last: Option<u64>) -> Option<u64> {
        let done = last.map_or(0, |step| step.saturating_add(1));
        let rungs = self.0.iter().flat_map(|bracket| &bracket.rungs).map(|&(rung, _)| rung);
        rungs.filter(|rung| *rung > done).min().map(|rung| rung - 1)
    }
}
