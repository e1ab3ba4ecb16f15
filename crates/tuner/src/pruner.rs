//! `Pruner`: what stops bad trials early.

use std::fmt::Debug;

use tunesmith_core::{Describe, Meta, Place, from_table, kind};

use crate::{History, TrialRecord};

/// Says after each report whether a trial is worth going on.
///
/// A pruner is a pure function of the trial and the history; the trial itself stands in the history too, running.
pub trait Pruner: Debug + Send + Sync {
    /// Whether the trial should stop for good now, after its last report.
    fn prune(&self, trial: &TrialRecord, history: &History) -> bool;
}

impl Pruner for Box<dyn Pruner> {
    fn prune(&self, trial: &TrialRecord, history: &History) -> bool {
        (**self).prune(trial, history)
    }
}

kind! {
    /// A registered pruner; a recipe calls it `scheduler`.
    ///
    /// ```
    /// use tunesmith_core::{Table, find};
    /// use tunesmith_tuner::PrunerEntry;
    /// let entry = find::<PrunerEntry>("median", "tuning.scheduler").unwrap();
    /// assert!(entry.build(&Table::new(), "tuning.scheduler").is_ok());
    /// ```
    pub struct PrunerEntry: "pruner", "pruners" => Box<dyn Pruner>;
}

impl PrunerEntry {
    /// The entry of a described pruner; [`register!`](tunesmith_core::register) calls it.
    #[must_use]
    pub const fn of<T: Describe + Pruner>(place: Place) -> Self {
        Self::new(Meta::of::<T>(place), |table, at| Ok(Box::new(from_table::<T>(table, at)?)))
    }
}
