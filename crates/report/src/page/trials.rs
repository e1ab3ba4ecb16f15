//! Part 9: every trial, sortable.

use std::time::Duration;

use tunesmith_tuner::{TrialRecord, TrialState};

use super::shell::Section;
use crate::StudyInput;
use crate::chart::thin;
use crate::html::{cell, escape};
use crate::labels::{measure, unique};
use crate::number::{metric as number, setting, short};

/// More rows than this make a page slow; the storage has them all.
const ROWS: usize = 2_000;

pub(crate) fn section(input: &StudyInput<'_>) -> Option<Section> {
    if input.trials.is_empty() {
        return None;
    }
    let shown = thin(input.trials, input.direction, ROWS);
    let labels = unique(input.space.dimensions().iter().map(|dimension| dimension.key.as_str()));
    let steps = format!("{}s", input.step);
    let fixed = ["trial", "state", &measure(input.metric), &steps, "seconds"];
    let mut table = String::from("<div class=\"scroll trials\"><table id=\"trials-table\"><thead><tr>");
    for title in fixed.into_iter().chain(labels.iter().map(String::as_str)).chain(["what went wrong"]) {
        table.push_str(&format!(
            "<th scope=\"col\" aria-sort=\"none\"><button type=\"button\">{}</button></th>",
            escape(title)
        ));
    }
    table.push_str("</tr></thead><tbody>");
    let best = input.best().map(|trial| trial.number);
    for trial in &shown {
        let class = if Some(trial.number) == best { " class=\"best\"" } else { "" };
        table.push_str(&format!("<tr data-t=\"{}\"{class}>", trial.number));
        let value = trial.value.map_or_else(String::new, number);
        let reports = if trial.reports.is_empty() { String::new() } else { trial.reports.len().to_string() };
        let seconds = elapsed(trial)
            .map_or_else(String::new, |time| short((time.as_secs_f64() * 1000.0).round() / 1000.0));
        let front = [trial.number.to_string(), trial.state.name().to_owned(), value, reports, seconds];
        front.iter().for_each(|text| table.push_str(&cell(text)));
        for dimension in input.space.dimensions() {
            table.push_str(&cell(&trial.params.get(&dimension.key).map_or_else(String::new, setting)));
        }
        table.push_str(&format!("<td class=\"why\">{}</td></tr>", escape(&reason(trial, input.step))));
    }
    table.push_str("</tbody></table></div>");
    let stopped = shown.iter().any(|trial| trial.state == TrialState::Pruned);
    let last = if stopped { " A pruned trial was stopped early; its value is its last." } else { "" };
    let note = match input.trials.len() - shown.len() {
        0 => format!(
            "<span class=\"js\">Click a heading to sort.</span> An empty cell is a setting that the trial did not have.{last}"
        ),
        n => format!(
            "The best {} and an even choice of the others; {n} more are in the study's storage.{last}",
            ROWS / 2
        ),
    };
    let body = format!("<p class=\"note\">{note}</p>{table}");
    Some(Section { id: "trials", short: "Every trial", title: "Every trial".to_owned(), body })
}

fn elapsed(trial: &TrialRecord) -> Option<Duration> {
    trial.finished?.duration_since(trial.started?).ok()
}

fn reason(trial: &TrialRecord, step: &str) -> String {
    let reason = trial.reason.clone().unwrap_or_default();
    match trial.diverged_at {
        Some(at) => format!("{step} {}: {reason}", at + 1),
        None => reason,
    }
}
