//! What a study knows: reading it.

use super::Study;
use crate::{Counts, History, TrialRecord, TrialState};

impl Study {
    /// The complete trial with the best value, the earliest of equals.
    #[must_use]
    pub fn best(&self) -> Option<TrialRecord> {
        self.state().history.best().cloned()
    }

    /// The complete trial of which a model expects most (see [`History::expected_best`]).
    #[must_use]
    pub fn expected_best(&self) -> Option<TrialRecord> {
        self.state().history.expected_best().cloned()
    }

    /// The trials that none other beats in every objective, by number (see [`History::front`]).
    #[must_use]
    pub fn front(&self) -> Vec<TrialRecord> {
        self.state().history.front().into_iter().cloned().collect()
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

    /// How many trials others run, as of the last time this handle asked for one: those of other processes and handles.
    ///
    /// A search that [ended by its trials](crate::Ended::Trials) counts them as paid for but does not wait for them, so
    /// its best may yet be beaten.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use tunesmith_core::Space;
    /// use tunesmith_tuner::{Budget, Ended, MemoryStorage, Study, TrialRun};
    /// let storage = Arc::new(MemoryStorage::new());
    /// let open = || Study::minimize(Space::new()).storage(storage.clone()).open().unwrap();
    /// let (here, elsewhere) = (open(), open());
    /// elsewhere.ask().unwrap();
    /// let ended = here.optimize(|_: &mut TrialRun<'_>| 1.0, &Budget::trials(3)).unwrap();
    /// assert_eq!((ended, here.counts().complete), (Ended::Trials, 2));
    /// assert_eq!((here.running_elsewhere(), elsewhere.running_elsewhere()), (1, 0));
    /// ```
    #[must_use]
    pub fn running_elsewhere(&self) -> usize {
        let state = self.state();
        let running = state.history.open().filter(|trial| trial.state == TrialState::Running);
        running.filter(|trial| !state.own.contains(&trial.number)).count()
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
