//! Parts 3 to 6: the search in pictures.

use tunesmith_core::{Dimension, Domain, Space};
use tunesmith_tuner::{TrialRecord, TrialState};

use super::shell::{Section, figure};
use crate::StudyInput;
use crate::chart::{self, Size};
use crate::findings::facts_of;
use crate::html::{details, escape, table};
use crate::influence::influence;
use crate::labels::{measure, said, unique};
use crate::number::{capital, count, metric as number, percent, setting};

/// More axes than this cannot be read across a page.
const AXES: usize = 9;
/// Rows and columns of the tables behind pictures.
const ROWS: usize = 30;

pub(crate) fn history(input: &StudyInput<'_>) -> Section {
    let (trials, direction, metric) = (input.trials, input.direction, measure(input.metric));
    let metric = metric.as_str();
    let draw = |size| chart::history(trials, direction, metric, size);
    let best = input.best();
    let title = match best {
        Some(best) => {
            format!("Trial {} of {} reached the best value", best.number, trials.len())
        }
        None => "No trial has completed yet".to_owned(),
    };
    let rows: Vec<Vec<String>> = trials
        .iter()
        .take(2_000)
        .map(|trial| {
            let value = trial.value.map_or_else(String::new, number);
            vec![trial.number.to_string(), trial.state.name().to_owned(), value]
        })
        .collect();
    let numbers = details("The numbers", &table(&["trial", "state", metric], &rows));
    let body = figure("", "", &key(trials), &draw(Size::WIDE), Some(&draw(Size::NARROW)), &numbers);
    Section { id: "history", short: "History", title, body }
}

/// What the marks mean, for the states that occur.
fn key(trials: &[TrialRecord]) -> String {
    let mut out = String::from("<span class=\"key\">");
    for (state, shape) in [
        (TrialState::Complete, "<circle class=\"m\" cx=\"6\" cy=\"6\" r=\"3.5\"/>"),
        (TrialState::Pruned, "<circle class=\"m pruned\" cx=\"6\" cy=\"6\" r=\"3.5\"/>"),
        (TrialState::Diverged, "<path class=\"m diverged\" d=\"M3 3L9 9M3 9L9 3\"/>"),
        (TrialState::Failed, "<path class=\"m failed\" d=\"M6 3L10 9L2 9Z\"/>"),
    ] {
        let n = trials.iter().filter(|trial| trial.state == state).count();
        if n > 0 {
            out.push_str(&format!(
                "<span><svg class=\"chart\" viewBox=\"0 0 12 12\" aria-hidden=\"true\">{shape}</svg> {n} {}</span>",
                match state {
                    TrialState::Pruned => "stopped early, at their last values",
                    state => said(state),
                }
            ));
        }
    }
    out + "<span class=\"accent\">the line is the best so far</span></span>"
}

pub(crate) fn curves(input: &StudyInput<'_>) -> Option<Section> {
    let facts = facts_of(input);
    let reported: Vec<&TrialRecord> = input.trials.iter().filter(|trial| trial.reports.len() > 1).collect();
    if reported.is_empty() {
        return None;
    }
    let draw = |size| chart::curves(input.trials, input.direction, &measure(input.metric), input.step, size);
    let pruned = facts.count(TrialState::Pruned);
    let title = match pruned {
        0 => format!("Every trial, {0} by {0}", input.step),
        n => format!("{n} of {} were stopped early", count(facts.ended(), "trial")),
    };
    let ring = (pruned > 0).then_some("a ring marks where a trial was stopped early");
    let cross =
        (facts.count(TrialState::Diverged) > 0).then_some("a cross, where its numbers left the finite");
    let marks: Vec<&str> = ring.into_iter().chain(cross.filter(|_| pruned > 0)).collect();
    let caption = if marks.is_empty() { String::new() } else { capital(&marks.join("; ")) + "." };
    // The best trials first, at steps spread over the curve.
    let shown: Vec<&&TrialRecord> =
        facts.valued.iter().filter(|trial| trial.reports.len() > 1).take(ROWS).collect();
    let longest =
        reported.iter().filter_map(|trial| trial.last_report()).map(|report| report.0).max().unwrap_or(0);
    let mut steps: Vec<u64> = (0..=9).map(|i| longest * i / 9).collect();
    steps.dedup();
    let head: Vec<String> = std::iter::once("trial".to_owned())
        .chain(steps.iter().map(|step| format!("{} {}", input.step, step + 1)))
        .collect();
    let rows: Vec<Vec<String>> = shown
        .iter()
        .map(|trial| {
            let value = |step: &u64| trial.report_at(*step).map_or_else(String::new, number);
            std::iter::once(trial.number.to_string()).chain(steps.iter().map(value)).collect()
        })
        .collect();
    let head: Vec<&str> = head.iter().map(String::as_str).collect();
    let numbers = details(&format!("The numbers of the best {}", shown.len()), &table(&head, &rows));
    let body = figure("", "", &caption, &draw(Size::WIDE), Some(&draw(Size::NARROW)), &numbers);
    Some(Section { id: "curves", short: "Curves", title, body })
}

/// The dimensions that matter most, with the parents that explain when they exist, in the order of the space.
fn important<'a>(space: &'a Space, influence: &[f64]) -> Vec<&'a str> {
    let dimensions = space.dimensions();
    let mut order: Vec<usize> = (0..dimensions.len()).collect();
    order.sort_by(|a, b| influence[*b].total_cmp(&influence[*a]).then(a.cmp(b)));
    let mut chosen = vec![false; dimensions.len()];
    for index in order {
        let mut wanted = vec![index];
        for condition in &dimensions[index].when {
            wanted.extend(dimensions.iter().position(|dimension| dimension.key == condition.key));
        }
        let new = wanted.iter().filter(|index| !chosen[**index]).count();
        if chosen.iter().filter(|chosen| **chosen).count() + new <= AXES {
            wanted.iter().for_each(|index| chosen[*index] = true);
        }
    }
    dimensions
        .iter()
        .zip(chosen)
        .filter(|(_, chosen)| *chosen)
        .map(|(dimension, _)| dimension.key.as_str())
        .collect()
}

pub(crate) fn parallel(input: &StudyInput<'_>) -> Option<Section> {
    if input.space.is_empty() || !input.trials.iter().any(|trial| !trial.params.is_empty()) {
        return None;
    }
    let influence = influence(input.space, input.trials, input.direction);
    let keys = important(input.space, &influence);
    let metric = measure(input.metric);
    let draw = |size| chart::parallel(input.space, input.trials, &keys, input.direction, &metric, size);
    let left_out = input.space.len() - keys.len();
    let which = match left_out {
        0 => "All settings".to_owned(),
        n => format!("The {} settings that order the trials most ({n} more are below)", keys.len()),
    };
    let caption = format!(
        "{which}; each line is a trial, the stronger the better. <span class=\"js\">Drag along an axis to keep only \
         the trials that pass there, on the whole page; click it to let go. <output id=\"kept\"></output></span>"
    );
    let facts = facts_of(input);
    let labels = unique(keys.iter().copied());
    let head: Vec<&str> =
        ["trial", metric.as_str()].into_iter().chain(labels.iter().map(String::as_str)).collect();
    let rows: Vec<Vec<String>> = facts
        .valued
        .iter()
        .take(10)
        .map(|trial| {
            let value = trial.value.map_or_else(String::new, number);
            let settings =
                keys.iter().map(|key| trial.params.get(*key).map_or_else(|| "not used".to_owned(), setting));
            [trial.number.to_string(), value].into_iter().chain(settings).collect()
        })
        .collect();
    let numbers = details("The ten best in numbers", &table(&head, &rows));
    let wide = Size { height: 440.0, ..Size::WIDE };
    let narrow = Size { height: 70.0 + 56.0 * (keys.len() + 1) as f64, ..Size::NARROW };
    let narrow = Size { height: narrow.height.max(Size::NARROW.width + 1.0), ..narrow };
    let body = figure("", "", &caption, &draw(wide), Some(&draw(narrow)), &numbers);
    let title = "Which settings the good trials share".to_owned();
    Some(Section { id: "parallel", short: "Settings", title, body })
}

pub(crate) fn slices(input: &StudyInput<'_>) -> Option<Section> {
    let used =
        |dimension: &&Dimension| input.trials.iter().any(|trial| trial.params.contains_key(&dimension.key));
    if input.space.is_empty() || !input.space.dimensions().iter().any(|dimension| used(&dimension)) {
        return None;
    }
    let influence = influence(input.space, input.trials, input.direction);
    let labels = unique(input.space.dimensions().iter().map(|dimension| dimension.key.as_str()));
    let mut order: Vec<(usize, &Dimension)> = input.space.dimensions().iter().enumerate().collect();
    order.sort_by(|(a, _), (b, _)| influence[*b].total_cmp(&influence[*a]).then(a.cmp(b)));
    let mut pictures = String::new();
    let mut rows = Vec::new();
    for (index, dimension) in order.into_iter().filter(|(_, dimension)| used(dimension)) {
        let svg = chart::slice(dimension, input.trials, input.direction, &measure(input.metric), Size::SMALL);
        pictures.push_str(&format!(
            "<figure><figcaption><b>{}</b> <small>{}</small></figcaption>{svg}</figure>",
            escape(&labels[index]),
            escape(&percent(influence[index]))
        ));
        rows.push(summary(input, dimension, &labels[index], influence[index]));
    }
    let head = ["setting", "searched", "trials", "influence", "in the best trial", "in the best five"];
    let stopped = input.trials.iter().any(|trial| trial.state == TrialState::Pruned);
    let rings = if stopped { ", and a ring is the last value of one that was stopped early" } else { "" };
    let caption = format!(
        "Each mark is a trial, {} upwards; the strong one is the best{rings}. The percentage says how much of the trials' order \
         goes with that setting alone.",
        escape(&measure(input.metric))
    );
    let body = format!(
        "<p class=\"note\">{caption}</p><div class=\"slices\">{pictures}</div>{}",
        details("The settings in numbers", &table(&head, &rows))
    );
    Some(Section { id: "slices", short: "One by one", title: "One setting at a time".to_owned(), body })
}

fn summary(input: &StudyInput<'_>, dimension: &Dimension, label: &str, influence: f64) -> Vec<String> {
    let facts = facts_of(input);
    let with: Vec<&TrialRecord> =
        input.trials.iter().filter(|trial| trial.params.contains_key(&dimension.key)).collect();
    let of =
        |trial: &TrialRecord| trial.params.get(&dimension.key).map_or_else(|| "not used".to_owned(), setting);
    let best = facts.complete.first().map_or_else(String::new, |trial| of(trial));
    let five: Vec<&TrialRecord> = facts
        .complete
        .iter()
        .copied()
        .take(5)
        .filter(|trial| trial.params.contains_key(&dimension.key))
        .collect();
    let span = match (&dimension.domain, five.is_empty()) {
        (_, true) => "not used".to_owned(),
        (Domain::Choice { .. }, _) => {
            let mut options: Vec<String> = five.iter().map(|trial| of(trial)).collect();
            options.sort();
            options.dedup();
            options.join(", ")
        }
        _ => {
            let numbers = five.iter().filter_map(|trial| trial.params[&dimension.key].as_f64());
            let (low, high) =
                numbers.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
            let end = |x: f64| setting(&tunesmith_core::Value::Float(x));
            if low == high { end(low) } else { format!("{} to {}", end(low), end(high)) }
        }
    };
    vec![
        label.to_owned(),
        dimension.domain.to_string(),
        with.len().to_string(),
        percent(influence),
        best,
        span,
    ]
}
