//! `tune`: a recipe with ranges and a study become a tuned model. The only file that has heard of training and tuning.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use tunesmith_core::{Entry, Plug, Search, Value, Why};
use tunesmith_data::Prepared;
use tunesmith_report::findings::Finding;
use tunesmith_report::{RunInput, StudyInput, study_page};
use tunesmith_train::{MetricEntry, Outcome as Trained, Trainer};
use tunesmith_tuner::{
    Budget, Counts, Direction, Ended, Observer, Outcome, Resumable, Stop, Storage, Study, TrialRecord,
    TrialRun,
};

use crate::run::{Ear, Run, RunOptions, finish, trainer};
use crate::subject;
use crate::{Error, FixedRecipe, Goal, Kind, Opener, Recipe, Tuning, threads};

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
    /// Trials that ended in this run; none when the study had its total already.
    pub new_trials: usize,
    /// Trials that other processes still run.
    pub running_elsewhere: usize,
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
/// A study that exists is resumed, if it was begun with the same data, goal and fixed settings; the recipe's `trials` is
/// its total. The winner is retrained from the seed its trial
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
    let aim = probe(recipe, tuning, &search, &cache)?;
    if let Some(out) = &options.out {
        crate::run::check_folder(out)?;
    }
    let workers = threads::count(tuning.workers);
    let name = options.study.clone().unwrap_or_else(|| recipe.name().to_owned());
    let storage = options.storage.take().map(Opener::open).transpose()?;
    if let Some(storage) = &storage {
        subject::check(&**storage, &name, recipe, &aim)?;
    }
    let study = open(recipe, tuning, &search, &aim.goal, &name, storage, &options)?;
    subject::tell(&study, recipe, &aim)?;
    let mut budget = Budget::trials(tuning.trials as u64).workers(workers).stop(&options.stop);
    if let Some(time) = tuning.time() {
        budget = budget.time(time);
    }
    if let Some(time) = tuning.trial_time() {
        budget = budget.trial_time(time);
    }
    let tried = |counts: Counts| counts.finished() + counts.paused;
    let before = tried(study.counts());
    let objective = Trials { recipe, search: &search, cache: &cache, aim: &aim };
    let mut ended = study.optimize_resumable(&objective, &budget)?;
    let seconds = subject::add_seconds(&study, began.elapsed().as_secs_f64())?;

    let best = study.best();
    let new_trials = tried(study.counts()).saturating_sub(before);
    let mut run = None;
    let mut findings = Vec::new();
    if let (false, Some(best)) = (ended == Ended::Stopped, &best) {
        let trials: Vec<TrialRecord> = study.trials().into_iter().map(TrialRecord::settled).collect();
        let winner = Winner { recipe, search: &search, cache: &cache, aim: &aim, workers, seconds };
        match winner.retrain(&study, best, &trials, &options)? {
            Some((trained, found)) => (run, findings) = (Some(trained), found),
            None => ended = Ended::Stopped,
        }
    }
    if best.is_none() && ended != Ended::Stopped {
        return Err(nothing_completed(&study, recipe));
    }
    Ok(Tuned {
        study: name,
        goal: aim.goal,
        counts: study.counts(),
        new_trials,
        running_elsewhere: study.running_elsewhere(),
        best,
        run,
        findings,
        ended,
        seconds: began.elapsed().as_secs_f64(),
    })
}

/// Why a search ends without a model: how its trials ended, and why the first did.
fn nothing_completed(study: &Study, recipe: &Recipe) -> Error {
    let counts = study.counts();
    let why = study.trials().into_iter().find_map(|trial| trial.reason);
    let why = why.map_or_else(String::new, |why| format!("; the first: {why}"));
    let message = format!(
        "no trial completed ({} stopped early, {} diverged, {} failed{why})",
        counts.pruned + counts.paused,
        counts.diverged,
        counts.failed
    );
    Error::new(Kind::Training, message).at(recipe.origin())
}

/// What a search is after: the goal, and the name of its value in the history of a training.
pub(crate) struct Aim {
    pub(crate) goal: Goal,
    watched: String,
    /// Identifies the data.
    pub(crate) fingerprint: u64,
}

/// Finds out before the first trial what would make every trial fail: builds one in the middle of the space.
fn probe(recipe: &Recipe, tuning: &Tuning, search: &Search, cache: &DataCache<'_>) -> Result<Aim, Error> {
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
    let prepared = cache.of(&fixed)?;
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
        .pruner(tuning.make_scheduler(recipe.epochs()).map_err(wrong)?);
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

/// The trials of a search: the settings become a recipe, the recipe a training that reports to the trial.
///
/// Each trains from a seed of its own, unless the recipe says one. Its value is that of the weights that are kept: the
/// last epoch's, or those a callback handed back.
struct Trials<'a> {
    recipe: &'a Recipe,
    search: &'a Search,
    cache: &'a DataCache<'a>,
    aim: &'a Aim,
}

impl Trials<'_> {
    fn trainer(&self, trial: &TrialRun<'_>) -> Result<Training, Error> {
        let mut fixed = self.recipe.filled(&self.search.fill(trial.params()))?;
        if !self.recipe.says("training.seed") {
            fixed = fixed.with_training("seed", training_seed(trial));
        }
        let prepared = self.cache.of(&fixed)?;
        let fixed = fixed.for_task(prepared.train.task());
        let seed = fixed.training.seed;
        let trainer = trainer(self.recipe, &measured_by(fixed, &self.aim.goal), &prepared)?;
        Ok(Training { trainer: Some(trainer.reporting(&self.aim.watched)), seed })
    }
}

/// A trial's training, until it has ended.
struct Training {
    trainer: Option<Trainer>,
    seed: usize,
}

impl Resumable for Trials<'_> {
    type State = Training;

    fn begin(&self, trial: &TrialRun<'_>) -> Result<Training, Outcome> {
        self.trainer(trial).map_err(|error| Outcome::Failed { reason: error.to_string() })
    }

    fn run(&self, state: &mut Training, trial: &mut TrialRun<'_>) -> Outcome {
        trial.set_attribute("seed", state.seed);
        let ended = state.trainer.as_mut().is_some_and(|trainer| trainer.advance(trial));
        let Some(trainer) = state.trainer.take_if(|_| ended) else { return Outcome::Paused };
        let fitted = trainer.finish();
        trial.set_attribute("epochs", fitted.history.epochs().len());
        match fitted.outcome {
            Trained::Diverged { epoch, reason, .. } => Outcome::Diverged { step: epoch as u64, reason },
            Trained::Finished | Trained::Stopped => {
                let curve = fitted.history.curve(&self.aim.watched);
                curve.get(fitted.kept_epoch).map_or(Outcome::Interrupted, |value| Outcome::Complete(*value))
            }
        }
    }

    fn bytes(&self, state: &mut Training) -> usize {
        state.trainer.as_mut().map_or(0, Trainer::bytes)
    }

    fn fork(&self, state: &mut Training, trial: &TrialRun<'_>) -> Option<Training> {
        let Training { trainer, seed } = self.trainer(trial).ok()?;
        let trainer = trainer?.going_on_from(state.trainer.as_mut()?).ok()?;
        Some(Training { trainer: Some(trainer), seed })
    }
}

/// What it takes to make the best trial a model.
struct Winner<'a> {
    recipe: &'a Recipe,
    search: &'a Search,
    cache: &'a DataCache<'a>,
    aim: &'a Aim,
    workers: usize,
    /// Time the study took so far, over all its runs.
    seconds: f64,
}

impl Winner<'_> {
    /// Trains the winner again and scores it; `None` when somebody said stop meanwhile.
    fn retrain(
        &self,
        study: &Study,
        best: &TrialRecord,
        trials: &[TrialRecord],
        options: &TuneOptions,
    ) -> Result<Option<(Run, Vec<Finding>)>, Error> {
        let mut fixed = self.recipe.filled(&self.search.fill(&best.params))?;
        if let Some(seed) = best.user.get("seed").and_then(|text| text.parse::<usize>().ok()) {
            fixed = fixed.with_training("seed", seed);
        }
        let prepared = self.cache.of(&fixed)?;
        let mut measured = measured_by(fixed.for_task(prepared.train.task()), &self.aim.goal);
        measured.training.measure_training = true;
        let mut ear = Ear(options.stop.clone());
        let fitted = threads::within(self.workers, |par| {
            let trainer = trainer(self.recipe, &measured, &prepared)?;
            let trainer = trainer.parallel(par).map_err(|error| self.recipe.wrong(error))?;
            Ok::<_, Error>(trainer.fit(&mut ear))
        })??;
        if options.stop.is_set() {
            return Ok(None);
        }
        if let Trained::Diverged { .. } = fitted.outcome {
            let message = format!("the winner (trial {}), trained again, {}", best.number, fitted.outcome);
            return Err(Error::new(Kind::Training, message).at(self.recipe.origin()));
        }
        let run_options = RunOptions {
            out: options.out.clone(),
            command: options.command.clone(),
            when: options.when.clone(),
            ..RunOptions::default()
        };
        let findings = Mutex::new(Vec::new());
        let page = |run: &RunInput| {
            let space = self.search.space();
            let goal = &self.aim.goal;
            let mut input = StudyInput::new(study.name(), &goal.metric, goal.direction, space, trials);
            input.seconds = self.seconds;
            input.reproduce = run.reproduce.clone();
            input.winner = Some(run.clone());
            *findings.lock().unwrap_or_else(PoisonError::into_inner) =
                tunesmith_report::findings::of_study(&input);
            study_page(&input)
        };
        let run =
            finish(self.recipe, measured, &prepared, fitted, &self.aim.goal, &run_options, Some(&page))?;
        if options.out.is_none() {
            let _ = page(&run.page);
        }
        let findings = findings.into_inner().unwrap_or_else(PoisonError::into_inner);
        Ok(Some((run, findings)))
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
