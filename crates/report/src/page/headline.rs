//! Part 1: what came out, in a sentence and a few figures.

use tunesmith_tuner::{TrialRecord, TrialState};

use crate::findings::{facts_of, saved};
use crate::html::escape;
use crate::labels::{human, measure, said};
use crate::number::{count, duration, listed, metric as number, percent};
use crate::{RunInput, StudyInput};

/// A key figure: what it is, the figure, a remark.
type Tile = (String, String, String);

pub(crate) fn of_study(input: &StudyInput<'_>) -> String {
    let best = input.best();
    let test = input.winner.as_ref().and_then(|winner| winner.score("test", input.metric));
    let sentence = match (best.and_then(|trial| trial.value), test) {
        (Some(value), Some(test)) => format!(
            "The search found a model with {} {}, and {} on data it never saw.",
            bold(&number(value)),
            escape(&measure(input.metric)),
            bold(&number(test))
        ),
        (Some(value), None) => {
            format!("The search reached {} {}.", bold(&number(value)), escape(&measure(input.metric)))
        }
        (None, _) => "No trial has completed yet.".to_owned(),
    };
    let ended = input.trials.iter().filter(|trial| trial.state.is_finished()).count();
    let what = match settings(input) {
        names if names.is_empty() => "nothing".to_owned(),
        few if few.len() <= 8 => listed(&few),
        many => format!("{} and {} more", many[..7].join(", "), many.len() - 7),
    };
    let epochs: usize = input.trials.iter().map(|trial| trial.reports.len()).sum();
    let time = known(input.seconds);
    let took = time.map_or_else(String::new, |seconds| format!(" in {}", duration(seconds)));
    let more = if epochs > 0 { format!(", {epochs} {}s in all", escape(input.step)) } else { String::new() };
    let lead = format!(
        "{} of <em>{}</em> ({}) over {}{took}{more}. Tuned: {}.",
        count(ended, "trial"),
        escape(input.name),
        states(input.trials),
        count(input.space.len(), "setting"),
        escape(&what)
    );
    let mut tiles: Vec<Tile> = Vec::new();
    if let Some((trial, value)) = best.and_then(|trial| Some((trial, trial.value?))) {
        let where_from = if input.winner.is_some() { "validation, " } else { "" };
        tiles.push((
            format!("best {}", measure(input.metric)),
            number(value),
            format!("{where_from}trial {}", trial.number),
        ));
    }
    if let Some(test) = test {
        tiles.push((
            format!("test {}", measure(input.metric)),
            number(test),
            "the winner, scored once".to_owned(),
        ));
    }
    tiles.push(("trials".to_owned(), ended.to_string(), states_short(input.trials)));
    if let Some(saved) = saved(&facts_of(input)) {
        let stopped = input.trials.iter().filter(|trial| trial.state == TrialState::Pruned).count();
        let stopped = format!("{} stopped early", count(stopped, "trial"));
        tiles.push((format!("{}s left out", input.step), percent(saved), stopped));
    }
    if let Some(seconds) = time {
        let each = seconds / ended.max(1) as f64;
        tiles.push(("time".to_owned(), duration(seconds), format!("{} a trial", duration(each))));
    }
    masthead("Study", input.name, input.reproduce.when.as_deref(), &sentence, &lead, &tiles)
}

/// What was tuned, each kind of setting once: "units", not the units of every layer.
fn settings(input: &StudyInput<'_>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for dimension in input.space.dimensions() {
        let label = human(&dimension.key);
        let name = label.rsplit_once(": ").map_or(label.as_str(), |(_, name)| name);
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
}

pub(crate) fn of_run(input: &RunInput) -> String {
    let scored = ["test", "validation", "train"]
        .into_iter()
        .find_map(|part| Some((part, input.score(part, &input.metric)?)));
    let sentence = match scored {
        Some((part, value)) => {
            let on = if part == "test" { "data it never saw".to_owned() } else { format!("the {part} part") };
            format!("The model reaches {} {} on {on}.", bold(&number(value)), escape(&measure(&input.metric)))
        }
        None => "The model was trained; nothing was scored.".to_owned(),
    };
    let epochs = input.history.len();
    let kept = input.kept_epoch.map_or_else(String::new, |kept| format!(", those of epoch {kept} kept"));
    let lead = format!(
        "<em>{}</em>, trained for {}{}{kept}.",
        escape(&input.title),
        count(epochs, "epoch"),
        known(input.seconds).map_or_else(String::new, |seconds| format!(" in {}", duration(seconds)))
    );
    let mut tiles: Vec<Tile> = ["test", "validation", "train"]
        .into_iter()
        .filter_map(|part| {
            Some((
                format!("{part} {}", measure(&input.metric)),
                number(input.score(part, &input.metric)?),
                String::new(),
            ))
        })
        .collect();
    tiles.push(("epochs".to_owned(), epochs.to_string(), String::new()));
    if let Some(seconds) = known(input.seconds) {
        tiles.push(("time".to_owned(), duration(seconds), String::new()));
    }
    masthead("Run", &input.title, input.reproduce.when.as_deref(), &sentence, &lead, &tiles)
}

/// The time, where it was measured.
fn known(seconds: f64) -> Option<f64> {
    (seconds.is_finite() && seconds > 0.0).then_some(seconds)
}

fn bold(text: &str) -> String {
    format!("<b>{text}</b>")
}

fn masthead(
    kind: &str,
    name: &str,
    when: Option<&str>,
    sentence: &str,
    lead: &str,
    tiles: &[Tile],
) -> String {
    let when = when.map_or_else(String::new, |when| format!(" <span>{}</span>", escape(when)));
    let mut out = format!(
        "<header><p class=\"kicker\">{kind} <b>{}</b>{when}</p><h1>{sentence}</h1><p class=\"lead\">{lead}</p><dl class=\"tiles\">",
        escape(name)
    );
    for (title, figure, remark) in tiles {
        out.push_str(&format!(
            "<div><dt>{}</dt><dd>{}<small>{}</small></dd></div>",
            escape(title),
            escape(figure),
            escape(remark)
        ));
    }
    out + "</dl></header>"
}

const ENDS: [TrialState; 4] =
    [TrialState::Complete, TrialState::Pruned, TrialState::Diverged, TrialState::Failed];

fn counted(trials: &[TrialRecord]) -> Vec<(usize, TrialState)> {
    let count = |state: TrialState| trials.iter().filter(|trial| trial.state == state).count();
    ENDS.into_iter().map(|state| (count(state), state)).filter(|(n, _)| *n > 0).collect()
}

/// "24 complete, 19 stopped early and 3 failed".
fn states(trials: &[TrialRecord]) -> String {
    let parts: Vec<String> =
        counted(trials).into_iter().map(|(n, state)| format!("{n} {}", said(state))).collect();
    if parts.is_empty() { "none ended".to_owned() } else { listed(&parts) }
}

fn states_short(trials: &[TrialRecord]) -> String {
    let complete = counted(trials).into_iter().find(|(_, state)| *state == TrialState::Complete);
    format!("{} to the end", complete.map_or(0, |(n, _)| n))
}
