//! `Study::optimize`: workers that ask, run the objective and tell, until the budget is spent.

use std::any::Any;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tunesmith_core::{Flow, Reporter, Value};

use crate::{Budget, IntoOutcome, Outcome, Stop, StorageError, Study, Trial};

/// Why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The study has its total of trials; some of them others may still run (see [`Study::running_elsewhere`]).
    Trials,
    /// The time is over.
    Time,
    /// Somebody said stop.
    Stopped,
}

/// A running trial as the objective sees it: its settings, and somebody to report to.
///
/// It reads like a [`Trial`]. After a report is answered by [`Flow::Stop`] the objective should return soon; what it
/// returns then is not taken for the trial's value, since the trial was pruned, timed out or interrupted.
#[derive(Debug)]
pub struct TrialRun<'a> {
    study: &'a Study,
    trial: Trial,
    started: Instant,
    limit: Option<Duration>,
    stop: &'a Stop,
    ended: Option<EndedBy>,
    error: Option<StorageError>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum EndedBy {
    Pruner,
    Timeout,
    Stop,
}

impl TrialRun<'_> {
    /// Hangs an attribute for people on the trial: the epochs it took, where its model is.
    pub fn set_attribute(&mut self, key: &str, value: impl Into<Value>) {
        if let Err(error) = self.study.set_attribute(self.trial.number(), key, &value.into()) {
            self.error.get_or_insert(error);
        }
    }

    fn check(&mut self) -> Flow {
        if self.ended.is_none() {
            if self.limit.is_some_and(|limit| self.started.elapsed() > limit) {
                self.ended = Some(EndedBy::Timeout);
            } else if self.stop.is_set() {
                self.ended = Some(EndedBy::Stop);
            }
        }
        if self.ended.is_some() || self.error.is_some() { Flow::Stop } else { Flow::Continue }
    }

    /// What to record, given what the objective returned.
    fn conclude(&self, returned: Outcome) -> Outcome {
        match (self.ended, returned) {
            (_, lesson @ (Outcome::Diverged { .. } | Outcome::Failed { .. })) => lesson,
            (Some(EndedBy::Pruner), _) => Outcome::Pruned,
            (Some(EndedBy::Timeout), _) => Outcome::Failed {
                reason: format!(
                    "timeout: stopped after {:.1} s, a trial may take {:.1} s",
                    self.started.elapsed().as_secs_f64(),
                    self.limit.unwrap_or_default().as_secs_f64()
                ),
            },
            (Some(EndedBy::Stop), _) => Outcome::Interrupted,
            (None, returned) => returned,
        }
    }
}

impl Deref for TrialRun<'_> {
    type Target = Trial;
    fn deref(&self) -> &Trial {
        &self.trial
    }
}

impl Reporter for TrialRun<'_> {
    fn report(&mut self, step: u64, value: f64) -> Flow {
        if self.ended.is_some() || self.error.is_some() {
            return Flow::Stop;
        }
        match self.study.report(&self.trial, step, value) {
            Ok(Flow::Stop) => self.ended = Some(EndedBy::Pruner),
            Ok(_) => {}
            Err(error) => self.error = Some(error),
        }
        self.check()
    }

    /// A trial that is out of time is to stop at once; one that somebody interrupts may finish what it is at.
    fn interrupted(&mut self) -> Flow {
        match (self.check(), self.ended) {
            (Flow::Stop, Some(EndedBy::Stop)) => Flow::Pause,
            (flow, _) => flow,
        }
    }
}

impl Study {
    /// Runs the objective on trial after trial until the budget is spent, on as many threads as it has workers.
    ///
    /// Workers never wait for each other's trials. A panic of the objective is caught and recorded as a failed trial
    /// with its message. With one worker the same seed gives the same trials.
    ///
    /// # Errors
    /// When the storage fails; trials that were running then are not recorded.
    ///
    /// # Panics
    /// When the sampler suggests what is not in the space.
    pub fn optimize<F, R>(&self, objective: F, budget: &Budget) -> Result<Ended, StorageError>
    where
        F: Fn(&mut TrialRun<'_>) -> R + Sync,
        R: IntoOutcome,
    {
        let began = Instant::now();
        let failure: Mutex<Option<StorageError>> = Mutex::new(None);
        let failed = || failure.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        let work = || -> Ended {
            loop {
                if budget.stop.is_set() || failed() {
                    return Ended::Stopped;
                }
                if budget.time.is_some_and(|time| began.elapsed() >= time) {
                    return Ended::Time;
                }
                let step = self.ask_within(budget.trials).and_then(|trial| match trial {
                    None => Ok(Some(Ended::Trials)),
                    Some(trial) => self.run(trial, &objective, budget).map(|()| None),
                });
                match step {
                    Ok(None) => {}
                    Ok(Some(ended)) => return ended,
                    Err(error) => {
                        failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                        return Ended::Stopped;
                    }
                }
            }
        };
        let ended = if budget.workers == 1 {
            work()
        } else {
            std::thread::scope(|scope| {
                let workers: Vec<_> = (0..budget.workers).map(|_| scope.spawn(work)).collect();
                let joined = workers.into_iter().map(|worker| worker.join());
                let ends: Vec<Ended> =
                    joined.map(|end| end.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect();
                ends.into_iter().max_by_key(|end| *end as u8).unwrap_or(Ended::Trials)
            })
        };
        match failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some(error) => Err(error),
            None => self.flush().map(|()| ended),
        }
    }

    fn run<F, R>(&self, trial: Trial, objective: &F, budget: &Budget) -> Result<(), StorageError>
    where
        F: Fn(&mut TrialRun<'_>) -> R + Sync,
        R: IntoOutcome,
    {
        let mut run = TrialRun {
            study: self,
            trial,
            started: Instant::now(),
            limit: budget.trial_time,
            stop: &budget.stop,
            ended: None,
            error: None,
        };
        // The run is only read after a panic, and holds nothing that a panic could leave half-done.
        let returned = catch_unwind(AssertUnwindSafe(|| objective(&mut run).into_outcome()));
        let lost = |error: StorageError| match error {
            // Taken for dead (a suspended machine) and given to somebody else: its result is theirs to find.
            StorageError::NotRunning { trial, .. } => {
                self.let_go(trial);
                Ok(())
            }
            error => Err(error),
        };
        if let Some(error) = run.error.take() {
            return lost(error);
        }
        let outcome = match returned {
            Ok(returned) => run.conclude(returned),
            Err(panic) => Outcome::Failed { reason: format!("panic: {}", message(&*panic)) },
        };
        self.tell(&run.trial, outcome).map(|_| ()).or_else(lost)
    }
}

fn message(panic: &(dyn Any + Send)) -> &str {
    match panic.downcast_ref::<&str>() {
        Some(text) => text,
        None => panic.downcast_ref::<String>().map_or("without a message", String::as_str),
    }
}
