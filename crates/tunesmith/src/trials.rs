//! `Trials`: the ranges of a recipe as something a study can run. The only file that has heard of training and tuning.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tunesmith_core::{Entry, Params, Plug, Search, Space, Why};
use tunesmith_data::Prepared;
use tunesmith_train::{Fitted, MetricEntry, Outcome as Trained, Trainer};
use tunesmith_tuner::{Direction, Outcome, Resumable, TrialRun};

use crate::run::{model, trainer};
use crate::{Error, FixedRecipe, Goal, Kind, Recipe, Tuning};

/// The trials of a recipe's search: settings become a recipe without ranges, that a training which reports to its trial.
///
/// Each trains from a seed of its own, unless the recipe says one. Its value is that of the weights that are kept: the
/// last epoch's, or those a callback handed back. [`tune`](crate::tune) runs them with what the recipe says; with a
/// study of your own they run under any sampler, scheduler and storage:
///
/// ```
/// use tunesmith::tuner::{Budget, Study, pruners::Asha, samplers::Random};
/// use tunesmith::{Recipe, Trials};
/// let recipe = Recipe::parse("iris", r#"
///     [data]
///     source = "iris"
///     split = { validation = 0.3 }
///     [model]
///     layers = [{ dense = { units = { int = [2, 32] }, activation = "tanh" } }, { dense = { units = "classes" } }]
///     [training]
///     epochs = 9
///     optimizer = { adam = { lr = { float = [1e-4, 1e-1], scale = "log" } } }
/// "#).unwrap();
/// let trials = Trials::new(&recipe, &recipe.tuning().unwrap()).unwrap();
/// let study = Study::builder(trials.space().clone(), trials.goal().direction);
/// let study = study.sampler(Random).pruner(Asha::promoting(9)).open().unwrap();
/// study.optimize_resumable(&trials, &Budget::trials(9)).unwrap();
/// assert!(study.best().unwrap().value.unwrap() > 0.6); // accuracy
/// ```
#[derive(Debug)]
pub struct Trials {
    recipe: Recipe,
    search: Search,
    cache: DataCache,
    aim: Aim,
    limits: Limits,
}

/// What a model may cost, known before it is trained.
#[derive(Clone, Copy, Debug)]
struct Limits {
    parameters: Option<usize>,
    flops: Option<usize>,
}

impl Trials {
    /// Reads the ranges and the data of a recipe, and finds out before the first trial what would make every trial fail.
    ///
    /// # Errors
    /// When there is no range, or recipe and data do not fit.
    pub fn new(recipe: &Recipe, tuning: &Tuning) -> Result<Self, Error> {
        let search = recipe.search()?;
        if search.space().is_empty() {
            let message = "there is no range to search: write one, such as { float = [1e-4, 1e-1], scale = \"log\" }, or use `tunesmith train`";
            return Err(Error::new(Kind::Usage, message).at(recipe.origin()));
        }
        let cache = DataCache::default();
        let aim = probe(recipe, tuning, &search, &cache)?;
        let limits = Limits { parameters: tuning.most_parameters, flops: tuning.most_flops };
        Ok(Self { recipe: recipe.clone(), search, cache, aim, limits })
    }

    /// What is searched.
    #[must_use]
    pub fn space(&self) -> &Space {
        self.search.space()
    }

    /// What is made small or large.
    #[must_use]
    pub fn goal(&self) -> &Goal {
        &self.aim.goal
    }

    /// The training of settings, from that seed; it reports the goal after each epoch.
    ///
    /// # Errors
    /// When the settings do not fit the data.
    pub fn trainer(&self, params: &Params, seed: usize) -> Result<Trainer, Error> {
        let (fixed, prepared) = self.fixed(params, Some(seed))?;
        Ok(trainer(&self.recipe, &fixed, &prepared)?.reporting(&self.aim.watched))
    }

    /// The goal's value of the weights that a training kept.
    pub(crate) fn value_of(&self, fitted: &Fitted) -> Option<f64> {
        fitted.history.curve(&self.aim.watched).get(fitted.kept_epoch).copied()
    }

    pub(crate) fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    pub(crate) fn aim(&self) -> &Aim {
        &self.aim
    }

    /// The recipe of settings, measured by the goal, and its data.
    pub(crate) fn fixed(
        &self,
        params: &Params,
        seed: Option<usize>,
    ) -> Result<(FixedRecipe, Arc<Prepared>), Error> {
        let mut fixed = self.recipe.filled(&self.search.fill(params))?;
        if let Some(seed) = seed {
            fixed = fixed.with_training("seed", seed);
        }
        let prepared = self.cache.of(&self.recipe, &fixed)?;
        let fixed = measured_by(fixed.for_task(prepared.train.task()), &self.aim.goal);
        Ok((fixed, prepared))
    }

    /// Says as constraints how far the model of a trial keeps the limits, and in words which it breaks.
    fn broken_limits(&self, trial: &mut TrialRun<'_>) -> Result<String, Error> {
        let (fixed, prepared) = self.fixed(trial.params(), None)?;
        let summary = model(&self.recipe, &fixed, &prepared)?.summary();
        let costs = [
            ("parameters", self.limits.parameters, summary.params as f64),
            ("flops", self.limits.flops, summary.flops as f64),
        ];
        let mut broken = Vec::new();
        for (name, limit, cost) in costs {
            let Some(limit) = limit else { continue };
            trial.set_constraint(name, cost / limit as f64 - 1.0);
            if cost > limit as f64 {
                broken.push(format!("{cost} {name}, at most {limit} are allowed"));
            }
        }
        Ok(broken.join("; "))
    }

    fn training(&self, trial: &TrialRun<'_>) -> Result<TrialTraining, Error> {
        let seed = (!self.recipe.says("training.seed")).then(|| training_seed(trial));
        let (fixed, prepared) = self.fixed(trial.params(), seed)?;
        let seed = fixed.training.seed;
        let trainer = trainer(&self.recipe, &fixed, &prepared)?;
        Ok(TrialTraining { trainer: Some(trainer.reporting(&self.aim.watched)), seed })
    }
}

/// A trial's training, until it has ended.
#[derive(Debug)]
pub struct TrialTraining {
    trainer: Option<Trainer>,
    seed: usize,
}

impl Resumable for Trials {
    type State = TrialTraining;

    fn begin(&self, trial: &mut TrialRun<'_>) -> Result<TrialTraining, Outcome> {
        let failed = |error: Error| Outcome::Failed { reason: error.to_string() };
        if self.limits.parameters.is_some() || self.limits.flops.is_some() {
            let broken = self.broken_limits(trial).map_err(failed)?;
            if !broken.is_empty() {
                // Known before anything is trained, so nothing is.
                trial.set_attribute("too large", broken);
                return Err(Outcome::Pruned);
            }
        }
        self.training(trial).map_err(failed)
    }

    fn run(&self, state: &mut TrialTraining, trial: &mut TrialRun<'_>) -> Outcome {
        trial.set_attribute("seed", state.seed);
        let ended = state.trainer.as_mut().is_some_and(|trainer| trainer.advance(trial));
        let Some(trainer) = state.trainer.take_if(|_| ended) else { return Outcome::Paused };
        let fitted = trainer.finish();
        trial.set_attribute("epochs", fitted.history.epochs().len());
        match fitted.outcome {
            Trained::Diverged { epoch, reason, .. } => Outcome::Diverged { step: epoch as u64, reason },
            Trained::Finished | Trained::Stopped => {
                self.value_of(&fitted).map_or(Outcome::Interrupted, Outcome::Complete)
            }
        }
    }

    fn bytes(&self, state: &mut TrialTraining) -> usize {
        state.trainer.as_mut().map_or(0, Trainer::bytes)
    }

    fn fork(&self, state: &mut TrialTraining, trial: &TrialRun<'_>) -> Option<TrialTraining> {
        let TrialTraining { trainer, seed } = self.training(trial).ok()?;
        let trainer = trainer?.going_on_from(state.trainer.as_mut()?).ok()?;
        Some(TrialTraining { trainer: Some(trainer), seed })
    }
}

/// The seed of a trial's training: a small number, so that it can stand in a recipe.
fn training_seed(trial: &tunesmith_tuner::Trial) -> usize {
    (trial.seed().named("training").value() >> 40) as usize
}

/// Data by data section: trials with the same section share them.
#[derive(Debug, Default)]
struct DataCache(Mutex<BTreeMap<String, Arc<Prepared>>>);

impl DataCache {
    fn of(&self, recipe: &Recipe, fixed: &FixedRecipe) -> Result<Arc<Prepared>, Error> {
        let mut loaded = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = fixed.data_key();
        if let Some(prepared) = loaded.get(&key) {
            return Ok(prepared.clone());
        }
        let prepared = Arc::new(fixed.data.load(recipe.base())?);
        loaded.insert(key, prepared.clone());
        Ok(prepared)
    }
}

/// What a search is after: the goal, and the name of its value in the history of a training.
#[derive(Clone, Debug)]
pub(crate) struct Aim {
    pub(crate) goal: Goal,
    watched: String,
    /// Identifies the data.
    pub(crate) fingerprint: u64,
}

/// Finds out before the first trial what would make every trial fail: builds one in the middle of the space.
fn probe(recipe: &Recipe, tuning: &Tuning, search: &Search, cache: &DataCache) -> Result<Aim, Error> {
    let conflict =
        |at: &str, because: String| recipe.wrong(tunesmith_core::Error::new(at, Why::Conflict { because }));
    for key in ["training.seed", "data.split.seed"] {
        if search.space().dimension(key).is_some() {
            let because =
                "a seed is no setting to search: the best of several seeds is luck; write one number".into();
            return Err(conflict(key, because));
        }
    }
    tuning.check_plugins().map_err(|error| recipe.wrong(error))?;
    let middle = search.space().complete(|dimension| dimension.domain.place(0.5));
    let fixed = recipe.filled(&search.fill(&middle))?;
    let prepared = cache.of(recipe, &fixed)?;
    let fixed = fixed.for_task(prepared.train.task());
    if prepared.validation.is_empty() {
        let because = "a search needs validation rows, write split = { test = 0.2, validation = 0.2 }".into();
        return Err(conflict("data.split.validation", because));
    }
    let mut goal = tuning.goal().map_err(|error| recipe.wrong(error))?;
    if !tuning.names_goal() {
        goal = crate::run::default_goal(&prepared);
    }
    let with_goal = measured_by(fixed, &goal);
    let known =
        || tunesmith_core::all::<MetricEntry>().into_iter().map(|entry| entry.meta().name).chain(["loss"]);
    if !known().any(|name| name == goal.metric) {
        return Err(recipe.wrong(tunesmith_core::Error::unknown_key("tuning.goal", &goal.metric, known())));
    }
    let trainer = trainer(recipe, &with_goal, &prepared)?;
    // A metric with settings is recorded under its name and them: f1(average = micro).
    let wanted = format!("validation_{}", goal.metric);
    let is_goal = |name: &str| name == wanted || name.starts_with(&format!("{wanted}("));
    let Some(measure) = trainer.measured().iter().find(|measure| is_goal(&measure.name)) else {
        return Err(conflict(
            "tuning.goal",
            format!("`{}` is not measured on the validation rows", goal.metric),
        ));
    };
    let better = if measure.larger_is_better { Direction::Maximize } else { Direction::Minimize };
    if better != goal.direction {
        let metric = &goal.metric;
        let because = format!(
            "a good {metric} is {}, write {{ {} = \"{metric}\" }}",
            if measure.larger_is_better { "large" } else { "small" },
            better.name()
        );
        return Err(conflict("tuning.goal", because));
    }
    let watched = measure.name.clone();
    Ok(Aim { goal, watched, fingerprint: prepared.fingerprint })
}

/// The recipe with its goal among the metrics, and without the cost of measuring the training rows.
fn measured_by(mut fixed: FixedRecipe, goal: &Goal) -> FixedRecipe {
    let measured = fixed.training.metrics.iter().any(|metric| metric.name == goal.metric);
    if goal.metric != "loss" && !measured {
        fixed.training.metrics.push(Plug::new(&goal.metric));
    }
    fixed.training.measure_training = false;
    fixed
}
