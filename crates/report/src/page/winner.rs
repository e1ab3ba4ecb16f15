//! Part 8: one training: its curves, its scores, its mistakes, its model.

use std::collections::BTreeSet;

use super::shell::{Section, figure};
use crate::RunInput;
use crate::chart::{self, Size};
use crate::html::{details, escape, table};
use crate::labels::measure;
use crate::number::{metric as number, percent};

/// Pictures of this many measured quantities are shown; the table behind holds all.
const QUANTITIES: usize = 4;

/// The parts of the data in the order in which they are used.
const PARTS: [&str; 3] = ["train", "validation", "test"];

pub(crate) fn section(run: &RunInput, title: &str) -> Option<Section> {
    let (curves, mistakes, tables) = (training(run), mistakes(run), [scores(run), model(run)].concat());
    let body = match (mistakes.is_empty(), tables.is_empty()) {
        (false, false) => {
            format!("{curves}<div class=\"two\"><div>{mistakes}</div><div>{tables}</div></div>")
        }
        _ => [curves, tables, mistakes].concat(),
    };
    if body.is_empty() {
        return None;
    }
    Some(Section { id: "training", short: "Training", title: title.to_owned(), body })
}

fn training(run: &RunInput) -> String {
    if run.history.is_empty() {
        return String::new();
    }
    let mut names = chart::training_series(&run.history);
    // The loss, then the metric that decided, then the rest.
    names.sort_by_key(|name| (name != "loss", *name != run.metric));
    let mut pictures = String::new();
    for name in names.iter().take(QUANTITIES) {
        let svg = chart::training(&run.history, name, run.kept_epoch, Size::HALF);
        pictures.push_str(&format!("<figure>{svg}</figure>"));
    }
    let columns: BTreeSet<&str> =
        run.history.iter().flat_map(|row| row.values.keys()).map(String::as_str).collect();
    let head: Vec<&str> = std::iter::once("epoch").chain(columns.iter().copied()).collect();
    let every = run.history.len().div_ceil(200).max(1);
    let rows: Vec<Vec<String>> = run
        .history
        .iter()
        .step_by(every)
        .map(|row| {
            let value = |name: &&str| row.values.get(*name).map_or_else(String::new, |value| number(*value));
            std::iter::once(row.epoch.to_string()).chain(columns.iter().map(value)).collect()
        })
        .collect();
    format!("<div class=\"two\">{pictures}</div>{}", details("Every epoch in numbers", &table(&head, &rows)))
}

fn scores(run: &RunInput) -> String {
    if run.scores.is_empty() {
        return String::new();
    }
    let known = PARTS.into_iter().filter(|part| run.scores.contains_key(*part));
    let other = run.scores.keys().map(String::as_str).filter(|part| !PARTS.contains(part));
    let parts: Vec<&str> = known.chain(other).collect();
    let names: BTreeSet<&String> = run.scores.values().flat_map(|scores| scores.keys()).collect();
    let mut names: Vec<&String> = names.into_iter().collect();
    names.sort_by_key(|name| (**name != run.metric, *name != "loss"));
    let head: Vec<&str> = std::iter::once("").chain(parts.iter().copied()).collect();
    let rows: Vec<Vec<String>> = names
        .iter()
        .map(|name| {
            let score = |part: &&str| run.score(part, name).map_or_else(String::new, number);
            std::iter::once(measure(name)).chain(parts.iter().map(score)).collect()
        })
        .collect();
    format!("<h3>Scores</h3><div class=\"scores\">{}</div>", table(&head, &rows))
}

fn mistakes(run: &RunInput) -> String {
    let mut out = String::new();
    if let Some(confusion) = run.confusion.as_ref().filter(|confusion| !confusion.matrix.is_empty()) {
        let classes = 0..confusion.matrix.len();
        let hits: u64 =
            classes.clone().map(|class| confusion.matrix[class].get(class).copied().unwrap_or(0)).sum();
        let total = confusion.total();
        let head: Vec<String> = ["true".to_owned(), "found".to_owned()]
            .into_iter()
            .chain(classes.clone().map(|class| format!("as {}", confusion.label(class))))
            .collect();
        let rows: Vec<Vec<String>> = classes
            .map(|class| {
                let recall = confusion.recall(class).map_or_else(|| "no samples".to_owned(), percent);
                let counts = confusion.matrix[class].iter().map(u64::to_string);
                [confusion.label(class), recall].into_iter().chain(counts).collect()
            })
            .collect();
        let head: Vec<&str> = head.iter().map(String::as_str).collect();
        out.push_str(&figure(
            "confusion",
            &format!("{} mistakes in {total} samples of the {} part", total - hits, confusion.part),
            "Rows are what is true, columns what was predicted; at the right, the share of each class that was found.",
            &chart::confusion(confusion),
            None,
            &details("The numbers", &table(&head, &rows)),
        ));
    }
    if let Some(predictions) = run.scatter.as_ref().filter(|predictions| !predictions.is_empty()) {
        let mut worst: Vec<_> = predictions.iter().collect();
        worst.sort_by(|a, b| (b.predicted - b.truth).abs().total_cmp(&(a.predicted - a.truth).abs()));
        let rows: Vec<Vec<String>> = worst
            .iter()
            .take(20)
            .map(|p| vec![number(p.truth), number(p.predicted), number(p.predicted - p.truth)])
            .collect();
        out.push_str(&figure(
            "scatter",
            "Predictions against the truth",
            "On the hairline a prediction is exact.",
            &chart::scatter(predictions, Size { width: 460.0, height: 460.0 }),
            None,
            &details("The twenty worst in numbers", &table(&["true", "predicted", "difference"], &rows)),
        ));
    }
    out
}

fn model(run: &RunInput) -> String {
    let summary = &run.summary;
    if summary.rows.is_empty() {
        return String::new();
    }
    let head: Vec<&str> = summary.head.iter().map(String::as_str).collect();
    let notes: String =
        summary.notes.iter().map(|note| format!("<p class=\"note\">{}</p>", escape(note))).collect();
    format!("<h3>The model</h3><div class=\"scores\">{}</div>{notes}", table(&head, &summary.rows))
}
