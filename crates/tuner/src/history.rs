//! `History`: what a study knows, indexed so that samplers and pruners stay fast.

use std::collections::BTreeSet;

use tunesmith_core::Space;

use crate::attributes::retry_history;
use crate::{Direction, TrialRecord, TrialState};

/// The trials of a study, running and finished, by number.
///
/// Samplers and pruners read it; only a study writes it. Settings are kept twice: as records, and as columns of even
/// coordinates (see [`tunesmith_core::Domain::coordinate`]), so that a sampler never looks up a name per trial.
///
/// ```
/// use tunesmith_core::{Domain, Scale, Space, Value};
/// use tunesmith_tuner::{Direction, History, TrialRecord, TrialState};
/// let space = Space::new().with("lr", Domain::float(1e-4, 1.0, Scale::Log, None).unwrap());
/// let mut history = History::new(space, Direction::Maximize);
/// let mut trial = TrialRecord::new(0);
/// trial.params.insert("lr".into(), Value::Float(1.0));
/// trial.state = TrialState::Complete;
/// trial.value = Some(0.9);
/// history.put(trial);
/// assert_eq!(history.column("lr"), Some(&[0.0][..])); // ln 1
/// assert_eq!(history.best().unwrap().number, 0);
/// ```
#[derive(Clone, Debug)]
pub struct History {
    space: Space,
    direction: Direction,
    trials: Vec<TrialRecord>,
    columns: Vec<Vec<f64>>,
    repeated: BTreeSet<u64>,
}

/// How many trials are in each state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Counts {
    /// Enqueued or put back.
    pub waiting: usize,
    /// Running.
    pub running: usize,
    /// Ended with a value.
    pub complete: usize,
    /// Stopped early.
    pub pruned: usize,
    /// Left the finite.
    pub diverged: usize,
    /// Ended with an error.
    pub failed: usize,
}

impl Counts {
    /// Trials that ended, however they did.
    ///
    /// ```
    /// use tunesmith_tuner::Counts;
    /// let mut counts = Counts::default();
    /// (counts.complete, counts.pruned, counts.running) = (2, 3, 1);
    /// assert_eq!(counts.finished(), 5);
    /// ```
    #[must_use]
    pub fn finished(&self) -> usize {
        self.complete + self.pruned + self.diverged + self.failed
    }
}

impl History {
    /// A history without trials.
    #[must_use]
    pub fn new(space: Space, direction: Direction) -> Self {
        let columns = vec![Vec::new(); space.len()];
        Self { space, direction, trials: Vec::new(), columns, repeated: BTreeSet::new() }
    }

    /// The space the columns are coordinates of.
    #[must_use]
    pub fn space(&self) -> &Space {
        &self.space
    }

    /// Which way is better.
    #[must_use]
    pub fn direction(&self) -> Direction {
        self.direction
    }

    /// All trials, by number.
    #[must_use]
    pub fn trials(&self) -> &[TrialRecord] {
        &self.trials
    }

    /// The trial of that number.
    #[must_use]
    pub fn trial(&self, number: u64) -> Option<&TrialRecord> {
        self.place(number).ok().map(|place| &self.trials[place])
    }

    /// The coordinates of one dimension, one per trial; NaN where the trial has no (possible) value of it.
    #[must_use]
    pub fn column(&self, key: &str) -> Option<&[f64]> {
        let index = self.space.dimensions().iter().position(|dimension| dimension.key == key)?;
        Some(&self.columns[index])
    }

    /// The trial's value as something to make small.
    #[must_use]
    pub fn loss(&self, trial: &TrialRecord) -> Option<f64> {
        trial.value.map(|value| self.direction.loss(value))
    }

    /// The complete trial with the best value, the earliest of equals.
    #[must_use]
    pub fn best(&self) -> Option<&TrialRecord> {
        let complete = self.trials.iter().filter(|trial| trial.state == TrialState::Complete);
        complete
            .filter_map(|trial| Some((self.loss(trial).filter(|loss| !loss.is_nan())?, trial)))
            .min_by(|(a, _), (b, _)| a.total_cmp(b))
            .map(|(_, trial)| trial)
    }

    /// How many trials are in each state.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for trial in &self.trials {
            *match trial.state {
                TrialState::Waiting => &mut counts.waiting,
                TrialState::Running => &mut counts.running,
                TrialState::Complete => &mut counts.complete,
                TrialState::Pruned => &mut counts.pruned,
                TrialState::Diverged => &mut counts.diverged,
                TrialState::Failed => &mut counts.failed,
            } += 1;
        }
        counts
    }

    /// How many trials a budget has paid for: running and finished ones, each chain of retries once.
    #[must_use]
    pub fn spent(&self) -> u64 {
        let begun = self.trials.iter().filter(|trial| trial.state != TrialState::Waiting);
        begun.filter(|trial| !self.repeated.contains(&trial.number)).count() as u64
    }

    /// A trial's place among those that are not repeated by another: what seeds are made of, so that a study that was
    /// killed and resumed goes on as if it never stopped.
    #[must_use]
    pub fn ordinal(&self, number: u64) -> u64 {
        number - self.repeated.range(..number).count() as u64
    }

    /// Adds a trial, or replaces what is known of it.
    pub fn put(&mut self, trial: TrialRecord) {
        self.repeated.extend(retry_history(&trial));
        let coordinates = self.space.dimensions().iter().map(|dimension| {
            let value = trial.params.get(&dimension.key);
            value.and_then(|value| dimension.domain.coordinate(value)).unwrap_or(f64::NAN)
        });
        match self.place(trial.number) {
            Ok(place) => {
                for (column, z) in self.columns.iter_mut().zip(coordinates) {
                    column[place] = z;
                }
                self.trials[place] = trial;
            }
            Err(place) => {
                for (column, z) in self.columns.iter_mut().zip(coordinates) {
                    column.insert(place, z);
                }
                self.trials.insert(place, trial);
            }
        }
    }

    /// Changes what is known of a trial, but for its number and settings.
    pub(crate) fn change(&mut self, number: u64, change: impl FnOnce(&mut TrialRecord)) {
        if let Ok(place) = self.place(number) {
            change(&mut self.trials[place]);
        }
    }

    fn place(&self, number: u64) -> Result<usize, usize> {
        match self.trials.get(usize::try_from(number).unwrap_or(usize::MAX)) {
            Some(trial) if trial.number == number => Ok(number as usize), // the usual case: no gaps
            _ => self.trials.binary_search_by_key(&number, |trial| trial.number),
        }
    }
}
