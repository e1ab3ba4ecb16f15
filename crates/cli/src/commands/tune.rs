//! `tunesmith tune`: a search over the ranges of a recipe, and the winner as a model.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::ArgMatches;
use tunesmith::core::{Table, Value};
use tunesmith::tuner::{Ended as SearchEnded, Standing};
use tunesmith::{Error, FOLDER, FinalRace, Opener, TuneOptions, Tuned, tune};

use super::{command_line, now, open_storage, recipe, train};
use crate::Ended;
use crate::args::text;
use crate::interrupt::stop_on_interrupt;
use crate::output::{Output, number, object, seconds, short, table};
use crate::progress::StudyBars;

pub(super) fn run(matches: &ArgMatches, output: &Output) -> Result<Ended, Error> {
    let mut recipe = recipe(matches, "tuning")?;
    for (argument, key) in
        [("sampler", "tuning.sampler"), ("scheduler", "tuning.scheduler"), ("time", "tuning.time")]
    {
        if let Some(value) = text(matches, argument) {
            recipe.set(&format!("{key}=\"{value}\""))?;
        }
    }
    for (argument, key) in [("trials", "tuning.trials"), ("workers", "tuning.workers")] {
        if let Some(value) = matches.get_one::<usize>(argument) {
            recipe.set(&format!("{key}={value}"))?;
        }
    }
    let tuning = recipe.tuning()?;
    let name = text(matches, "study").unwrap_or(recipe.name()).to_owned();
    let url = text(matches, "storage").unwrap_or_default().to_owned();
    let out = text(matches, "out").map_or_else(|| Path::new(FOLDER).join(&name), PathBuf::from);
    let open_at = url.clone();
    let storage = Opener::new(move || open_storage(&open_at));
    let stop = stop_on_interrupt();
    let goal = tuning.goal().map_err(|error| Error::setting(recipe.origin(), error))?;
    let metric = if tuning.names_goal() { goal.metric.clone() } else { "value".into() };
    let epochs = recipe.epochs();
    let direction = tuning.names_goal().then_some(goal.direction);
    let bars = Arc::new(StudyBars::new(&metric, direction, tuning.trials as u64, epochs));
    let tuned = tune(
        &recipe,
        &tuning,
        TuneOptions {
            storage: Some(storage),
            study: Some(name),
            out: Some(out),
            observer: Some(bars.clone()),
            stop,
            command: command_line(),
            when: Some(now()),
        },
    );
    bars.clear();
    let tuned = tuned?;
    if let Some(run) = &tuned.run {
        run.notes.iter().for_each(|note| output.say(&format!("note: {note}")));
    }
    if tuned.new_trials == 0 && tuned.ended == SearchEnded::Trials {
        output.say(&format!(
            "note: the study `{}` had its {} trials already, nothing new was tried: raise --trials, or begin another with --study NAME",
            tuned.study, tuning.trials
        ));
    }
    if tuned.running_elsewhere > 0 {
        output.say(&format!(
            "note: other processes still run {} trials of this study: the last of them to end has the whole result",
            tuned.running_elsewhere
        ));
    }
    output.result(|| json(&tuned, &url), || people(&tuned, &url));
    Ok(if tuned.ended == SearchEnded::Stopped { Ended::Interrupted } else { Ended::Done })
}

fn json(tuned: &Tuned, url: &str) -> Value {
    let counts = &tuned.counts;
    let count = |n: usize| Value::from(n);
    let trials = object([
        ("complete", count(counts.complete)),
        ("pruned", count(counts.pruned)),
        ("paused", count(counts.paused)),
        ("diverged", count(counts.diverged)),
        ("failed", count(counts.failed)),
    ]);
    let best = tuned.best.as_ref().map_or(Value::Null, |best| {
        let value = best.value.map_or(Value::Null, number);
        object([
            ("trial", count(best.number as usize)),
            ("value", value),
            ("params", Value::Table(best.params.clone())),
        ])
    });
    let run = tuned.run.as_ref().map(train::object).unwrap_or_default();
    let of_run = |key: &str| run.get(key).cloned().unwrap_or(Value::Null);
    let mut all = Table::from([
        ("study".to_owned(), Value::from(tuned.study.as_str())),
        ("storage".to_owned(), Value::from(url)),
        ("trials".to_owned(), trials),
        ("best".to_owned(), best),
        ("test".to_owned(), of_run("test")),
        ("model".to_owned(), of_run("model")),
        ("report".to_owned(), of_run("report")),
        ("seconds".to_owned(), number(tuned.seconds)),
    ]);
    if let Some(race) = &tuned.race {
        all.insert("race".to_owned(), race_object(race));
    }
    if tuned.ended == SearchEnded::Stopped {
        all.insert("interrupted".to_owned(), Value::Bool(true));
    }
    Value::Table(all)
}

fn race_object(race: &FinalRace) -> Value {
    let result = &race.result;
    let standing = |standing: &Standing| {
        object([
            (
                "trial",
                race.trials[standing.candidate].map_or(Value::Null, |trial| Value::from(trial as usize)),
            ),
            ("default", Value::Bool(standing.is_default)),
            ("mean", number(standing.value.mean)),
            ("low", number(standing.value.low)),
            ("high", number(standing.value.high)),
            ("seeds", Value::from(standing.value.n)),
            ("diverged", Value::from(standing.diverged)),
        ])
    };
    object([
        ("standings", Value::List(result.standings.iter().map(standing).collect())),
        ("leader", Value::from(result.leader)),
        ("p_value_against_default", number(result.p_value_against_default)),
        ("better_than_default", Value::Bool(result.significantly_better_than_default)),
        ("optimism", result.optimism.map_or(Value::Null, number)),
    ])
}

/// What the final race says, in a line.
fn raced(race: &FinalRace) -> String {
    let result = &race.result;
    let standing = |candidate: usize| {
        let value = &result.standings[candidate].value;
        format!("{} +- {} over {} seeds", short(value.mean), short((value.high - value.low) / 2.0), value.n)
    };
    let default = standing(race.trials.len() - 1);
    let p = result.p_value_against_default;
    let verdict = if result.standings[result.leader].is_default {
        return format!("\nRace: the default settings lead, {default}: the search found nothing better.\n");
    } else if result.significantly_better_than_default {
        "better than"
    } else {
        "not significantly better than"
    };
    format!(
        "\nRace: {}, {verdict} the default settings, {default} (p = {}).\n",
        standing(result.leader),
        short(p)
    )
}

fn people(tuned: &Tuned, url: &str) -> String {
    let counts = &tuned.counts;
    let mut text = format!(
        "\nStudy `{}`: {} complete, {} stopped early, {} diverged, {} failed, in {}.\n",
        tuned.study,
        counts.complete,
        counts.pruned + counts.paused,
        counts.diverged,
        counts.failed,
        seconds(tuned.seconds)
    );
    if tuned.ended == SearchEnded::Stopped {
        text.push_str("Interrupted: the same command goes on where this one stopped.\n");
    }
    if tuned.ended == SearchEnded::Rule {
        text.push_str(
            "Ended before its trials were run: the target is reached, or nothing better came for a while.\n",
        );
    }
    let Some(best) = &tuned.best else {
        text.push_str("No trial completed; the study keeps why each one ended.\n");
        return text;
    };
    let value = best.value.map_or_else(|| "-".into(), short);
    text.push_str(&format!("\nBest: trial {}, validation {} {value}\n\n", best.number, tuned.goal.metric));
    let rows: Vec<Vec<String>> = best
        .params
        .iter()
        .map(|(key, value)| {
            vec![
                key.clone(),
                value.as_f64().filter(|x| x.fract() != 0.0).map_or_else(|| value.to_string(), short),
            ]
        })
        .collect();
    text.push_str(&table(&rows));
    if let Some(race) = &tuned.race {
        text.push_str(&raced(race));
    }
    if let Some(run) = &tuned.run {
        text.push_str(&format!("\nThe winner, retrained:{}", train::people(run)));
    }
    text.push_str(&format!("  study   {url}\n"));
    text.push_str(&train::advice(&tuned.findings));
    text
}
