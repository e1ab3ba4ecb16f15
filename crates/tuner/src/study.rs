//! `Study`: one search: asks its sampler, hears reports, keeps the record.

mod asking;
mod known;
mod telling;

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tunesmith_core::{Seed, Space, Value};

use crate::attributes::{self, json};
use crate::{
    Attributes, Direction, History, MemoryStorage, Observer, Sampler, Scheduler, Scope, Storage,
    StorageError, StudyBuilder, StudyId, Trial,
};

use asking::first_unknown;

/// How often a study looks for trials whose process is gone.
const LOST_CHECK: Duration = Duration::from_secs(30);

/// One search: a space, a direction, what chooses points and what stops bad ones, and where it is kept.
///
/// Every method takes `&self` and may be called from several threads; the study starts none itself.
///
/// ```
/// use tunesmith_core::{Domain, Scale, Space};
/// use tunesmith_tuner::{Outcome, Study};
/// let space = Space::new().with("x", Domain::float(-5.0, 5.0, Scale::Linear, None).unwrap());
/// let study = Study::minimize(space).seed(1).open().unwrap();
/// for _ in 0..30 {
///     let trial = study.ask().unwrap();
///     let x = trial.float("x");
///     study.tell(&trial, Outcome::Complete((x - 2.0).powi(2))).unwrap();
/// }
/// assert!((study.best().unwrap().params["x"].as_f64().unwrap() - 2.0).abs() < 1.0);
/// ```
#[derive(Debug)]
pub struct Study {
    name: String,
    space: Space,
    sampler: Box<dyn Sampler>,
    scheduler: Box<dyn Scheduler>,
    seed: Seed,
    storage: Arc<dyn Storage>,
    id: StudyId,
    observers: Vec<Arc<dyn Observer>>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    history: History,
    /// Trials that run through this handle: what it knows of them is newer than what the storage says.
    own: BTreeSet<u64>,
    /// Every trial before this number is known: others may have begun some between two of ours.
    known: u64,
    checked: Instant,
}

impl Study {
    /// A search for the least value.
    #[must_use]
    pub fn minimize(space: Space) -> StudyBuilder {
        Self::builder(space, Direction::Minimize)
    }

    /// A search for the greatest value.
    #[must_use]
    pub fn maximize(space: Space) -> StudyBuilder {
        Self::builder(space, Direction::Maximize)
    }

    /// A search in a direction that is known only at run time.
    #[must_use]
    pub fn builder(space: Space, direction: Direction) -> StudyBuilder {
        StudyBuilder::new(space, vec![direction])
    }

    /// A search with several objectives, each with its direction: the best trials are those that none other beats in all
    /// of them (see [`Study::front`]).
    ///
    /// ```
    /// use tunesmith_core::{Domain, Scale, Space};
    /// use tunesmith_tuner::{Budget, Direction, Study};
    /// let space = Space::new().with("units", Domain::int(1, 64, Scale::Log, 1).unwrap());
    /// let study = Study::objectives(space, &[Direction::Maximize, Direction::Minimize]).open().unwrap();
    /// let quality_and_cost = |trial: &mut tunesmith_tuner::TrialRun<'_>| {
    ///     let units = trial.float("units");
    ///     [1.0 - 1.0 / units, units]
    /// };
    /// study.optimize(quality_and_cost, &Budget::trials(20)).unwrap();
    /// assert!(study.front().len() > 3); // more units are better, and cost more
    /// ```
    ///
    /// # Panics
    /// When there is no objective.
    #[must_use]
    #[track_caller]
    pub fn objectives(space: Space, directions: &[Direction]) -> StudyBuilder {
        assert!(!directions.is_empty(), "a search needs at least one objective");
        StudyBuilder::new(space, directions.to_vec())
    }

    /// Opens or creates what was described.
    pub(crate) fn resume(builder: StudyBuilder) -> Result<Self, StorageError> {
        let storage = builder.storage.unwrap_or_else(|| Arc::new(MemoryStorage::new()));
        let id = storage.open(&builder.name, &builder.directions, &builder.space)?;
        let seed = match attributes::seed(&storage.study_attributes(id, Scope::System)?) {
            Some(stored) => stored,
            None => {
                let json = attributes::seed_json(builder.seed);
                storage.set_study_attribute(id, Scope::System, attributes::SEED, &json)?;
                builder.seed
            }
        };
        storage.requeue_lost(id)?;
        let mut history =
            History::of_objectives(builder.space.clone(), &builder.directions).with_seed(Seed::new(seed));
        storage.load(id)?.into_iter().for_each(|trial| history.put(trial));
        if !history.trials().is_empty() {
            builder.observers.iter().for_each(|observer| observer.resumed(history.trials()));
        }
        Ok(Self {
            name: builder.name,
            space: builder.space,
            sampler: builder.sampler,
            scheduler: builder.scheduler,
            seed: Seed::new(seed),
            storage,
            id,
            observers: builder.observers,
            state: Mutex::new(State {
                known: first_unknown(&history, 0),
                history,
                own: BTreeSet::new(),
                checked: Instant::now(),
            }),
        })
    }

    /// The name in the storage.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The space that is searched.
    #[must_use]
    pub fn space(&self) -> &Space {
        &self.space
    }

    /// The seed the study began with.
    #[must_use]
    pub fn seed(&self) -> Seed {
        self.seed
    }

    /// Hangs an attribute for people on a trial.
    ///
    /// # Errors
    /// When there is no such trial, or the storage fails.
    pub fn set_attribute(&self, trial: u64, key: &str, value: &Value) -> Result<(), StorageError> {
        let json = json(value);
        self.storage.set_attribute(self.id, trial, Scope::User, key, &json)?;
        self.state().history.change(trial, |record| {
            record.user.insert(key.to_owned(), json);
        });
        Ok(())
    }

    /// Hangs an attribute for people on the study.
    ///
    /// # Errors
    /// When the storage fails.
    pub fn set_study_attribute(&self, key: &str, value: &Value) -> Result<(), StorageError> {
        self.storage.set_study_attribute(self.id, Scope::User, key, &json(value))
    }

    /// The study's attributes for people, as JSON texts.
    ///
    /// # Errors
    /// When the storage fails.
    pub fn study_attributes(&self) -> Result<Attributes, StorageError> {
        self.storage.study_attributes(self.id, Scope::User)
    }

    /// Waits until everything is written.
    ///
    /// # Errors
    /// When the storage fails.
    pub fn flush(&self) -> Result<(), StorageError> {
        self.storage.flush()
    }

    /// A trial this handle knows, as it is handed out.
    pub(crate) fn known_trial(&self, number: u64) -> Option<Trial> {
        self.known(&self.state().history, number)
    }

    fn known(&self, history: &History, number: u64) -> Option<Trial> {
        let record = history.trial(number)?;
        let seed = match attributes::seed(&record.system) {
            Some(seed) => Seed::new(seed),
            None => self.seed.named("trial").at(history.ordinal(number)),
        };
        let last = record.last_report().map(|(step, _)| step);
        Some(Trial::new(number, record.params.clone(), seed).going_on(record.parent(), last))
    }

    /// The last step a trial has reported.
    pub(crate) fn last_step(&self, number: u64) -> Option<u64> {
        self.with_history(|history| history.trial(number)?.last_report().map(|(step, _)| step))
    }

    /// Forgets that a trial runs here; the storage knows better.
    pub(crate) fn let_go(&self, number: u64) {
        self.state().own.remove(&number);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Only a broken sampler or pruner can panic under the lock, and both only read.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell_observers(&self, tell: impl Fn(&dyn Observer)) {
        self.observers.iter().for_each(|observer| tell(&**observer));
    }
}
