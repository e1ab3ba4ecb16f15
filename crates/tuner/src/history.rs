//! `History`: what a study knows, indexed so that samplers and pruners stay fast.

use std::collections::BTreeSet;

use tunesmith_core::{Seed, Space};

use crate::attributes::{SEED, constraint_key, retry_history};
use crate::{Attributes, Direction, TrialRecord, TrialState};

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
    directions: Vec<Direction>,
    seed: Seed,
    trials: Vec<TrialRecord>,
    columns: Vec<Vec<f64>>,
    /// By how much each trial breaks its constraints.
    violations: Vec<f64>,
    repeated: BTreeSet<u64>,
    counts: Counts,
    /// Trials that have not ended.
    open: BTreeSet<u64>,
    /// Complete trials with a value, the best first: by what they break, their loss, their number.
    ranked: BTreeSet<(u64, u64, u64)>,
}

/// How many trials are in each state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Counts {
    /// Enqueued or put back.
    pub waiting: usize,
    /// Running.
    pub running: usize,
    /// Stopped for now.
    pub paused: usize,
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
    fn of(&mut self, state: TrialState) -> &mut usize {
        match state {
            TrialState::Waiting => &mut self.waiting,
            TrialState::Running => &mut self.running,
            TrialState::Paused => &mut self.paused,
            TrialState::Complete => &mut self.complete,
            TrialState::Pruned => &mut self.pruned,
            TrialState::Diverged => &mut self.diverged,
            TrialState::Failed => &mut self.failed,
        }
    }

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
        Self::of_objectives(space, &[direction])
    }

    /// A history without trials of a search with several objectives.
    ///
    /// # Panics
    /// When there is no objective.
    #[must_use]
    #[track_caller]
    pub fn of_objectives(space: Space, directions: &[Direction]) -> Self {
        assert!(!directions.is_empty(), "a search needs at least one objective");
        let columns = vec![Vec::new(); space.len()];
        Self {
            space,
            directions: directions.to_vec(),
            seed: Seed::new(0),
            trials: Vec::new(),
            columns,
            violations: Vec::new(),
            repeated: BTreeSet::new(),
            counts: Counts::default(),
            open: BTreeSet::new(),
            ranked: BTreeSet::new(),
        }
    }

    /// The same history in a study of that seed.
    #[must_use]
    pub fn with_seed(mut self, seed: Seed) -> Self {
        self.seed = seed;
        self
    }

    /// The study's seed, for what all trials share: how a grid is ordered, how a sequence is scrambled. What one trial
    /// needs comes from the generator it is suggested with.
    #[must_use]
    pub fn seed(&self) -> Seed {
        self.seed
    }

    /// The space the columns are coordinates of.
    #[must_use]
    pub fn space(&self) -> &Space {
        &self.space
    }

    /// Which way is better, of the first objective if there are several.
    #[must_use]
    pub fn direction(&self) -> Direction {
        self.directions[0]
    }

    /// Which way is better, for each objective.
    #[must_use]
    pub fn directions(&self) -> &[Direction] {
        &self.directions
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

    /// The trial's value, of the first objective if there are several, as something to make small.
    #[must_use]
    pub fn loss(&self, trial: &TrialRecord) -> Option<f64> {
        trial.value.map(|value| self.direction().loss(value))
    }

    /// The trial's values as things to make small, one for each objective; `None` when it has not all of them.
    #[must_use]
    pub fn losses(&self, trial: &TrialRecord) -> Option<Vec<f64>> {
        let losses: Vec<f64> =
            trial.values().zip(&self.directions).map(|(value, direction)| direction.loss(value)).collect();
        (losses.len() == self.directions.len()).then_some(losses)
    }

    /// By how much the trial breaks its constraints in all: zero when it keeps them, or has none.
    #[must_use]
    pub fn violation(&self, number: u64) -> f64 {
        self.place(number).map_or(0.0, |place| self.violations[place])
    }

    /// The complete trial with the best value, the earliest of equals. One that keeps its constraints is better than any
    /// that breaks them, and less broken is better. With several objectives the first alone decides.
    #[must_use]
    pub fn best(&self) -> Option<&TrialRecord> {
        self.best_first().next()
    }

    /// The complete trials from the best to the worst, as [`History::best`] compares them; without those whose value is
    /// not a number.
    pub fn best_first(&self) -> impl Iterator<Item = &TrialRecord> {
        self.ranked.iter().filter_map(|(.., number)| self.trial(*number))
    }

    /// The complete trials that no other beats: none is at least as good in every objective and better in one. When any
    /// trial keeps its constraints, only such count. For one objective it is the best and its equals.
    #[must_use]
    pub fn front(&self) -> Vec<&TrialRecord> {
        let complete = self.trials.iter().zip(&self.violations);
        let complete = complete.filter(|(trial, _)| trial.state == TrialState::Complete);
        let known: Vec<(f64, Vec<f64>, &TrialRecord)> = complete
            .filter_map(|(trial, violation)| Some((*violation, self.losses(trial)?, trial)))
            .filter(|(_, losses, _)| losses.iter().all(|loss| !loss.is_nan()))
            .collect();
        let least = known.iter().map(|(violation, ..)| *violation).fold(f64::INFINITY, f64::min);
        let mut known: Vec<_> = known.into_iter().filter(|(violation, ..)| *violation <= least).collect();
        // In this order a trial can only be beaten by one before it.
        known.sort_by(|(_, a, x), (_, b, y)| {
            let by_losses = a.iter().zip(b).map(|(a, b)| a.total_cmp(b)).find(|order| order.is_ne());
            by_losses.unwrap_or_else(|| x.number.cmp(&y.number))
        });
        let mut front: Vec<(Vec<f64>, &TrialRecord)> = Vec::new();
        for (_, losses, trial) in known {
            let beaten =
                |other: &Vec<f64>| other.iter().zip(&losses).all(|(a, b)| a <= b) && *other != losses;
            if !front.iter().any(|(other, _)| beaten(other)) {
                front.push((losses, trial));
            }
        }
        let mut front: Vec<&TrialRecord> = front.into_iter().map(|(_, trial)| trial).collect();
        front.sort_by_key(|trial| trial.number);
        front
    }

    /// How many trials are in each state.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// The trials that wait, run or are paused, by number.
    pub fn open(&self) -> impl Iterator<Item = &TrialRecord> {
        self.open.iter().filter_map(|number| self.trial(*number))
    }

    /// How many trials a budget has paid for: running and finished ones, each chain of retries once.
    #[must_use]
    pub fn spent(&self) -> u64 {
        let begun = |trial: &&TrialRecord| trial.state != TrialState::Waiting;
        let again = self.repeated.iter().filter_map(|number| self.trial(*number)).filter(begun).count();
        (self.trials.len() - self.counts.waiting - again) as u64
    }

    /// A trial's place among those that are not repeated by another: what seeds are made of, so that a study that was
    /// killed and resumed goes on as if it never stopped.
    #[must_use]
    pub fn ordinal(&self, number: u64) -> u64 {
        number - self.repeated.range(..number).count() as u64
    }

    /// Adds a trial, or replaces what is known of it. The seed that a study stores with each trial is not kept of those
    /// that ended: nobody runs them again.
    pub fn put(&mut self, mut trial: TrialRecord) {
        if trial.state.is_finished() {
            trial.system.remove(SEED);
            if trial.system.is_empty() {
                trial.system = Attributes::new(); // an emptied map keeps room for eleven attributes
            }
        }
        self.repeated.extend(retry_history(&trial));
        let coordinates = self.space.dimensions().iter().map(|dimension| {
            let value = trial.params.get(&dimension.key);
            value.and_then(|value| dimension.domain.coordinate(value)).unwrap_or(f64::NAN)
        });
        *self.counts.of(trial.state) += 1;
        if trial.state.is_finished() {
            self.open.remove(&trial.number);
        } else {
            self.open.insert(trial.number);
        }
        let violation = violation(&trial);
        let rank = self.rank(&trial, violation);
        match self.place(trial.number) {
            Ok(place) => {
                if let Some(rank) = self.rank(&self.trials[place], self.violations[place]) {
                    self.ranked.remove(&rank);
                }
                for (column, z) in self.columns.iter_mut().zip(coordinates) {
                    column[place] = z;
                }
                self.violations[place] = violation;
                *self.counts.of(self.trials[place].state) -= 1;
                self.trials[place] = trial;
            }
            Err(place) => {
                for (column, z) in self.columns.iter_mut().zip(coordinates) {
                    column.insert(place, z);
                }
                self.violations.insert(place, violation);
                self.trials.insert(place, trial);
            }
        }
        self.ranked.extend(rank);
    }

    /// Where a complete trial stands among the others.
    fn rank(&self, trial: &TrialRecord, violation: f64) -> Option<(u64, u64, u64)> {
        let loss = self.loss(trial).filter(|loss| trial.state == TrialState::Complete && !loss.is_nan())?;
        Some((sortable(violation), sortable(loss), trial.number))
    }

    /// Changes a trial's reports or attributes.
    pub(crate) fn change(&mut self, number: u64, change: impl FnOnce(&mut TrialRecord)) {
        if let Ok(place) = self.place(number) {
            let state = self.trials[place].state;
            change(&mut self.trials[place]);
            debug_assert_eq!(state, self.trials[place].state, "states are counted, `put` changes them");
        }
    }

    /// Sets a constraint of a trial.
    pub(crate) fn set_constraint(&mut self, number: u64, name: &str, json: String) {
        if let Ok(place) = self.place(number) {
            if let Some(rank) = self.rank(&self.trials[place], self.violations[place]) {
                self.ranked.remove(&rank);
            }
            self.trials[place].system.insert(constraint_key(name), json);
            self.violations[place] = violation(&self.trials[place]);
            self.ranked.extend(self.rank(&self.trials[place], self.violations[place]));
        }
    }

    fn place(&self, number: u64) -> Result<usize, usize> {
        match self.trials.get(usize::try_from(number).unwrap_or(usize::MAX)) {
            Some(trial) if trial.number == number => Ok(number as usize), // the usual case: no gaps
            _ => self.trials.binary_search_by_key(&number, |trial| trial.number),
        }
    }
}

/// By how much a trial breaks its constraints; one that is not a number is broken beyond measure.
fn violation(trial: &TrialRecord) -> f64 {
    let broken = |value: f64| if value.is_nan() { f64::INFINITY } else { value.max(0.0) };
    trial.constraints().into_values().map(broken).sum()
}

/// Bits that sort as the number does: the sign bit turned over, and all bits of a negative number; both zeros are one.
pub(crate) fn sortable(x: f64) -> u64 {
    let bits = (x + 0.0).to_bits();
    if bits >> 63 == 0 { bits | 1 << 63 } else { !bits }
}
