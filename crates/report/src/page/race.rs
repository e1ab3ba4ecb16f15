//! The final race: what the best settings are worth over seeds, and whether they beat the default ones.

use super::shell::Section;
use crate::html::{escape, table};
use crate::labels::measure;
use crate::number::{capital, difference, metric as number};
use crate::{RaceInput, RaceRow, StudyInput};

pub(crate) fn section(input: &StudyInput<'_>) -> Option<Section> {
    let race = input.race.as_ref()?;
    let metric = escape(&measure(input.metric));
    let head =
        ["settings", "mean over seeds", "95 % interval", "seeds", "in the search", "p against the leader"];
    let rows: Vec<Vec<String>> = race.rows.iter().map(row).collect();
    let body =
        format!("<p>{}</p>{}<p class=\"note\">{}</p>", verdict(race, &metric), table(&head, &rows), NOTE);
    Some(Section { id: "race", short: "Race", title: "How sure the winner is".to_owned(), body })
}

const NOTE: &str = "All ran on the same seeds: first weights, order of rows, dropout. The value that the search saw is not \
among them, because the best of many is partly lucky. p is the probability of as clear a lead by chance; settings that were \
clearly behind ran on fewer seeds.";

/// What a race says, in a sentence or two.
fn verdict(race: &RaceInput, metric: &str) -> String {
    let Some(leader) = race.rows.iter().find(|row| row.leads) else { return String::new() };
    let p = race.p_value_against_default;
    let said = if leader.is_default {
        "The default settings lead: the search found nothing better over these seeds.".to_owned()
    } else if race.better_than_default {
        format!(
            "{} leads with {metric} {} over {} seeds, and is better than the default settings beyond chance (p {}).",
            capital(&name(leader)),
            number(leader.mean),
            leader.runs,
            said_probability(p)
        )
    } else {
        format!(
            "{} leads with {metric} {} over {} seeds, but is not significantly better than the default settings (p {}): \
             those may do as well.",
            capital(&name(leader)),
            number(leader.mean),
            leader.runs,
            said_probability(p)
        )
    };
    match race.optimism.filter(|optimism| optimism.is_finite() && *optimism > 0.0) {
        Some(optimism) => format!("{said} The search saw it {} too well.", difference(optimism)),
        None => said,
    }
}

fn row(row: &RaceRow) -> Vec<String> {
    let interval = if row.low.is_finite() && row.high.is_finite() {
        format!("{} to {}", number(row.low), number(row.high))
    } else {
        String::new()
    };
    let p = if row.leads { "leads".to_owned() } else { probability(row.p_value) };
    let seen = row.search_value.map_or_else(String::new, number);
    vec![name(row), number(row.mean), interval, row.runs.to_string(), seen, p]
}

fn name(row: &RaceRow) -> String {
    match (row.trial, row.is_default) {
        (Some(trial), true) => format!("the default settings (trial {trial})"),
        (None, true) => "the default settings".to_owned(),
        (Some(trial), false) => format!("trial {trial}"),
        (None, false) => "settings of no trial".to_owned(),
    }
}

fn said_probability(p: f64) -> String {
    if p < 0.001 { probability(p) } else { format!("= {}", probability(p)) }
}

fn probability(p: f64) -> String {
    if p < 0.001 { "below 0.001".to_owned() } else { format!("{p:.3}") }
}
