//! `fidelity`: how many epochs of real trainings ways of searching need, side by side.
//!
//! A way is a sampler and a scheduler, as in a recipe: `gp/none`, `tpe/asha`, `random/asha{promote}`. Each searches the
//! same seven settings of a network on small data sets, with a budget of so many whole trainings counted in epochs; only
//! trials that were trained to the end count as results. Prints a JSON line for each way, data set and seed: what was
//! reached after how many epochs. `--serve DATA` trains for others, one epoch at a time: JSON lines in and out.

use std::collections::BTreeMap;
use std::io::{BufRead, Write};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value as Json, json};
use tunesmith::core::{
    Condition, Dimension, Domain, Flow, Params, Plug, Reporter, Scale, Space, Test, Value, find,
};
use tunesmith::training::Trainer;
use tunesmith::tuner::{
    Budget, Observer, PrunerEntry, SamplerEntry, Stop, Study, Trial, TrialRecord, TrialState,
};
use tunesmith::{Recipe, Trials};

/// Epochs of a whole training.
const WHOLE: u64 = 54;

const SPACE: &str = r#"
[model]
layers = [
  { repeat = { int = [1, 3] }, layers = [
    { dense = { units = { int = [8, 128], scale = "log" }, activation = { choice = ["relu", "tanh", "sigmoid"] } } },
    { dropout = { rate = { float = [0.0, 0.5] } } },
  ] },
  { dense = { units = "classes" } },
]
[training]
epochs = 54
batch_size = { int = [8, 128], scale = "log" }
optimizer = { choice = [
  { sgd = { lr = { float = [1e-4, 1.0], scale = "log" }, momentum = { float = [0.0, 0.95] } } },
  { adam = { lr = { float = [1e-5, 1e-1], scale = "log" } } },
] }
regularize = { l2 = { float = [1e-7, 1e-1], scale = "log" } }
[tuning]
goal = { minimize = "loss" }
"#;

/// Data sets: name, source, and shares of rows for test and validation. The last two lie in `--data`.
const DATA: [(&str, &str, f64, f64); 8] = [
    ("digits", "\"digits\"", 0.2, 0.2),
    ("digits_few", "\"digits\"", 0.4, 0.4),
    ("breast_cancer", "\"breast_cancer\"", 0.2, 0.3),
    ("wine", "\"wine\"", 0.2, 0.3),
    ("iris", "\"iris\"", 0.2, 0.3),
    ("diabetes", "\"diabetes\"", 0.2, 0.3),
    ("fashion", "{ idx = { path = \"fashion\", shape = \"flat\" } }", 0.0, 0.8),
    ("diamonds", "{ csv = { path = \"diamonds.csv.gz\", target = \"price\" } }", 0.9, 0.05),
];

fn trials(name: &str, folder: &str) -> Result<Trials, String> {
    let (_, source, test, validation) = DATA
        .iter()
        .find(|(known, ..)| *known == name)
        .ok_or_else(|| format!("no data set is called `{name}`"))?;
    let classes = !matches!(name, "diabetes" | "diamonds");
    let test = if *test > 0.0 { format!("test = {test}, ") } else { String::new() };
    let target = if classes { "" } else { "prepare_target = [\"standardize\"]\n" };
    let steps = if name == "diamonds" { "\"one_hot\", \"standardize\"" } else { "\"standardize\"" };
    let text = format!(
        "[data]\nsource = {source}\nsplit = {{ {test}validation = {validation}, seed = 0 }}\nprepare = [{steps}]\n{target}{SPACE}"
    );
    let path = std::path::Path::new(folder).join("fidelity.toml");
    let recipe = Recipe::parse(&path.to_string_lossy(), &text).map_err(|error| error.to_string())?;
    let tuning = recipe.tuning().map_err(|error| error.to_string())?;
    Trials::new(&recipe, &tuning).map_err(|error| format!("{name}: {error}"))
}

/// Counts epochs, remembers what was reached when, and ends the search when its epochs are spent.
#[derive(Debug)]
struct Meter {
    epochs: u64,
    stop: Stop,
    state: Mutex<Metered>,
}

#[derive(Debug, Default)]
struct Metered {
    spent: u64,
    best: f64,
    steps: Vec<(u64, f64)>,
}

impl Observer for Meter {
    fn reported(&self, _: &Trial, _: u64, _: f64, _: Flow) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.spent += 1;
        if state.spent >= self.epochs {
            self.stop.stop();
        }
    }

    fn finished(&self, trial: &TrialRecord) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let whole = trial.reports.len() as u64 == WHOLE;
        if let (true, TrialState::Complete, Some(value)) = (whole, trial.state, trial.value)
            && (state.steps.is_empty() || value < state.best)
        {
            state.best = value;
            let spent = state.spent;
            state.steps.push((spent, value));
        }
    }
}

/// A plug as it is written on the command line: `asha{promote}`, `asha{reduction_factor=2}`.
fn plug(text: &str) -> Result<Plug, String> {
    let (name, settings) = text.strip_suffix('}').and_then(|text| text.split_once('{')).unwrap_or((text, ""));
    let mut plug = Plug::new(name);
    for setting in settings.split(',').filter(|setting| !setting.is_empty()) {
        let (key, value) = setting.split_once('=').unwrap_or((setting, "true"));
        let value = match (value.parse::<i64>(), value.parse::<f64>(), value.parse::<bool>()) {
            (Ok(whole), ..) => Value::Int(whole),
            (_, Ok(number), _) => Value::Float(number),
            (.., Ok(switch)) => Value::Bool(switch),
            _ => Value::from(value),
        };
        plug.config.insert(key.to_owned(), value);
    }
    Ok(plug)
}

fn search(trials: &Trials, way: &str, seed: u64, budget: u64) -> Result<Vec<(u64, f64)>, String> {
    let (sampler, scheduler) = way.split_once('/').unwrap_or((way, "none"));
    let (sampler, mut scheduler) = (plug(sampler)?, plug(scheduler)?);
    if !matches!(scheduler.name.as_str(), "none" | "median" | "percentile") {
        scheduler.config.entry("max_resource".into()).or_insert(Value::Int(WHOLE as i64));
        scheduler.config.entry("min_resource".into()).or_insert(Value::Int(2));
    }
    let wrong = |error: tunesmith::core::Error| format!("{way}: {error}");
    let sampler = find::<SamplerEntry>(&sampler.name, "sampler")
        .and_then(|entry| entry.build(&sampler.config, "sampler"))
        .map_err(wrong)?;
    let scheduler = find::<PrunerEntry>(&scheduler.name, "scheduler")
        .and_then(|entry| entry.build(&scheduler.config, "scheduler"))
        .map_err(wrong)?;
    let stop = Stop::new();
    let meter =
        Arc::new(Meter { epochs: budget * WHOLE, stop: stop.clone(), state: Mutex::new(Metered::default()) });
    let study = Study::builder(trials.space().clone(), trials.goal().direction)
        .seed(seed)
        .sampler(sampler)
        .pruner(scheduler)
        .observer(meter.clone())
        .open()
        .map_err(|error| error.to_string())?;
    study.optimize_resumable(trials, &Budget::unlimited().stop(&stop)).map_err(|error| error.to_string())?;
    let state = meter.state.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(state.steps.clone())
}

/// Pauses after every epoch, and keeps what was reported.
struct OneEpoch(f64);

impl Reporter for OneEpoch {
    fn report(&mut self, _: u64, value: f64) -> Flow {
        self.0 = value;
        Flow::Pause
    }
}

/// A space for those who do not read ours: keys, domains, and what must hold for a dimension to exist.
fn described(space: &Space) -> Json {
    let domain = |domain: &Domain| match domain {
        Domain::Float { low, high, scale, .. } => {
            json!({ "kind": "float", "low": low, "high": high, "log": *scale == Scale::Log })
        }
        Domain::Int { low, high, scale, .. } => {
            json!({ "kind": "int", "low": low, "high": high, "log": *scale == Scale::Log })
        }
        Domain::Choice { options } => json!({ "kind": "choice", "options": options }),
        _ => Json::Null,
    };
    let condition = |condition: &Condition| match &condition.test {
        Test::Is(value) => json!({ "key": condition.key, "is": value }),
        Test::AtLeast(least) => json!({ "key": condition.key, "at_least": least }),
        _ => Json::Null,
    };
    let dimension = |d: &Dimension| {
        let when: Vec<Json> = d.when.iter().map(condition).collect();
        json!({ "key": d.key, "domain": domain(&d.domain), "when": when })
    };
    json!({ "space": space.dimensions().iter().map(dimension).collect::<Vec<_>>() })
}

/// Trains for others. `{"space": true}` says what can be set; `{"new": {...}, "seed": 1}` makes a training and answers `{"training": 0}`; `{"step": 0}` runs an
/// epoch of it and answers `{"value": 0.7}`, or `{"value": null}` when it has left the finite.
fn serve(trials: &Trials) -> Result<(), String> {
    let mut trainings: BTreeMap<u64, Trainer> = BTreeMap::new();
    let mut made = 0;
    for line in std::io::stdin().lock().lines() {
        let line = line.map_err(|error| error.to_string())?;
        let asked: Json = serde_json::from_str(&line).map_err(|error| error.to_string())?;
        let answer = if let Some(params) = asked.get("new") {
            let params: Params = serde_json::from_value(params.clone()).map_err(|error| error.to_string())?;
            let seed = asked["seed"].as_u64().unwrap_or(0) as usize;
            let trainer = trials.trainer(&params, seed).map_err(|error| error.to_string())?;
            trainings.insert(made, trainer);
            made += 1;
            json!({ "training": made - 1 })
        } else if asked.get("space").is_some() {
            described(trials.space())
        } else if let Some(training) = asked["step"].as_u64() {
            let trainer = trainings.get_mut(&training).ok_or("there is no such training")?;
            let mut epoch = OneEpoch(f64::NAN);
            trainer.advance(&mut epoch);
            json!({ "value": epoch.0.is_finite().then_some(epoch.0) })
        } else {
            let training = asked["end"].as_u64().ok_or("say new, step or end")?;
            trainings.remove(&training);
            json!({})
        };
        let mut out = std::io::stdout().lock();
        writeln!(out, "{answer}").and_then(|()| out.flush()).map_err(|error| error.to_string())?;
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "a measurement is what this program is asked for")]
fn run(arguments: &[String]) -> Result<(), String> {
    let mut ways: Vec<String> = Vec::new();
    let (mut data, mut folder, mut seeds, mut first, mut budget) =
        (Vec::new(), ".".to_owned(), 5_u64, 0_u64, 40_u64);
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let mut value = || rest.next().cloned().ok_or_else(|| format!("{argument} needs a value"));
        let number = |text: String| text.parse::<u64>().map_err(|_| format!("`{text}` is no whole number"));
        match argument.as_str() {
            "--data" => data.push(value()?),
            "--folder" => folder = value()?,
            "--seeds" => seeds = number(value()?)?,
            "--first-seed" => first = number(value()?)?,
            "--budget" => budget = number(value()?)?,
            "--serve" => return serve(&trials(&value()?, &folder)?),
            way => ways.push(way.to_owned()),
        }
    }
    let names: Vec<String> =
        if data.is_empty() { DATA[..6].iter().map(|(name, ..)| (*name).to_owned()).collect() } else { data };
    for name in &names {
        let trials = trials(name, &folder)?;
        for way in &ways {
            for seed in first..first + seeds {
                let began = std::time::Instant::now();
                let steps = search(&trials, way, seed, budget)?;
                let seconds = began.elapsed().as_secs_f64();
                println!(
                    "{}",
                    json!({ "data": name, "way": way, "seed": seed, "seconds": seconds, "best": steps })
                );
            }
        }
    }
    Ok(())
}

#[expect(clippy::print_stderr, reason = "a command reports to the one who runs it")]
fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("fidelity: {why}");
            ExitCode::FAILURE
        }
    }
}
