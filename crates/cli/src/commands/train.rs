//! `tunesmith train`: one model from a recipe without ranges.

use std::path::{Path, PathBuf};

use clap::ArgMatches;
use tunesmith::core::{Table, Value};
use tunesmith::report::findings::Finding;
use tunesmith::training::Outcome;
use tunesmith::{Error, FOLDER, Run, RunOptions, free_folder, metrics, train};

use super::{command_line, now, recipe};
use crate::Ended;
use crate::args::text;
use crate::interrupt::stop_on_interrupt;
use crate::output::{Output, number, seconds, short, table};
use crate::progress::TrainingBar;

pub(super) fn run(matches: &ArgMatches, output: &Output) -> Result<Ended, Error> {
    let recipe = recipe(matches, "training")?;
    let out =
        text(matches, "out").map_or_else(|| free_folder(Path::new(FOLDER), recipe.name()), PathBuf::from);
    let stop = stop_on_interrupt();
    let run = train(
        &recipe,
        RunOptions {
            out: Some(out),
            threads: matches.get_one::<u16>("threads").copied().map_or(0, usize::from),
            callbacks: vec![Box::new(TrainingBar::new())],
            stop: stop.clone(),
            command: command_line(),
            when: Some(now()),
        },
    )?;
    run.notes.iter().for_each(|note| output.say(&format!("note: {note}")));
    let interrupted = stop.is_set() && run.fitted.outcome == Outcome::Stopped;
    let json = || {
        let mut object = object(&run);
        if interrupted {
            object.insert("interrupted".into(), Value::Bool(true));
        }
        Value::Table(object)
    };
    output.result(json, || {
        format!("{}{}", people(&run), advice(&tunesmith::report::findings::of_run(&run.page)))
    });
    Ok(if interrupted { Ended::Interrupted } else { Ended::Done })
}

/// Findings for people; nothing when there are none.
pub(super) fn advice(findings: &[Finding]) -> String {
    if findings.is_empty() {
        return String::new();
    }
    format!("\nWhat to do next:\n{}", tunesmith::report::findings::to_text(findings))
}

/// A run as JSON.
pub(super) fn object(run: &Run) -> Table {
    let path = |file: &str| {
        let folder = run.folder.as_ref().map(|folder| folder.join(file).display().to_string());
        folder.map_or(Value::Null, Value::from)
    };
    let model = run.folder.as_ref().map_or(Value::Null, |folder| Value::from(folder.display().to_string()));
    let mut object = Table::from([
        ("model".to_owned(), model),
        ("report".to_owned(), path("report.html")),
        ("seconds".to_owned(), number(run.seconds)),
        ("epochs".to_owned(), Value::from(run.fitted.history.epochs().len())),
    ]);
    if let Value::Table(parts) = metrics(&run.scores) {
        object.extend(parts);
    }
    object
}

/// A run for people: its scores, and where everything is.
pub(super) fn people(run: &Run) -> String {
    let names: Vec<&String> =
        run.scores.values().next().map(|metrics| metrics.keys().collect()).unwrap_or_default();
    let head = std::iter::once(String::new()).chain(names.iter().map(|name| (*name).clone())).collect();
    let mut rows: Vec<Vec<String>> = vec![head];
    for part in ["train", "validation", "test"] {
        if let Some(metrics) = run.scores.get(part) {
            let cells =
                names.iter().map(|name| metrics.get(*name).map_or_else(|| "-".into(), |value| short(*value)));
            rows.push(std::iter::once(part.to_owned()).chain(cells).collect());
        }
    }
    let epochs = run.fitted.history.epochs().len();
    let mut text = format!(
        "\nTrained {epochs} epochs in {}: {}.\n\n{}",
        seconds(run.seconds),
        run.fitted.outcome,
        table(&rows)
    );
    if let Some(folder) = &run.folder {
        let report = folder.join("report.html");
        text.push_str(&format!("\n  model   {}\n  report  {}\n", folder.display(), report.display()));
    }
    text
}
