//! No pruning: every trial runs to its end.

use tunesmith_core::{Describe, register};

use crate::{History, Pruner, PrunerEntry, TrialRecord};

/// Never stops a trial.
///
/// ```
/// use tunesmith_core::Space;
/// use tunesmith_tuner::{Direction, History, Pruner, TrialRecord, pruners::NoPruning};
/// let history = History::new(Space::new(), Direction::Minimize);
/// assert!(!NoPruning.prune(&TrialRecord::new(0), &history));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct NoPruning;

impl Describe for NoPruning {
    const NAME: &'static str = "none";
    const ABOUT: &'static str = "every trial runs to its end";
}

impl Pruner for NoPruning {
    fn prune(&self, _trial: &TrialRecord, _history: &History) -> bool {
        false
    }
}

register!(PrunerEntry, NoPruning);
