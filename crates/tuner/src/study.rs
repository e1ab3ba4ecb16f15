//! `Study`: one search: asks its sampler, hears reports, keeps the record.

mod known;

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use tunesmith_core::{Flow, Params, Seed, Space, Value};

use crate::attributes::{self, fixed_params, json, retry_history};
use crate::narrow::narrowed;
use crate::{
    Attributes, Direction, History, Known, MemoryStorage, Next, Observer, Outcome, Sampler, Scheduler, Scope,
    Storage, StorageError, StudyBuilder, StudyId, Trial, TrialRecord, TrialState,
};

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
        let mut history = History::of_objectives(builder.space.clone(), &builder.directions).with_seed(Seed::new(seed));
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
            let record = match (claimed, self.next(&mut state)) {
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

    /// What the scheduler wants to run instead of a new trial, if anything.
    fn next(&self, state: &mut State) -> Option<Next> {
        if state.history.counts().paused == 0 {
            return None;
        }
        let seed = self.seed.named("next").at(state.history.trials().len() as u64);
        let next = self.scheduler.next(&state.history, &mut seed.generator())?;
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
    /// [`Scheduler::until`]).
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

/// The first number from `known` on that the history does not have.
fn first_unknown(history: &History, known: u64) -> u64 {
    (known..).find(|number| history.trial(*number).is_none()).unwrap_or(u64::MAX)
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
