//! `TrialRecord`: all that is known of one trial, running or finished.

use std::collections::BTreeMap;
use std::time::SystemTime;

use tunesmith_core::Params;

use crate::Attributes;

/// Which way is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Direction {
    /// Smaller values are better.
    #[default]
    Minimize,
    /// Larger values are better.
    Maximize,
}

impl Direction {
    /// The value as something to make small.
    ///
    /// ```
    /// assert_eq!(tunesmith_tuner::Direction::Maximize.loss(0.9), -0.9);
    /// ```
    #[must_use]
    pub fn loss(self, value: f64) -> f64 {
        match self {
            Self::Minimize => value,
            Self::Maximize => -value,
        }
    }

    /// The name in a recipe.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Minimize => "minimize",
            Self::Maximize => "maximize",
        }
    }
}

/// Where a trial is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TrialState {
    /// Enqueued or put back; nobody runs it yet.
    Waiting,
    /// Somebody runs it.
    Running,
    /// It stopped for now, with its last report as its value, and may go on.
    Paused,
    /// It ended with a value.
    Complete,
    /// It was stopped early because others were better at the same step.
    Pruned,
    /// Its numbers left the finite; samplers count it as worse than the worst.
    Diverged,
    /// It ended with an error, a panic or out of time; samplers ignore it.
    Failed,
}

impl TrialState {
    /// Whether nothing more will happen to the trial.
    #[must_use]
    pub const fn is_finished(self) -> bool {
        !matches!(self, Self::Waiting | Self::Running | Self::Paused)
    }

    /// Whether the trial stopped before its end, for now or for good, because others were better.
    #[must_use]
    pub const fn is_stopped_early(self) -> bool {
        matches!(self, Self::Paused | Self::Pruned)
    }

    /// The name in reports and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Complete => "complete",
            Self::Pruned => "pruned",
            Self::Diverged => "diverged",
            Self::Failed => "failed",
        }
    }
}

/// All that is known of one trial (Optuna's `FrozenTrial`).
///
/// ```
/// use tunesmith_tuner::{TrialRecord, TrialState};
/// let mut trial = TrialRecord::new(0);
/// assert_eq!(trial.state, TrialState::Running);
/// assert!(trial.report(0, 0.9) && trial.report(1, 0.7));
/// assert!(!trial.report(1, 0.1)); // a step is reported once
/// assert_eq!(trial.last_report(), Some((1, 0.7)));
/// assert_eq!(trial.report_at(0), Some(0.9));
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct TrialRecord {
    /// Its place in the study, from 0.
    pub number: u64,
    /// Where it is in its life.
    pub state: TrialState,
    /// Its settings; empty until they are suggested.
    pub params: Params,
    /// What it reached: the objective's value, or the last report of a trial that was stopped early; with several
    /// objectives the first one's.
    pub value: Option<f64>,
    /// The values of the objectives behind the first, in a search with several.
    pub further: Vec<f64>,
    /// Values at steps, by step.
    pub reports: Vec<(u64, f64)>,
    /// When it began to run.
    pub started: Option<SystemTime>,
    /// When it ended.
    pub finished: Option<SystemTime>,
    /// Why it failed or diverged.
    pub reason: Option<String>,
    /// The step at which it diverged.
    pub diverged_at: Option<u64>,
    /// Attributes for people.
    pub user: Attributes,
    /// Attributes for samplers, pruners and this crate.
    pub system: Attributes,
}

impl TrialRecord {
    /// A running trial of which nothing else is known.
    #[must_use]
    pub fn new(number: u64) -> Self {
        Self {
            number,
            state: TrialState::Running,
            params: Params::new(),
            value: None,
            further: Vec::new(),
            reports: Vec::new(),
            started: None,
            finished: None,
            reason: None,
            diverged_at: None,
            user: Attributes::new(),
            system: Attributes::new(),
        }
    }

    /// Takes the value at a step; false when the step was reported before (the first value stays).
    pub fn report(&mut self, step: u64, value: f64) -> bool {
        match self.reports.binary_search_by_key(&step, |report| report.0) {
            Ok(_) => false,
            Err(place) => {
                self.reports.insert(place, (step, value));
                true
            }
        }
    }

    /// The value at a step.
    #[must_use]
    pub fn report_at(&self, step: u64) -> Option<f64> {
        let place = self.reports.binary_search_by_key(&step, |report| report.0).ok()?;
        Some(self.reports[place].1)
    }

    /// The values at a step in all objectives, for a search that has several.
    #[must_use]
    pub fn values_at(&self, step: u64) -> Option<Vec<f64>> {
        let first = self.report_at(step)?;
        let all = self.system.get(&crate::attributes::report_key(step));
        Some(all.and_then(|text| crate::attributes::numbers(text)).unwrap_or_else(|| vec![first]))
    }

    /// The highest step and its value.
    #[must_use]
    pub fn last_report(&self) -> Option<(u64, f64)> {
        self.reports.last().copied()
    }

    /// What it reached in every objective: nothing, or one value each.
    ///
    /// ```
    /// let mut trial = tunesmith_tuner::TrialRecord::new(0);
    /// assert_eq!(trial.values().count(), 0);
    /// (trial.value, trial.further) = (Some(0.9), vec![12.0]);
    /// assert_eq!(trial.values().collect::<Vec<_>>(), [0.9, 12.0]);
    /// ```
    pub fn values(&self) -> impl Iterator<Item = f64> + '_ {
        self.value.into_iter().chain(self.further.iter().copied().filter(|_| self.value.is_some()))
    }

    /// Its constraints by name: a value of zero or less is kept, a greater one is broken by so much.
    #[must_use]
    pub fn constraints(&self) -> BTreeMap<String, f64> {
        crate::attributes::constraints(self)
    }

    /// Makes the trial wait again: its settings stay, what it reached is forgotten.
    pub fn put_back(&mut self) {
        self.state = TrialState::Waiting;
        self.reports.clear();
        self.started = None;
        (self.value, self.finished) = (None, None);
        self.further.clear();
    }

    /// Lets a paused trial run again.
    pub fn resume(&mut self) {
        self.state = TrialState::Running;
        (self.value, self.finished) = (None, None);
        self.further.clear();
    }

    /// The trial as it stands while nobody goes on with its study: a paused one was stopped early.
    #[must_use]
    pub fn settled(mut self) -> Self {
        if self.state == TrialState::Paused {
            self.state = TrialState::Pruned;
        }
        self
    }

    /// The paused trial whose state this one began with, and the last step that trial had reported then.
    #[must_use]
    pub fn parent(&self) -> Option<(u64, u64)> {
        crate::attributes::parent(self)
    }

    /// The numbers of the lost trials that this one repeats, first to last.
    #[must_use]
    pub fn retry_history(&self) -> Vec<u64> {
        crate::attributes::retry_history(self)
    }

    /// The trial that repeats this lost one: waiting, with the same settings, under another number.
    #[must_use]
    pub fn retry(&self, number: u64) -> Self {
        Self {
            number,
            state: TrialState::Waiting,
            params: self.params.clone(),
            user: self.user.clone(),
            system: crate::retry_attributes(self),
            ..Self::new(number)
        }
    }
}
