//! Running a race on several threads.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Condvar, Mutex, PoisonError};

use tunesmith_core::Params;

use super::{Race, RaceResult};
use crate::Stop;

impl Race {
    /// Runs the race to its end on so many threads, and says how it came out; nothing when somebody said stop.
    ///
    /// `measure` runs settings on the seed of that number and returns the value; what is not finite has diverged, and
    /// nothing means that the run was broken off. The result does not depend on the number of threads.
    ///
    /// ```
    /// use tunesmith_core::{Params, Value};
    /// use tunesmith_tuner::{Candidate, Race, RaceOptions, Stop};
    /// let settings = |x: f64| Params::from([("x".to_owned(), Value::Float(x))]);
    /// let candidate = Candidate { params: settings(1.0), search_value: Some(1.0) };
    /// let mut race = Race::new(vec![candidate], settings(2.0), RaceOptions::default());
    /// let measure = |params: &Params, seed: usize| Some(params["x"].as_f64().unwrap() + 0.01 * (seed % 3) as f64);
    /// let result = race.run(2, &Stop::new(), measure).unwrap();
    /// assert_eq!((result.leader, result.finished), (0, true));
    /// ```
    ///
    /// # Panics
    /// When `measure` does, or there are no workers.
    pub fn run(
        &mut self,
        workers: usize,
        stop: &Stop,
        measure: impl Fn(&Params, usize) -> Option<f64> + Sync,
    ) -> Option<RaceResult> {
        assert!(workers > 0, "a race needs at least one worker");
        let (race, told) = (Mutex::new(&mut *self), Condvar::new());
        let lock = || race.lock().unwrap_or_else(PoisonError::into_inner);
        let work = || {
            let mut held = lock();
            loop {
                if stop.is_set() || held.is_finished() {
                    told.notify_all();
                    return;
                }
                let Some(trial) = held.ask() else {
                    // The round ends with a run that another thread is at.
                    held = told.wait(held).unwrap_or_else(PoisonError::into_inner);
                    continue;
                };
                let params = held.params(trial.candidate).clone();
                drop(held);
                let measured = catch_unwind(AssertUnwindSafe(|| measure(&params, trial.seed_index)));
                held = lock();
                if let Ok(Some(value)) = measured {
                    held.tell(trial, value);
                } else {
                    held.give_back(trial);
                    stop.stop();
                }
                told.notify_all();
                if let Err(panic) = measured {
                    drop(held); // the others end first
                    resume_unwind(panic);
                }
            }
        };
        std::thread::scope(|scope| {
            let others: Vec<_> = (1..workers).map(|_| scope.spawn(work)).collect();
            work();
            others.into_iter().for_each(|worker| worker.join().unwrap_or_else(|panic| resume_unwind(panic)));
        });
        if stop.is_set() { None } else { self.result() }
    }
}
