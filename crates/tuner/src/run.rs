//! `Study::optimize`: workers that ask, run the objective and tell, until the budget is spent.

use std::any::Any;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tunesmith_core::{Flow, Reporter, Value};

use crate::{Budget, IntoOutcome, Outcome, Stop, StorageError, Study, Trial};

/// How long a worker without a trial waits before it looks at the time again.
const PATIENCE: Duration = Duration::from_millis(50);

/// Why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The study has its total of trials; some of them others may still run (see [`Study::running_elsewhere`]).
    Trials,
    /// The time is over.
    Time,
    /// A rule of the budget says that nothing more is to be found (see [`Budget::until`]).
    Rule,
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
    /// Whether the objective keeps a state when it is paused.
    resumable: bool,
    /// The trial ran before, up to this step: it runs again to have its state back.
    again: Option<u64>,
    ended: Option<EndedBy>,
    error: Option<StorageError>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum EndedBy {
    Pruner,
    Pause,
    Timeout,
    Stop,
}

impl<'a> TrialRun<'a> {
    pub(crate) fn new(study: &'a Study, trial: Trial, budget: &'a Budget) -> Self {
        Self {
            study,
            trial,
            started: Instant::now(),
            limit: budget.trial_time,
            stop: &budget.stop,
            resumable: false,
            again: None,
            ended: None,
            error: None,
        }
    }

    /// The same for an objective that keeps its state.
    pub(crate) fn keep_state(&mut self) {
        self.resumable = true;
    }

    /// The same trial, or another one, run again up to a step, to have its state back; nothing is reported.
    pub(crate) fn run_again(&self, trial: Trial, until: u64) -> TrialRun<'a> {
        let Self { study, started, limit, stop, .. } = *self;
        let (resumable, again) = (true, Some(until));
        TrialRun { study, trial, started, limit, stop, resumable, again, ended: None, error: None }
    }

    /// Whether the scheduler paused the trial.
    pub(crate) fn is_paused(&self) -> bool {
        self.ended == Some(EndedBy::Pause)
    }

    pub(crate) fn study(&self) -> &'a Study {
        self.study
    }

    /// Takes the values reached at a step in all objectives, as [`Reporter::report`] takes one.
    ///
    /// # Panics
    /// When there are more or fewer values than objectives.
    #[track_caller]
    pub fn report_values(&mut self, step: u64, values: &[f64]) -> Flow {
        if self.again.is_some() || self.ended.is_some() || self.error.is_some() {
            return self.report(step, values[0]);
        }
        let answer = self.study.report_values(&self.trial, step, values);
        self.heard(answer)
    }

    /// Says how far the trial keeps a constraint: zero or less is kept.
    pub fn set_constraint(&mut self, name: &str, value: f64) {
        if let Err(error) = self.study.set_constraint(self.trial.number(), name, value) {
            self.error.get_or_insert(error);
        }
    }

    fn heard(&mut self, answer: Result<Flow, StorageError>) -> Flow {
        match answer {
            Ok(Flow::Stop) => self.ended = Some(EndedBy::Pruner),
            Ok(Flow::Pause) => self.ended = Some(EndedBy::Pause),
            Ok(Flow::Continue) => {}
            Err(error) => self.error = Some(error),
        }
        self.check()
    }

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
        match self.ended {
            _ if self.error.is_some() => Flow::Stop,
            None => Flow::Continue,
            // Who keeps no state may as well end.
            Some(EndedBy::Pause) if self.resumable => Flow::Pause,
            Some(_) => Flow::Stop,
        }
    }

    /// What to record, given what the objective returned.
    fn conclude(&self, returned: Outcome) -> Outcome {
        match (self.ended, returned) {
            (_, lesson @ (Outcome::Diverged { .. } | Outcome::Failed { .. })) => lesson,
            (Some(EndedBy::Pruner), _) => Outcome::Pruned,
            (Some(EndedBy::Pause), _) => Outcome::Paused,
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
        if let Some(until) = self.again {
            if step >= until {
                self.ended = Some(EndedBy::Pause);
            }
            return self.check();
        }
        if self.ended.is_some() || self.error.is_some() {
            return self.check();
        }
        let answer = self.study.report(&self.trial, step, value);
        self.heard(answer)
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
    /// Workers never wait for each other's trials while there is anything to begin. A panic of the objective is caught and
    /// recorded as a failed trial with its message. With one worker the same seed gives the same trials.
    ///
    /// A trial that the scheduler pauses is told to stop; when it goes on it runs again from its start, and what it
    /// reported is not asked for again. [`Study::optimize_resumable`] keeps its state instead.
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
        self.drive(&|trial| objective(trial).into_outcome(), budget)
    }

    /// The workers: each runs trial after trial.
    pub(crate) fn drive(
        &self,
        objective: &(dyn Fn(&mut TrialRun<'_>) -> Outcome + Sync),
        budget: &Budget,
    ) -> Result<Ended, StorageError> {
        let began = Instant::now();
        // How many trials run, and how often one has ended: what ended may let a paused one go on.
        let (running, ended_one) = (Mutex::new(0_usize), Condvar::new());
        let running_now = || running.lock().unwrap_or_else(PoisonError::into_inner);
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
                if budget.rules.iter().any(|rule| self.with_history(|history| rule.check(history)).is_some())
                {
                    return Ended::Rule;
                }
                let mut now = running_now();
                let asked = self.ask_within(budget.trials);
                if let Ok(None) = asked
                    && *now > 0
                {
                    // What still runs may let a paused trial go on; a limit of time is looked at now and then.
                    drop(ended_one.wait_timeout(now, PATIENCE));
                    continue;
                }
                *now += usize::from(matches!(asked, Ok(Some(_))));
                drop(now);
                let step = asked.and_then(|trial| match trial {
                    None => Ok(Some(Ended::Trials)),
                    Some(trial) => {
                        let done = self.run(trial, objective, budget);
                        *running_now() -= 1;
                        ended_one.notify_all();
                        done.map(|()| None)
                    }
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

    fn run(
        &self,
        trial: Trial,
        objective: &(dyn Fn(&mut TrialRun<'_>) -> Outcome + Sync),
        budget: &Budget,
    ) -> Result<(), StorageError> {
        let mut run = TrialRun::new(self, trial, budget);
        // The run is only read after a panic, and holds nothing that a panic could leave half-done.
        let returned = catch_unwind(AssertUnwindSafe(|| objective(&mut run)));
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
