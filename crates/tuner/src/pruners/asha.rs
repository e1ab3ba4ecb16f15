//! ASHA: at growing steps, only the best share of what has been seen there goes on.

use tunesmith_core::{Describe, Flow, Generator, Param, register};

use super::ranking::{Standing, better, sort};
use super::rungs::{Rungs, just_reached, work};
use super::settings::{max_resource, min_resource, reduction_factor};
use crate::{History, Next, PrunerEntry, Scheduler, TrialRecord, TrialState};

/// Lets a trial go on from a rung only if it is among the best 1/`reduction_factor` of the trials that reached the rung.
///
/// Rungs lie at `min_resource * reduction_factor^k` steps of work or, when the whole work of a trial is known, at
/// `max_resource / reduction_factor^k`. Steps count from 0, so a report at step s has cost s + 1. A trial's value at a
/// rung is its first report there or later.
///
/// The promoting kind (Li et al. 2020) pauses every trial at a rung and lets the best of a rung go on as soon as enough
/// others have reached it; it asks for objectives that can go on ([`Study::optimize_resumable`](crate::Study)), others
/// run again from their start. The stopping kind decides at once: a trial stops for good unless it is among the best so
/// far. While a rung has seen at most `grace` trials it lets all pass; while it has seen fewer than `reduction_factor`,
/// only the best passes. Equals pass together.
///
/// A search that has its total of trials and would end without a complete one lets the best of those that came furthest
/// go on to its end. With several objectives trials compare by the front they lie in and, within a front, by an order
/// that covers it evenly; trials that keep their constraints come before those that break them (MO-ASHA).
///
/// The default factor is 3: the theory's optimum is e (Li et al. 2018, section 3.6 finds 3 and 4 alike), and with 30
/// epochs 3 gives rungs at 1, 3, 9 and 27, where 4 gives 1, 4 and 16 and lets a bad trial run twice as long.
///
/// ```
/// use tunesmith_core::{Flow, Space};
/// use tunesmith_tuner::{Direction, History, Scheduler, TrialRecord, pruners::Asha};
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
/// assert_eq!(Asha::default().judge(&at_first_rung(0.45), &history), Flow::Continue); // second of seven
/// assert_eq!(Asha::default().judge(&at_first_rung(0.35), &history), Flow::Stop);
/// assert_eq!(Asha::promoting(9).judge(&at_first_rung(0.45), &history), Flow::Pause);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Asha {
    /// Steps of work before the first rung.
    pub min_resource: usize,
    /// Steps of work of a whole trial; 0 when it is not known.
    pub max_resource: usize,
    /// One in this many goes on at a rung.
    pub reduction_factor: usize,
    /// Trials that a rung lets pass before it stops any.
    pub grace: usize,
    /// Whether trials pause at a rung until they are among the best, instead of being stopped for good at once.
    pub promote: bool,
}

impl Default for Asha {
    fn default() -> Self {
        Self { min_resource: 1, max_resource: 0, reduction_factor: 3, grace: 0, promote: false }
    }
}

impl Asha {
    /// The promoting kind for trials of so many steps.
    #[must_use]
    pub fn promoting(max_resource: usize) -> Self {
        Self { max_resource, promote: true, ..Self::default() }
    }

    pub(super) fn rungs(&self) -> Rungs {
        Rungs::new(self.min_resource as u64, self.max_resource as u64, self.reduction_factor as u64)
    }
}

impl Describe for Asha {
    const NAME: &'static str = "asha";
    const ABOUT: &'static str = "at growing steps only the best share of the trials seen there goes on";
    const SOURCE: &'static str = "Li et al. 2020, A System for Massively Parallel Hyperparameter Tuning; stopping rule as in Optuna and Ray Tune; several objectives: Schmucker et al. 2021, arXiv 2106.12639";
    const PARAMS: &'static [Param<Self>] = &[
        min_resource(|s: &mut Self| &mut s.min_resource),
        max_resource(|s: &mut Self| &mut s.max_resource),
        reduction_factor(|s: &mut Self| &mut s.reduction_factor),
        Param::int(
            "grace",
            0,
            20,
            |s: &mut Self| &mut s.grace,
            "trials that a rung lets pass before it stops any",
        )
        .fixed(),
        Param::switch(
            "promote",
            |s: &mut Self| &mut s.promote,
            "pause trials at a rung until they are among the best, instead of stopping them",
        )
        .fixed(),
    ];
}

impl Scheduler for Asha {
    fn judge(&self, trial: &TrialRecord, history: &History) -> Flow {
        let Some((_, value)) = trial.last_report() else { return Flow::Continue };
        let mut flow = Flow::Continue;
        for rung in just_reached(self.rungs().iter(), trial) {
            if value.is_nan() {
                return Flow::Stop;
            }
            if self.promote {
                flow = Flow::Pause;
            } else if self.stops(rung, trial, history) {
                return Flow::Stop;
            }
        }
        flow
    }

    fn next(&self, history: &History, _: &mut Generator) -> Option<Next> {
        if self.promote { self.promotion(history, u64::MAX).map(Next::Resume) } else { None }
    }

    fn finish(&self, history: &History, generator: &mut Generator) -> Option<u64> {
        match self.next(history, generator) {
            Some(Next::Resume(number)) => Some(number),
            _ => self.last_resort(history),
        }
    }

    fn until(&self, last: Option<u64>) -> Option<u64> {
        let done = last.map_or(0, |step| step.saturating_add(1));
        self.rungs().iter().find(|rung| *rung > done).map(|rung| rung - 1)
    }
}

impl Asha {
    fn stops(&self, rung: u64, trial: &TrialRecord, history: &History) -> bool {
        let others = history.trials().iter().filter(|other| other.number != trial.number);
        let others: Vec<Standing<'_>> =
            others.filter_map(|other| Standing::at(rung, other, history)).collect();
        let seen = others.len() + 1;
        if seen <= self.grace {
            return false;
        }
        Standing::at(rung, trial, history)
            .is_some_and(|own| better(&own, others) >= (seen / self.reduction_factor).max(1))
    }

    /// The best trial that pauses at the highest rung where one may go on; rungs from `end` on let none go on.
    pub(super) fn promotion(&self, history: &History, end: u64) -> Option<u64> {
        let furthest = history.open().map(work).max()?;
        let rungs: Vec<u64> = self.rungs().iter().take_while(|rung| *rung <= furthest).collect();
        let mut allowed = rungs.iter().rev().filter(|rung| **rung < end);
        allowed.find_map(|&rung| self.promoted(rung, history))
    }

    /// The best trial that pauses at a rung, if it is among the best of those that reached it.
    fn promoted(&self, rung: u64, history: &History) -> Option<u64> {
        let next = self.rungs().iter().find(|next| *next > rung).unwrap_or(u64::MAX);
        let trials = history.trials().iter();
        let mut seen: Vec<Standing<'_>> =
            trials.filter_map(|trial| Standing::at(rung, trial, history)).collect();
        let promotable = seen.len() / self.reduction_factor;
        sort(&mut seen);
        let pauses_here = |trial: &TrialRecord| trial.state == TrialState::Paused && work(trial) < next;
        seen.iter().take(promotable).map(|one| one.trial).find(|trial| pauses_here(trial)).map(|t| t.number)
    }

    /// The best of the paused trials that came furthest, if a search would end without any complete trial.
    pub(super) fn last_resort(&self, history: &History) -> Option<u64> {
        let counts = history.counts();
        if !self.promote || counts.complete > 0 || counts.running > 0 {
            return None;
        }
        let furthest = history.open().filter(|trial| trial.state == TrialState::Paused).map(work).max()?;
        let paused = history.open().filter(|t| t.state == TrialState::Paused && work(t) == furthest);
        let mut paused: Vec<Standing<'_>> =
            paused.filter_map(|trial| Standing::at(furthest, trial, history)).collect();
        sort(&mut paused);
        paused.first().map(|best| best.trial.number)
    }
}

register!(PrunerEntry, Asha);
