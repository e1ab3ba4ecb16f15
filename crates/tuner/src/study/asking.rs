//! What a study hands out: waiting trials, paused ones that go on, new ones.

use std::time::{Instant, SystemTime};

use tunesmith_core::Seed;

use super::{LOST_CHECK, State, Study};
use crate::attributes::{self, fixed_params, json, retry_history};
use crate::narrow::narrowed;
use crate::{History, Known, Next, Scope, StorageError, Trial, TrialRecord, TrialState};

impl Study {
    /// The next point to try: an enqueued or interrupted trial if one waits, else a paused trial that the scheduler lets go
    /// on, else a suggestion.
    ///
    /// # Errors
    /// When the storage fails.
    ///
    /// # Panics
    /// When the sampler suggests what is not in the space.
    pub fn ask(&self) -> Result<Trial, StorageError> {
        Ok(self.ask_within(None)?.expect("without a limit there is always a next trial"))
    }

    /// The next point to try, or nothing when the study's trials, running ones included, have reached `total`. Paused
    /// trials go on even then.
    ///
    /// Processes that share a study and ask at the same moment may exceed the total by one each.
    ///
    /// # Errors
    /// When the storage fails.
    ///
    /// # Panics
    /// When the sampler suggests what is not in the space.
    pub fn ask_within(&self, total: Option<u64>) -> Result<Option<Trial>, StorageError> {
        let mut state = self.state();
        let mut refused = Vec::new();
        let trial = loop {
            self.refresh(&mut state)?;
            let full = total.is_some_and(|total| state.history.spent() >= total);
            // What waits is known by now; asking the storage for nothing would cost a transaction.
            let waits = !full && state.history.counts().waiting > 0;
            let claimed = if waits { self.storage.claim(self.id)? } else { None };
            let record = match (claimed, self.next(&mut state, full)) {
                (Some(waiting), _) => waiting,
                (None, Some(Next::Resume(number))) => match self.go_on(&mut state, number)? {
                    Some(trial) => break Some(trial),
                    None => continue, // somebody else was faster
                },
                (None, _) if full => break None,
                (None, next) => {
                    let mut fresh = TrialRecord::new(0);
                    if let Some(Next::Fork { parent, params }) = next {
                        fresh.params = params;
                        let step = state.history.trial(parent).and_then(TrialRecord::last_report);
                        let place = (parent, step.map_or(0, |(step, _)| step));
                        fresh.system.insert(attributes::PARENT.to_owned(), json(&place));
                    }
                    fresh.started = Some(SystemTime::now());
                    fresh.number = self.storage.create(self.id, &fresh)?;
                    fresh
                }
            };
            match self.begin(&mut state, record)? {
                Ok(trial) => break Some(trial),
                Err(record) => refused.push(record),
            }
        };
        drop(state);
        refused.iter().for_each(|record| self.tell_observers(|observer| observer.finished(record)));
        if let Some(trial) = &trial {
            self.tell_observers(|observer| observer.started(trial));
        }
        Ok(trial)
    }

    /// What the scheduler wants to run instead of a new trial, if anything; in a full study, after the last one.
    fn next(&self, state: &mut State, full: bool) -> Option<Next> {
        if state.history.counts().paused == 0 {
            return None;
        }
        let seed = self.seed.named("next").at(state.history.trials().len() as u64);
        let mut generator = seed.generator();
        let next = match full {
            false => self.scheduler.next(&state.history, &mut generator)?,
            true => Next::Resume(self.scheduler.finish(&state.history, &mut generator)?),
        };
        let (Next::Resume(number) | Next::Fork { parent: number, .. }) = &next;
        let paused = state.history.trial(*number).is_some_and(|trial| trial.state == TrialState::Paused);
        assert!(paused, "the scheduler {:?} lets trial {number} go on, which is not paused", self.scheduler);
        Some(next)
    }

    /// Lets a paused trial run again; nothing when it is not paused any more.
    fn go_on(&self, state: &mut State, number: u64) -> Result<Option<Trial>, StorageError> {
        if !self.storage.resume(self.id, number)? {
            return Ok(None); // the next refresh tells what became of it
        }
        let Some(mut record) = state.history.trial(number).cloned() else { return Ok(None) };
        record.resume();
        state.own.insert(number);
        state.history.put(record);
        Ok(self.known(&state.history, number))
    }

    /// Settles the seed and the settings of a trial that just began to run; a waiting trial that asks for what the
    /// space does not hold fails, and comes back as an error.
    fn begin(
        &self,
        state: &mut State,
        mut record: TrialRecord,
    ) -> Result<Result<Trial, TrialRecord>, StorageError> {
        let number = record.number;
        let seed = match attributes::seed(&record.system) {
            Some(seed) => Seed::new(seed),
            None => {
                let first = retry_history(&record).first().copied().unwrap_or(number);
                let seed = self.seed.named("trial").at(state.history.ordinal(first));
                let json = attributes::seed_json(seed.value());
                self.storage.set_attribute(self.id, number, Scope::System, attributes::SEED, &json)?;
                record.system.insert(attributes::SEED.to_owned(), json);
                seed
            }
        };
        let settings = if record.params.is_empty() {
            narrowed(&self.space, &fixed_params(&record)).map(|space| {
                let mut generator = seed.named("suggest").generator();
                let params = self.sampler.suggest(&space, &state.history, &mut generator);
                if let Err(error) = self.space.check(&params) {
                    panic!("the sampler {:?} suggests what is not in the space: {error}", self.sampler);
                }
                params
            })
        } else {
            self.space.check(&record.params).map(|()| record.params.clone())
        };
        match settings {
            Ok(params) => {
                self.storage.set_params(self.id, number, &params)?;
                record.params.clone_from(&params);
                state.own.insert(number);
                let parent = record.parent();
                state.history.put(record);
                Ok(Ok(Trial::new(number, params, seed).going_on(parent, None)))
            }
            Err(error) => {
                record.state = TrialState::Failed;
                record.reason =
                    Some(format!("the trial waited with settings that are not of this space: {error}"));
                record.finished = Some(SystemTime::now());
                self.storage.finish(self.id, &record)?;
                state.history.put(record.clone());
                Ok(Err(record))
            }
        }
    }

    /// Learns what other processes have done, and now and then looks for those that are gone.
    fn refresh(&self, state: &mut State) -> Result<(), StorageError> {
        if state.checked.elapsed() >= LOST_CHECK {
            state.checked = Instant::now();
            self.storage.requeue_lost(self.id)?;
        }
        let numbers = |wanted: TrialState| -> Vec<u64> {
            let trials = state.history.open().filter(|trial| trial.state == wanted);
            trials.map(|trial| trial.number).filter(|number| !state.own.contains(number)).collect()
        };
        let known = Known {
            below: state.known,
            running: numbers(TrialState::Running),
            waiting: numbers(TrialState::Waiting),
            paused: numbers(TrialState::Paused),
        };
        for trial in self.storage.refresh(self.id, &known)? {
            if !state.own.contains(&trial.number) {
                state.history.put(trial);
            }
        }
        state.known = first_unknown(&state.history, state.known);
        Ok(())
    }
}

/// The first number from `known` on that the history does not have.
pub(super) fn first_unknown(history: &History, known: u64) -> u64 {
    (known..).find(|number| history.trial(*number).is_none()).unwrap_or(u64::MAX)
}
