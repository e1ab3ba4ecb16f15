//! `tunesmith run`: a search over the settings of any program.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use clap::ArgMatches;
use tunesmith::core::{Plug, Space, Table, Value, find};
use tunesmith::tuner::{
    Budget, Direction, Ended as SearchEnded, PrunerEntry, SamplerEntry, Study, TrialRecord, TrialRun,
    TrialState,
};
use tunesmith::{Error, FOLDER, Kind, parse_duration};

use super::{open_storage, shell_words};
use crate::Ended;
use crate::args::text;
use crate::external::{Context, Metric, Objective, Template, space};
use crate::interrupt::stop_or_hurry_on_interrupt;
use crate::output::{Output, number, object, seconds, short, table};
use crate::progress::StudyBars;

/// The attribute of a study that keeps the command it was begun with.
const COMMAND: &str = "command";

pub(super) fn run(matches: &ArgMatches, output: &Output) -> Result<Ended, Error> {
    let began = Instant::now();
    let params = matches.get_many::<String>("param").unwrap_or_default().map(String::as_str);
    let space = space(text(matches, "space").map(Path::new), params)?;
    let words: Vec<&str> =
        matches.get_many::<String>("command").unwrap_or_default().map(String::as_str).collect();
    let command = Template::parse(words.iter().copied(), &space)?;
    let workers = at_least_one(matches, "workers")?;
    let trials = at_least_one(matches, "trials")? as u64;
    let metric = metric(matches, &space, workers)?;
    let direction = if matches.get_flag("maximize") { Direction::Maximize } else { Direction::Minimize };
    let steps = matches!(metric, Metric::Lines(_));
    let sampler = Plug::new(text(matches, "sampler").unwrap_or("auto"));
    let scheduler = text(matches, "scheduler").unwrap_or(if steps { "median" } else { "none" });
    if !steps && scheduler != "none" {
        let message = "only a program that reports steps can be stopped early: give --metric-lines too";
        return Err(Error::new(Kind::Usage, message).at("--scheduler"));
    }
    let usage = |error| Error::setting("the command line", error);
    let sampler = find::<SamplerEntry>(&sampler.name, "--sampler")
        .and_then(|entry| entry.build(&sampler.config, "--sampler"));
    let pruner = find::<PrunerEntry>(scheduler, "--scheduler")
        .and_then(|entry| entry.build(&Table::new(), "--scheduler"));
    let mut budget = Budget::trials(trials).workers(workers);
    budget.time = time(matches, "time")?;
    budget.trial_time = time(matches, "trial-time")?;

    let name = text(matches, "study").map_or_else(|| program(&words), str::to_owned);
    let out = text(matches, "out").map_or_else(|| Path::new(FOLDER).join(&name), PathBuf::from);
    let out = std::path::absolute(&out).map_err(|error| Error::file(&out, error))?;
    let url = text(matches, "storage").unwrap_or_default().to_owned();
    let bars = Arc::new(StudyBars::new(metric.name(), Some(direction), trials, 1));
    let study = Study::builder(space, direction)
        .name(&name)
        .sampler(sampler.map_err(usage)?)
        .pruner(pruner.map_err(usage)?)
        .seed(matches.get_one::<usize>("seed").copied().unwrap_or(0) as u64)
        .storage(open_storage(&url)?)
        .observer(bars.clone())
        .open()?;
    same_command(&study, &words, output)?;

    let (stop, hurry) = stop_or_hurry_on_interrupt();
    budget = budget.stop(&stop);
    let objective = Objective {
        command,
        metric,
        out,
        retries: matches.get_one::<usize>("retries").copied().unwrap_or(0),
        stop,
        hurry,
        noticed: AtomicBool::new(false),
        broken: Mutex::new(None),
    };
    let before = study.counts().finished();
    let ended = study.optimize(|trial: &mut TrialRun<'_>| objective.run(trial), &budget);
    bars.clear();
    let ended = ended?;
    if let Some(why) = objective.broken.lock().unwrap_or_else(PoisonError::into_inner).take() {
        return Err(Error::new(Kind::Usage, format!("{why}: is it installed, and is it spelled right?")));
    }
    if study.counts().finished() == before && ended == SearchEnded::Trials {
        output.say(&format!(
            "note: the study `{name}` had its {trials} trials already, nothing new was tried: raise --trials, or begin another with --study NAME"
        ));
    }
    let result = Summary { study: &study, objective: &objective, ended, url: &url, took: began.elapsed() };
    let best = study.best();
    if best.is_none() && ended != SearchEnded::Stopped {
        return Err(nothing(&study, &objective));
    }
    output.result(|| result.json(best.as_ref()), || result.people(best.as_ref()));
    Ok(if ended == SearchEnded::Stopped { Ended::Interrupted } else { Ended::Done })
}

fn metric(matches: &ArgMatches, space: &Space, workers: usize) -> Result<Metric, Error> {
    match (text(matches, "metric"), text(matches, "metric-json"), text(matches, "metric-lines")) {
        (Some(pattern), ..) => Metric::pattern(pattern),
        (_, Some(file), _) => Metric::file(file, space, workers),
        (.., Some(key)) => Ok(Metric::Lines(key.to_owned())),
        _ => Ok(Metric::LastNumber),
    }
}

fn at_least_one(matches: &ArgMatches, name: &str) -> Result<usize, Error> {
    match matches.get_one::<usize>(name).copied().unwrap_or(1) {
        0 => Err(Error::new(Kind::Usage, "0 is not possible, allowed is 1 or more").at(format!("--{name}"))),
        n => Ok(n),
    }
}

fn time(matches: &ArgMatches, name: &str) -> Result<Option<Duration>, Error> {
    let Some(written) = text(matches, name) else { return Ok(None) };
    let wrong = || {
        Error::new(Kind::Usage, format!("{written:?} is no time, write 90s, 10m or 2h"))
            .at(format!("--{name}"))
    };
    parse_duration(written).map(Some).ok_or_else(wrong)
}

/// A name for the study: that of the script, or of the program.
fn program(words: &[&str]) -> String {
    let is_script = |word: &&&str| {
        let path = Path::new(**word);
        !word.starts_with('-')
            && !word.contains(['{', ' '])
            && path.extension().is_some()
            && path.file_stem().is_some()
    };
    let word = words.iter().find(is_script).or(words.first()).copied().unwrap_or("run");
    Path::new(word).file_stem().map_or_else(|| "run".to_owned(), |stem| stem.to_string_lossy().into_owned())
}

/// Says so when a stored study was begun with another command: its trials may not compare.
fn same_command(study: &Study, words: &[&str], output: &Output) -> Result<(), Error> {
    let now = shell_words(words.iter().map(|word| (*word).to_owned()));
    let stored =
        study.study_attributes()?.get(COMMAND).and_then(|text| serde_json::from_str::<String>(text).ok());
    match stored {
        Some(then) if then != now => output.say(&format!(
            "note: the study `{}` was begun with another command: {then}; give this one another name (--study NAME) if they do not compare",
            study.name()
        )),
        Some(_) => {}
        None => study.set_study_attribute(COMMAND, &Value::from(now))?,
    }
    Ok(())
}

/// No trial completed: the reason that the last one gave stands for all.
fn nothing(study: &Study, objective: &Objective) -> Error {
    let trials = study.trials();
    let last = trials.iter().rev().find_map(|trial| Some((trial, trial.reason.as_ref()?)));
    let message = match last {
        Some((trial, reason)) => format!(
            "none of {} trials completed; trial {}: {reason}; everything is in {}",
            trials.len(),
            trial.number,
            objective.out.join(format!("trial-{}", trial.number)).display()
        ),
        None => format!("none of {} trials completed: give them more --time or more --trials", trials.len()),
    };
    Error::new(Kind::Training, message)
}

/// What a run gave.
struct Summary<'a> {
    study: &'a Study,
    objective: &'a Objective,
    ended: SearchEnded,
    url: &'a str,
    took: Duration,
}

impl Summary<'_> {
    fn counts(&self) -> [(&'static str, usize); 4] {
        let counts = self.study.counts();
        [
            ("complete", counts.complete),
            ("pruned", counts.pruned + counts.paused),
            ("diverged", counts.diverged),
            ("failed", counts.failed),
        ]
    }

    /// The words with which the program runs once more as it did in a trial.
    fn command(&self, trial: &TrialRecord) -> Vec<String> {
        let attribute =
            |key: &str| trial.user.get(key).and_then(|text| serde_json::from_str::<Value>(text).ok());
        let folder = self.objective.out.join(format!("trial-{}", trial.number));
        self.objective.command.fill(&Context {
            settings: &trial.params,
            trial: trial.number,
            seed: attribute("seed")
                .and_then(|seed| seed.as_i64())
                .and_then(|seed| u64::try_from(seed).ok())
                .unwrap_or(0),
            out: self.objective.out.join("best").display().to_string(),
            params: folder.join("params.json").display().to_string(),
        })
    }

    fn json(&self, best: Option<&TrialRecord>) -> Value {
        let trials = object(self.counts().map(|(state, n)| (state, n.into())));
        let command = best.map_or(Value::Null, |best| self.command(best).into());
        let best = best.map_or(Value::Null, |best| {
            object([
                ("trial", (best.number as usize).into()),
                ("value", best.value.map_or(Value::Null, number)),
                ("params", Value::Table(best.params.clone())),
            ])
        });
        let mut all = Table::from([
            ("study".to_owned(), Value::from(self.study.name())),
            ("storage".to_owned(), Value::from(self.url)),
            ("out".to_owned(), Value::from(self.objective.out.display().to_string())),
            ("trials".to_owned(), trials),
            ("best".to_owned(), best),
            ("command".to_owned(), command),
            ("seconds".to_owned(), number(self.took.as_secs_f64())),
        ]);
        if self.ended == SearchEnded::Stopped {
            all.insert("interrupted".to_owned(), Value::Bool(true));
        }
        Value::Table(all)
    }

    fn people(&self, best: Option<&TrialRecord>) -> String {
        let [(_, complete), (_, pruned), (_, diverged), (_, failed)] = self.counts();
        let mut text = format!(
            "\nStudy `{}`: {complete} complete, {pruned} stopped early, {diverged} diverged, {failed} failed, in {}.\n",
            self.study.name(),
            seconds(self.took.as_secs_f64())
        );
        if self.ended == SearchEnded::Stopped {
            text.push_str("Interrupted: the same command goes on where this one stopped.\n");
        }
        let failures = self.study.with_history(|history| {
            let failed = history.trials().iter().rev().find(|trial| trial.state == TrialState::Failed);
            failed.and_then(|trial| {
                Some(format!("The last that failed, trial {}: {}\n", trial.number, trial.reason.as_ref()?))
            })
        });
        text.push_str(&failures.unwrap_or_default());
        let Some(best) = best else { return text };
        let value = best.value.map_or_else(|| "-".into(), short);
        text.push_str(&format!(
            "\nBest: trial {}, {} {value}\n\n",
            best.number,
            self.objective.metric.name()
        ));
        let rows: Vec<Vec<String>> =
            best.params.iter().map(|(key, value)| vec![key.clone(), value.to_string()]).collect();
        text.push_str(&table(&rows));
        let folder = self.objective.out.join(format!("trial-{}", best.number));
        text.push_str(&format!(
            "\n  output  {}\n  study   {}\n\nRun it so:\n\n  {}\n",
            folder.display(),
            self.url,
            shell_words(self.command(best))
        ));
        text
    }
}
