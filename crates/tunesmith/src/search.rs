//! `tune`: a recipe with ranges and a study become a tuned model.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use tunesmith_core::{Value, Why};
use tunesmith_report::findings::Finding;
use tunesmith_report::{RunInput, StudyInput, study_page};
use tunesmith_train::Outcome as Trained;
use tunesmith_tuner::{
    Budget, Counts, Direction, Ended, History, Observer, Stop, Storage, Study, TrialRecord, best_of,
};

use crate::run::{Ear, Run, RunOptions, finish, trainer};
use crate::subject;
use crate::{Error, FinalRace, Goal, Kind, Opener, Recipe, Trials, Tuning, threads};

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
    /// The winner: the trial that led the final race, or the best trial without one.
    pub best: Option<TrialRecord>,
    /// The final race, if there was one.
    pub race: Option<FinalRace>,
    /// The winner retrained and scored; none when the search was interrupted or nothing completed.
    pub run: Option<Run>,
    /// What to do next, most important first.
    pub findings: Vec<Finding>,
    /// Why the search ended.
    pub ended: Ended,
    /// How long the search and the retraining took.
    pub seconds: f64,
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
    let objective = Trials::new(recipe, tuning)?;
    let aim = objective.aim();
    if let Some(out) = &options.out {
        crate::run::check_folder(out)?;
    }
    let workers = threads::count(tuning.workers);
    let name = options.study.clone().unwrap_or_else(|| recipe.name().to_owned());
    let storage = options.storage.take().map(Opener::open).transpose()?;
    if let Some(storage) = &storage {
        subject::check(&**storage, &name, recipe, aim)?;
    }
    let kept = storage.clone();
    let study = open(recipe, tuning, &objective, &name, storage, &options)?;
    subject::tell(&study, recipe, aim)?;
    let mut budget = Budget::trials(tuning.trials as u64).workers(workers).stop(&options.stop);
    if let Some(time) = tuning.time() {
        budget = budget.time(time);
    }
    if let Some(time) = tuning.trial_time() {
        budget = budget.trial_time(time);
    }
    budget = tuning.rules().fold(budget, Budget::until);
    if study.trials().is_empty() && !tuning.begin_with.is_empty() {
        begin_with(&study, &tuning.begin_with, kept.as_deref()).map_err(|error| recipe.wrong(error))??;
    }
    let tried = |counts: Counts| counts.finished() + counts.paused;
    let before = tried(study.counts());
    let mut ended = study.optimize_resumable(&objective, &budget)?;
    let seconds = subject::add_seconds(&study, began.elapsed().as_secs_f64())?;

    let mut best = study.best();
    let new_trials = tried(study.counts()).saturating_sub(before);
    let mut run = None;
    let mut findings = Vec::new();
    let mut race = None;
    if tuning.race && best.is_some() && ended != Ended::Stopped {
        race = crate::race::run(&objective, &study, workers, &options.stop)?;
        if options.stop.is_set() {
            ended = Ended::Stopped;
        }
    }
    if let Some(number) = race.as_ref().and_then(FinalRace::leader) {
        best = study.with_history(|history| history.trial(number).cloned());
    }
    if let (false, Some(best)) = (ended == Ended::Stopped, &best) {
        let trials: Vec<TrialRecord> = study.trials().into_iter().map(TrialRecord::settled).collect();
        let winner = Winner { trials: &objective, race: race.as_ref(), workers, seconds };
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
        goal: aim.goal.clone(),
        counts: study.counts(),
        new_trials,
        running_elsewhere: study.running_elsewhere(),
        best,
        race,
        run,
        findings,
        ended,
        seconds: began.elapsed().as_secs_f64(),
    })
}

/// So many settings of an earlier study are tried first.
const FIRST: usize = 3;

/// Lets the best settings of an earlier study be tried first.
fn begin_with(
    study: &Study,
    earlier: &str,
    storage: Option<&dyn Storage>,
) -> Result<Result<(), Error>, tunesmith_core::Error> {
    let wrong = |because: String| tunesmith_core::Error::new("tuning.begin_with", Why::Conflict { because });
    let storage =
        storage.ok_or_else(|| wrong("a study in memory has no earlier ones, name a --storage".into()))?;
    let found = match storage.find(earlier) {
        Ok(found) => found,
        Err(error) => return Ok(Err(error.into())),
    };
    let id = found.ok_or_else(|| wrong(format!("no study of this storage is called `{earlier}`")))?;
    let direction = study.with_history(|history| history.direction());
    let mut history = History::new(study.space().clone(), direction);
    let begun = (|| {
        storage.load(id)?.into_iter().for_each(|trial| history.put(trial));
        for params in best_of(&history, study.space(), FIRST) {
            study.enqueue(&params)?;
        }
        Ok(())
    })();
    Ok(begun)
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

fn open(
    recipe: &Recipe,
    tuning: &Tuning,
    trials: &Trials,
    name: &str,
    storage: Option<Arc<dyn Storage>>,
    options: &TuneOptions,
) -> Result<Study, Error> {
    let wrong = |error| recipe.wrong(error);
    let mut builder = Study::builder(trials.space().clone(), trials.goal().direction)
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

/// What it takes to make the best trial a model.
struct Winner<'a> {
    trials: &'a Trials,
    race: Option<&'a FinalRace>,
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
        let recipe = self.trials.recipe();
        let seed = best.user.get("seed").and_then(|text| text.parse::<usize>().ok());
        let (mut measured, prepared) = self.trials.fixed(&best.params, seed)?;
        measured.training.measure_training = true;
        let mut ear = Ear(options.stop.clone());
        let fitted = threads::within(self.workers, |par| {
            let trainer = trainer(recipe, &measured, &prepared)?;
            let trainer = trainer.parallel(par).map_err(|error| recipe.wrong(error))?;
            Ok::<_, Error>(trainer.fit(&mut ear))
        })??;
        if options.stop.is_set() {
            return Ok(None);
        }
        if let Trained::Diverged { .. } = fitted.outcome {
            let message = format!("the winner (trial {}), trained again, {}", best.number, fitted.outcome);
            return Err(Error::new(Kind::Training, message).at(recipe.origin()));
        }
        let run_options = RunOptions {
            out: options.out.clone(),
            command: options.command.clone(),
            when: options.when.clone(),
            ..RunOptions::default()
        };
        let findings = Mutex::new(Vec::new());
        let page = |run: &RunInput| {
            let space = self.trials.space();
            let goal = self.trials.goal();
            let mut input = StudyInput::new(study.name(), &goal.metric, goal.direction, space, trials);
            input.seconds = self.seconds;
            input.chosen = Some(best.number);
            input.race = self.race.map(FinalRace::page);
            input.seed_noise = self.race.map(FinalRace::noise).filter(|noise| noise.is_finite());
            input.reproduce = run.reproduce.clone();
            input.winner = Some(run.clone());
            *findings.lock().unwrap_or_else(PoisonError::into_inner) =
                tunesmith_report::findings::of_study(&input);
            study_page(&input)
        };
        let run = finish(recipe, measured, &prepared, fitted, self.trials.goal(), &run_options, Some(&page))?;
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
