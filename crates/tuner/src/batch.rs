//! `Batch`: runs of a round that are asked for, told in any order, and looked at together.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::Debug;

/// Runs that wait, run, and were told; a round ends when all were told.
#[derive(Clone, Debug)]
pub(crate) struct Batch<T> {
    told: BTreeMap<T, f64>,
    queue: VecDeque<T>,
    under_way: BTreeSet<T>,
}

impl<T> Default for Batch<T> {
    fn default() -> Self {
        Self { told: BTreeMap::new(), queue: VecDeque::new(), under_way: BTreeSet::new() }
    }
}

impl<T: Copy + Ord + Debug> Batch<T> {
    /// A run that waits behind the others.
    pub(crate) fn push(&mut self, run: T) {
        self.queue.push_back(run);
    }

    /// The next run; `None` when none waits.
    pub(crate) fn ask(&mut self) -> Option<T> {
        let run = self.queue.pop_front()?;
        self.under_way.insert(run);
        Some(run)
    }

    /// Takes the loss of a run that is under way, infinite when it is not finite; whether it was the round's last.
    #[track_caller]
    pub(crate) fn tell(&mut self, run: T, loss: f64) -> bool {
        assert!(self.under_way.remove(&run), "tell: {run:?} is not under way");
        self.told.insert(run, if loss.is_finite() { loss } else { f64::INFINITY });
        self.is_done()
    }

    /// Takes back a run that is under way: it is the next.
    #[track_caller]
    pub(crate) fn give_back(&mut self, run: T) {
        assert!(self.under_way.remove(&run), "give_back: {run:?} is not under way");
        self.queue.push_front(run);
    }

    /// Whether no run waits or is under way.
    pub(crate) fn is_done(&self) -> bool {
        self.queue.is_empty() && self.under_way.is_empty()
    }

    /// How many were told in this round.
    pub(crate) fn told(&self) -> usize {
        self.told.len()
    }

    /// What was told, in the order of the runs; the next round begins without.
    pub(crate) fn take(&mut self) -> BTreeMap<T, f64> {
        std::mem::take(&mut self.told)
    }
}
