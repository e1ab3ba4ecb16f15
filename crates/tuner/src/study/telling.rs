//! What a study is told: reports, constraints, how trials ended, and what to try.

use tunesmith_core::{Flow, Params};

use super::Study;
use crate::attributes::{self, json};
use crate::narrow::narrowed;
use crate::{History, Outcome, Scope, StorageError, Trial, TrialRecord, TrialState};

impl Study {
    /// Takes a trial's value at a step and says whether it is worth going on. A step is reported once; a second value
    /// changes nothing, and the trial goes on: it is one that was paused and runs again from its start.
    ///
    /// # Errors
    /// When the trial does not run, or the storage fails.
    pub fn report(&self, trial: &Trial, step: u64, value: f64) -> Result<Flow, StorageError> {
        let number = trial.number();
        let mut state = self.state();
        running(&state.history, number)?;
        let mut new = false;
        state.history.change(number, |record| new = record.report(step, value));
        if !new {
            return Ok(Flow::Continue);
        }
        let record = running(&state.history, number)?;
        let answer = self.scheduler.judge(record, &state.history);
        drop(state);
        self.storage.report(self.id, number, step, value)?;
        self.tell_observers(|observer| observer.reported(trial, step, value, answer));
        Ok(answer)
    }

    /// Takes a trial's values at a step in all objectives, as [`Study::report`] takes one.
    ///
    /// # Errors
    /// When the trial does not run, or the storage fails.
    ///
    /// # Panics
    /// When there are more or fewer values than objectives.
    #[track_caller]
    pub fn report_values(&self, trial: &Trial, step: u64, values: &[f64]) -> Result<Flow, StorageError> {
        let mut state = self.state();
        let objectives = state.history.directions().len();
        assert!(
            values.len() == objectives,
            "report: {} values at step {step}, the study has {objectives} objectives",
            values.len()
        );
        let number = trial.number();
        if values.len() > 1 && running(&state.history, number)?.report_at(step).is_none() {
            let (key, json) = (attributes::report_key(step), attributes::numbers_json(values));
            self.storage.set_attribute(self.id, number, Scope::System, &key, &json)?;
            state.history.change(number, |record| {
                record.system.insert(key, json);
            });
        }
        drop(state);
        self.report(trial, step, values[0])
    }

    /// Says how far a trial keeps a constraint: zero or less is kept, more is broken by so much. It may be said before
    /// anything is run, and again when it is known better.
    ///
    /// # Errors
    /// When there is no such trial, or the storage fails.
    pub fn set_constraint(&self, trial: u64, name: &str, value: f64) -> Result<(), StorageError> {
        let key = attributes::constraint_key(name);
        // JSON has no infinity: what is broken beyond measure is broken by the largest number there is.
        let json = json(&if value.is_nan() { f64::MAX } else { value.clamp(f64::MIN, f64::MAX) });
        self.storage.set_attribute(self.id, trial, Scope::System, &key, &json)?;
        self.state().history.set_constraint(trial, name, json);
        Ok(())
    }

    /// The step until which a trial that has reported `last` runs undisturbed, if the scheduler knows (see
    /// [`Scheduler::until`](crate::Scheduler::until)).
    #[must_use]
    pub fn until(&self, last: Option<u64>) -> Option<u64> {
        self.scheduler.until(last)
    }

    /// Ends a trial, and returns what is now known of it.
    ///
    /// A value that is not a number counts as diverged.
    ///
    /// # Errors
    /// When the trial does not run, or the storage fails.
    pub fn tell(&self, trial: &Trial, outcome: Outcome) -> Result<TrialRecord, StorageError> {
        let number = trial.number();
        let (mut record, objectives) = {
            let state = self.state();
            (running(&state.history, number)?.clone(), state.history.directions().len())
        };
        outcome.record_in(&mut record, objectives);
        // Written without the lock, so that a slow disk does not hold up the other workers' reports.
        if record.state == TrialState::Waiting {
            self.storage.put_back(self.id, number)?;
        } else {
            self.storage.finish(self.id, &record)?;
        }
        let mut state = self.state();
        state.own.remove(&number);
        state.history.put(record.clone());
        drop(state);
        self.tell_observers(|observer| observer.finished(&record));
        Ok(record)
    }

    /// Lets a trial with these settings run before the next suggestion; settings that are not given are suggested.
    ///
    /// # Errors
    /// When the storage fails.
    ///
    /// # Panics
    /// When a setting is not of the space.
    #[track_caller]
    pub fn enqueue(&self, params: &Params) -> Result<u64, StorageError> {
        if let Err(error) = narrowed(&self.space, params) {
            panic!("enqueue: {error}");
        }
        let mut waiting = TrialRecord::new(0);
        waiting.state = TrialState::Waiting;
        waiting.system.insert(attributes::FIXED_PARAMS.to_owned(), json(params));
        waiting.number = self.storage.create(self.id, &waiting)?;
        let number = waiting.number;
        self.state().history.put(waiting);
        Ok(number)
    }
}

fn running(history: &History, number: u64) -> Result<&TrialRecord, StorageError> {
    match history.trial(number) {
        None => Err(StorageError::NoSuchTrial { trial: number }),
        Some(trial) if trial.state != TrialState::Running => {
            Err(StorageError::NotRunning { trial: number, state: trial.state.name() })
        }
        Some(trial) => Ok(trial),
    }
}
