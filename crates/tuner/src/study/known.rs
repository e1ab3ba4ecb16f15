//! What a study knows: reading it.

use super::Study;
use crate::{Counts, History, TrialRecord};

impl Study {
    /// The complete trial with the best value, the earliest of equals.
    #[must_use]
    pub fn best(&self) -> Option<TrialRecord> {
        self.state().history.best().cloned()
    }

    /// All trials this handle knows of, by number.
    #[must_use]
    pub fn trials(&self) -> Vec<TrialRecord> {
        self.state().history.trials().to_vec()
    }

    /// How many trials are in each state.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.state().history.counts()
    }

    /// How many trials a budget has paid for (see [`History::spent`]).
    #[must_use]
    pub fn spent(&self) -> u64 {
        self.state().history.spent()
    }

    /// Reads what is known without copying it; other calls wait meanwhile.
    pub fn with_history<T>(&self, read: impl FnOnce(&History) -> T) -> T {
        read(&self.state().history)
    }
}
