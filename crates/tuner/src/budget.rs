//! `Budget`: what a run may spend, and `Stop`, who may end it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::StopRule;

/// What a run of [`Study::optimize`](crate::Study::optimize) may spend.
///
/// ```
/// use std::time::Duration;
/// use tunesmith_tuner::Budget;
/// let budget = Budget::trials(50).workers(2).trial_time(Duration::from_secs(60));
/// assert_eq!(budget.trials, Some(50));
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Budget {
    /// Trials in the whole study, those of earlier runs and other processes included; a repeated trial counts once.
    pub trials: Option<u64>,
    /// After this long no trial begins; running ones go on to their end.
    pub time: Option<Duration>,
    /// A trial that takes longer is told to stop at its next report, and recorded as failed by timeout.
    pub trial_time: Option<Duration>,
    /// Trials that run side by side, each on a thread.
    pub workers: usize,
    /// Bytes that the states of paused trials may take; beyond that some are dropped, and run again from their start
    /// when they go on.
    pub memory: usize,
    /// When the search has found what it will find: then no trial begins any more.
    pub rules: Vec<StopRule>,
    /// Ends the run early.
    pub stop: Stop,
}

impl Budget {
    /// A total of trials in the study.
    #[must_use]
    pub fn trials(total: u64) -> Self {
        Self { trials: Some(total), ..Self::unlimited() }
    }

    /// As long as nobody says stop.
    #[must_use]
    pub fn unlimited() -> Self {
        Self {
            trials: None,
            time: None,
            trial_time: None,
            workers: 1,
            memory: 1 << 30,
            rules: Vec::new(),
            stop: Stop::new(),
        }
    }

    /// No trial begins after this long.
    #[must_use]
    pub fn time(mut self, time: Duration) -> Self {
        self.time = Some(time);
        self
    }

    /// No trial may take longer than this.
    #[must_use]
    pub fn trial_time(mut self, time: Duration) -> Self {
        self.trial_time = Some(time);
        self
    }

    /// So many trials run side by side.
    ///
    /// # Panics
    /// When it is zero.
    #[must_use]
    #[track_caller]
    pub fn workers(mut self, workers: usize) -> Self {
        assert!(workers > 0, "a run needs at least one worker");
        self.workers = workers;
        self
    }

    /// So many bytes for the states of paused trials; a gibibyte if nothing is said.
    #[must_use]
    pub fn memory(mut self, bytes: usize) -> Self {
        self.memory = bytes;
        self
    }

    /// No trial begins once the study fulfils this rule.
    ///
    /// ```
    /// use tunesmith_core::{Domain, Scale, Space};
    /// use tunesmith_tuner::{Budget, Ended, StopRule, Study, TrialRun};
    /// let space = Space::new().with("x", Domain::float(0.0, 1.0, Scale::Linear, None).unwrap());
    /// let study = Study::minimize(space).open().unwrap();
    /// let budget = Budget::trials(500).until(StopRule::Target(0.2));
    /// let ended = study.optimize(|trial: &mut TrialRun<'_>| trial.float("x"), &budget).unwrap();
    /// assert!(ended == Ended::Rule && study.counts().complete < 100);
    /// ```
    #[must_use]
    pub fn until(mut self, rule: StopRule) -> Self {
        self.rules.push(rule);
        self
    }

    /// Who may end the run.
    #[must_use]
    pub fn stop(mut self, stop: &Stop) -> Self {
        self.stop = stop.clone();
        self
    }
}

/// A handle that ends a run: no trial begins any more, and running ones are told to stop at their next report; they
/// wait in the study to be run again.
///
/// ```
/// use tunesmith_tuner::Stop;
/// let stop = Stop::new();
/// let elsewhere = stop.clone(); // a signal handler, another thread
/// elsewhere.stop();
/// assert!(stop.is_set());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// A handle that nobody has pulled.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends the run.
    pub fn stop(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether the run should end.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// For flags that somebody else owns, such as a signal handler's.
impl From<Arc<AtomicBool>> for Stop {
    fn from(flag: Arc<AtomicBool>) -> Self {
        Self(flag)
    }
}
