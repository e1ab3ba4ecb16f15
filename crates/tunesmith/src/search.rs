//! `tune`: a recipe with ranges and a study become a tuned model. The only file that has heard of training and tuning.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use tunesmith_core::{Params, Search, Value};
use tunesmith_data::Prepared;
use tunesmith_report::findings::Finding;
use tunesmith_report::{RunInput, StudyInput, study_page};
use tunesmith_train::Outcome as Trained;
use tunesmith_tuner::{
    Budget, Counts, Direction, Ended, Observer, Outcome, Stop, Storage, Study, TrialRecord, TrialRun,
};

use crate::run::{Run, RunOptions, finish, trainer};
use crate::{Error, FixedRecipe, Goal, Kind, Recipe, Tuning, threads};

/// Opens the place where a study lives, once everything else is known to be right: a mistake in a recipe leaves no
/// empty database behind.
///
/// ```
/// use std::sync::Arc;
/// use tunesmith::{Opener, tuner::MemoryStorage};
/// let options = tunesmith::TuneOptions { storage: Some(Opener::new(|| Ok(Arc::new(MemoryStorage::new())))), ..Default::default() };
/// assert!(options.storage.is_some());
/// ```
pub struct Opener(Box<dyn FnOnce() -> Result<Arc<dyn Storage>, Error>>);

impl Opener {
    /// An opener that calls a function.
    #[must_use]
    pub fn new(open: impl FnOnce() -> Result<Arc<dyn Storage>, Error> + 'static) -> Self {
        Self(Box::new(open))
    }
}

impl std::fmt::Debug for Opener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Opener")
    }
}

/// How a search is run, beyond the recipe.
#[derive(Debug, Default)]
pub struct TuneOptions {
    /// Where the study lives; in memory without.
    pub storage: Option<Opener>,
    /// The study's name; the recipe's if nothing is said.
    pub study: Option<String>,
    /// Where the winner's folder goes; none is written without.
    pub out: Option<PathBuf>,
    /// Who watches.
    pub observer: Option<Arc<dyn Observer>>,
    /// Who may end it.
    pub stop: Stop,
    /// The command, for the report.
    pub command: String,
    /// Now, as a date, for the report.
    pub when: Option<String>,
}

/// A finished or interrupted search.
#[derive(Debug)]
pub struct Tuned {
    /// The study's name.
    pub study: String,
    /// What was made small or large.
    pub goal: Goal,
    /// How many trials are in each state.
    pub counts: Counts,
    /// The best trial.
    pub best: Option<TrialRecord>,
    /// The winner retrained and scored; none when the search was interrupted or nothing completed.
    pub run: Option<Run>,
    /// What to do next, most important first.
    pub findings: Vec<Finding>,
    /// Why the search ended.
    pub ended: Ended,
    /// How long the search and the retraining took.
    pub seconds: f64,
}

/// Data by data section: trials with the same section share them.
struct DataCache<'a> {
    recipe: &'a Recipe,
    loaded: Mutex<BTreeMap<String, Arc<Prepared>>>,
}

impl DataCache<'_> {
    fn of(&self, fixed: &FixedRecipe) -> Result<Arc<Prepared>, Error> {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        let key = fixed.data_key();
        if let Some(prepared) = loaded.get(&key) {
            return Ok(prepared.clone());
        }
        let prepared = Arc::new(fixed.data.load(self.recipe.base())?);
        loaded.insert(key, prepared.clone());
        Ok(prepared)
    }
}

/// Searches the ranges of a recipe, retrains the winner and scores it once on the test part.
///
/// A study that exists is resumed; the recipe's `trials` is its total. The winner is retrained from the seed its trial
/// had, on the same rows, so that it is the model the trial saw.
///
/// # Errors
/// When the recipe, the data, the storage or a file cannot be used.
pub fn tune(recipe: &Recipe, tuning: &Tuning, mut options: TuneOptions) -> Result<Tuned, Error> {
    let began = Instant::now();
    let search = recipe.search()?;
    if search.space().is_empty() {
        let message = "there is no range to search: write one, such as { float = [1e-4, 1e-1], scale = \"log\" }, or use `tunesmith train`";
        return Err(Error::new(Kind::Usage, message).at(recipe.origin()));
    }
    let cache = DataCache { recipe, loaded: Mutex::new(BTreeMap::new()) };
    let goal = probe(recipe, tuning, &search, &cache)?;
    if let Some(out) = &options.out {
        crate::run::check_folder(out)?;
    }
    let workers = threads::count(tuning.workers);
    let name = options.study.clone().unwrap_or_else(|| recipe.name().to_owned());
    let storage = options.storage.take().map(|Opener(open)| open()).transpose()?;
    let study = open(recipe, tuning, &search, &goal, &name, storage, &options)?;
    let mut budget = Budget::trials(tuning.trials as u64).workers(workers).stop(&options.stop);
    if let Some(time) = tuning.time() {
        budget = budget.time(time);
    }
    if let Some(time) = tuning.trial_time() {
        budget = budget.trial_time(time);
    }
    let watched = format!("validation_{}", goal.metric);
    let objective = |trial: &mut TrialRun<'_>| objective(recipe, &search, &cache, &watched, &goal, trial);
    let ended = study.optimize(objective, &budget)?;

    let best = study.best();
    let mut tuned = Tuned {
        study: name,
        goal,
        counts: study.counts(),
        best,
        run: None,
        findings: Vec::new(),
        ended,
        seconds: 0.0,
    };
    if ended != Ended::Stopped
        && let Some(best) = tuned.best.clone()
    {
        let trials = study.trials();
        let winner = Winner { recipe, search: &search, cache: &cache, goal: &tuned.goal, workers };
        let (run, findings) = winner.retrain(&study, &best, &trials, &options, began)?;
        tuned.run = Some(run);
        tuned.findings = findings;
    }
    tuned.seconds = began.elapsed().as_secs_f64();
    Ok(tuned)
}

/// Finds out before the first trial what would make every trial fail: builds one in the middle of the space.
fn probe(recipe: &Recipe, tuning: &Tuning, search: &Search, cache: &DataCache<'_>) -> Result<Goal, Error> {
    let middle = search.space().complete(|dimension| dimension.domain.place(0.5));
    let fixed = recipe.filled(&search.fill(&middle))?;
    let prepared = cache.of(&fixed)?;
    if prepared.validation.is_empty() {
        let message = "a search needs validation rows, write split = { test = 0.2, validation = 0.2 }";
        return Err(
            Error::new(Kind::Usage, message).at(format!("{}: data.split.validation", recipe.origin()))
        );
    }
    let mut goal = tuning.goal().map_err(|error| recipe.wrong(error))?;
    if !tuning.names_goal() {
        goal = crate::run::default_goal(&prepared);
    }
    let with_goal = measured_by(fixed, &goal);
    with_goal.training.check().map_err(|_| {
        let known: Vec<&str> = tunesmith_core::all::<tunesmith_train::MetricEntry>()
            .iter()
            .map(|entry| tunesmith_core::Entry::meta(*entry).name)
            .collect();
        let error = tunesmith_core::Error::unknown_key(
            "tuning.goal",
            &goal.metric,
            known.iter().copied().chain(["loss"]),
        );
        recipe.wrong(error)
    })?;
    trainer(recipe, &with_goal, &prepared)?;
    Ok(goal)
}

/// The recipe with its goal among the metrics, and without the cost of measuring the training rows.
fn measured_by(fixed: FixedRecipe, goal: &Goal) -> FixedRecipe {
    let mut fixed = fixed;
    let measured = |name: &str| fixed.training.metrics.iter().any(|metric| metric.name == name);
    if goal.metric != "loss" && !measured(&goal.metric) {
        fixed.training.metrics.push(tunesmith_core::Plug::new(&goal.metric));
    }
    fixed.training.measure_training = false;
    fixed
}

fn open(
    recipe: &Recipe,
    tuning: &Tuning,
    search: &Search,
    goal: &Goal,
    name: &str,
    storage: Option<Arc<dyn Storage>>,
    options: &TuneOptions,
) -> Result<Study, Error> {
    let wrong = |error| recipe.wrong(error);
    let mut builder = Study::builder(search.space().clone(), goal.direction)
        .name(name)
        .seed(tuning.seed as u64)
        .sampler(tuning.make_sampler().map_err(wrong)?)
        .pruner(tuning.make_pruner().map_err(wrong)?);
    if let Some(storage) = storage {
        builder = builder.storage(storage);
    }
    if let Some(observer) = &options.observer {
        builder = builder.observer(observer.clone());
    }
    Ok(builder.open()?)
}

/// The seed of a trial's training: a small number, so that it can stand in a recipe.
fn training_seed(trial: &tunesmith_tuner::Trial) -> usize {
    (trial.seed().named("training").value() >> 40) as usize
}

/// One trial: the settings become a recipe, the recipe a training that reports to the trial.
fn objective(
    recipe: &Recipe,
    search: &Search,
    cache: &DataCache<'_>,
    watched: &str,
    goal: &Goal,
    trial: &mut TrialRun<'_>,
) -> Result<Outcome, Error> {
    let seed = training_seed(trial);
    let fixed = recipe.filled(&search.fill(trial.params()))?.with_training("seed", seed);
    let prepared = cache.of(&fixed)?;
    trial.set_attribute("seed", seed);
    let fitted = trainer(recipe, &measured_by(fixed, goal), &prepared)?.reporting(watched).fit(trial);
    trial.set_attribute("epochs", fitted.history.epochs().len());
    Ok(match fitted.outcome {
        Trained::Diverged { epoch, reason, .. } => Outcome::Diverged { step: epoch as u64, reason },
        Trained::Finished | Trained::Stopped => {
            let curve = fitted.history.curve(watched);
            curve.last().map_or(Outcome::Interrupted, |value| Outcome::Complete(*value))
        }
    })
}

/// What it takes to make the best trial a model.
struct Winner<'a> {
    recipe: &'a Recipe,
    search: &'a Search,
    cache: &'a DataCache<'a>,
    goal: &'a Goal,
    workers: usize,
}

impl Winner<'_> {
    fn fixed(&self, params: &Params, seed: Option<usize>) -> Result<FixedRecipe, Error> {
        let fixed = self.recipe.filled(&self.search.fill(params))?;
        Ok(match seed {
            Some(seed) => fixed.with_training("seed", seed),
            None => fixed,
        })
    }

    fn retrain(
        &self,
        study: &Study,
        best: &TrialRecord,
        trials: &[TrialRecord],
        options: &TuneOptions,
        began: Instant,
    ) -> Result<(Run, Vec<Finding>), Error> {
        let seed = best.user.get("seed").and_then(|text| text.parse::<usize>().ok());
        let fixed = self.fixed(&best.params, seed)?;
        let prepared = self.cache.of(&fixed)?;
        let mut measured = measured_by(fixed, self.goal);
        measured.training.measure_training = true;
        let fitted = threads::within(self.workers, |par| {
            let trainer = trainer(self.recipe, &measured, &prepared)?;
            let trainer = trainer.parallel(par).map_err(|error| self.recipe.wrong(error))?;
            Ok::<_, Error>(trainer.fit(&mut ()))
        })??;
        let run_options = RunOptions {
            out: options.out.clone(),
            command: options.command.clone(),
            when: options.when.clone(),
            ..RunOptions::default()
        };
        let findings = Mutex::new(Vec::new());
        let page = |run: &RunInput| {
            let space = self.search.space();
            let mut input =
                StudyInput::new(study.name(), &self.goal.metric, self.goal.direction, space, trials);
            input.seconds = began.elapsed().as_secs_f64();
            input.reproduce = run.reproduce.clone();
            input.winner = Some(run.clone());
            *findings.lock().unwrap_or_else(PoisonError::into_inner) =
                tunesmith_report::findings::of_study(&input);
            study_page(&input)
        };
        let run =
            finish(self.recipe.name(), measured, &prepared, fitted, self.goal, &run_options, Some(&page))?;
        if options.out.is_none() {
            let _ = page(&run.page);
        }
        let findings = findings.into_inner().unwrap_or_else(PoisonError::into_inner);
        Ok((run, findings))
    }
}

impl Tuned {
    /// The best trial's settings.
    #[must_use]
    pub fn params(&self) -> BTreeMap<String, Value> {
        self.best.as_ref().map(|best| best.params.clone()).unwrap_or_default()
    }

    /// Which way is better.
    #[must_use]
    pub fn direction(&self) -> Direction {
        self.goal.direction
    }
}
