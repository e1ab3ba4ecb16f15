//! `Scheduler`: what lets trials go on, stop, pause and come back; and `Pruner`, the kind that only stops them.

use std::fmt::Debug;

use tunesmith_core::{Describe, Flow, Generator, Meta, Params, Place, from_table, kind};

use crate::{History, TrialRecord};

/// Says after each report what becomes of a trial, and before a new trial begins whether an old one should go on.
///
/// A scheduler is a pure function of what it is given; the trial that is judged stands in the history too, running.
pub trait Scheduler: Debug + Send + Sync {
    /// What becomes of a trial after its last report: [`Flow::Pause`] lets it wait where it is, [`Flow::Stop`] ends it.
    fn judge(&self, trial: &TrialRecord, history: &History) -> Flow;

    /// What to run instead of a new trial. Asked whenever a worker is free.
    fn next(&self, history: &History, generator: &mut Generator) -> Option<Next> {
        let _ = (history, generator);
        None
    }

    /// Which paused trial goes on when no new trial may begin any more, because the study has its total: what
    /// [`Scheduler::next`] resumes, if nothing else is said. The search ends when this is `None` and nothing runs.
    fn finish(&self, history: &History, generator: &mut Generator) -> Option<u64> {
        match self.next(history, generator) {
            Some(Next::Resume(number)) => Some(number),
            _ => None,
        }
    }

    /// The next step at which a trial that has reported `last` (or nothing) can be stopped or paused, if it is known:
    /// who runs trials elsewhere need not report before it.
    fn until(&self, last: Option<u64>) -> Option<u64> {
        let _ = last;
        None
    }
}

/// What to run instead of a new trial.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Next {
    /// A paused trial goes on.
    Resume(u64),
    /// A new trial goes on from the state of a paused one, with settings of its own.
    Fork {
        /// The trial whose state is copied.
        parent: u64,
        /// The settings of the new trial, of the history's space.
        params: Params,
    },
}

impl Scheduler for Box<dyn Scheduler> {
    fn judge(&self, trial: &TrialRecord, history: &History) -> Flow {
        (**self).judge(trial, history)
    }

    fn next(&self, history: &History, generator: &mut Generator) -> Option<Next> {
        (**self).next(history, generator)
    }

    fn finish(&self, history: &History, generator: &mut Generator) -> Option<u64> {
        (**self).finish(history, generator)
    }

    fn until(&self, last: Option<u64>) -> Option<u64> {
        (**self).until(last)
    }
}

/// Says after each report whether a trial is worth going on: a [`Scheduler`] that never pauses.
///
/// A pruner is a pure function of the trial and the history; the trial itself stands in the history too, running.
pub trait Pruner: Debug + Send + Sync {
    /// Whether the trial should stop for good now, after its last report.
    fn prune(&self, trial: &TrialRecord, history: &History) -> bool;
}

impl<P: Pruner> Scheduler for P {
    fn judge(&self, trial: &TrialRecord, history: &History) -> Flow {
        if self.prune(trial, history) { Flow::Stop } else { Flow::Continue }
    }
}

kind! {
    /// A registered pruner or scheduler; a recipe calls it `scheduler`.
    ///
    /// ```
    /// use tunesmith_core::{Table, find};
    /// use tunesmith_tuner::PrunerEntry;
    /// let entry = find::<PrunerEntry>("median", "tuning.scheduler").unwrap();
    /// assert!(entry.build(&Table::new(), "tuning.scheduler").is_ok());
    /// ```
    pub struct PrunerEntry: "pruner", "pruners" => Box<dyn Scheduler>;
}

impl PrunerEntry {
    /// The entry of a described scheduler; [`register!`](tunesmith_core::register) calls it.
    #[must_use]
    pub const fn of<T: Describe + Scheduler>(place: Place) -> Self {
        Self::new(Meta::of::<T>(place), |table, at| Ok(Box::new(from_table::<T>(table, at)?)))
    }
}
