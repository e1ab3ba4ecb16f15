//! `Observer`: who wants to watch a study, such as a progress bar.

use std::fmt::Debug;

use tunesmith_core::Flow;

use crate::{Trial, TrialRecord};

/// Hears what happens in a study, on the thread on which it happens; it should return soon.
pub trait Observer: Debug + Send + Sync {
    /// A stored study goes on; these are its trials so far.
    fn resumed(&self, trials: &[TrialRecord]) {
        let _ = trials;
    }

    /// A trial begins.
    fn started(&self, trial: &Trial) {
        let _ = trial;
    }

    /// A trial has reported a value, and was answered.
    fn reported(&self, trial: &Trial, step: u64, value: f64, answer: Flow) {
        let _ = (trial, step, value, answer);
    }

    /// A trial has ended, or waits again.
    fn finished(&self, trial: &TrialRecord) {
        let _ = trial;
    }
}
