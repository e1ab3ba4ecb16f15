//! Part 7: the best configuration, readable and as TOML.

use tunesmith_core::{Dimension, Value};

use super::shell::{Section, code};
use crate::StudyInput;
use crate::chart;
use crate::findings::facts_of;
use crate::html::escape;
use crate::labels::unique;
use crate::number::{setting, toml};

pub(crate) fn of_study(input: &StudyInput<'_>) -> Option<Section> {
    let best = input.best()?;
    let facts = facts_of(input);
    let dimensions: Vec<&Dimension> = input
        .space
        .dimensions()
        .iter()
        .filter(|dimension| best.params.contains_key(&dimension.key))
        .collect();
    let labels = unique(dimensions.iter().map(|dimension| dimension.key.as_str()));
    let mut rows = String::new();
    for (dimension, label) in dimensions.iter().zip(&labels) {
        let value = &best.params[&dimension.key];
        let others: Vec<Value> = facts
            .complete
            .iter()
            .skip(1)
            .take(4)
            .filter_map(|trial| trial.params.get(&dimension.key).cloned())
            .collect();
        let (low, high) = ends(dimension);
        rows.push_str(&format!(
            "<tr><th scope=\"row\" title=\"{}\">{}</th><td class=\"n\">{}</td><td class=\"range\"><span>{low}</span>{}<span>{high}</span></td></tr>",
            escape(&dimension.key),
            escape(label),
            escape(&setting(value)),
            chart::strip(&dimension.domain, value, &others, label),
        ));
    }
    let written = match &input.winner {
        Some(winner) if !winner.recipe_toml.is_empty() => winner.recipe_toml.clone(),
        // Without a recipe, the settings as dotted keys are TOML too.
        _ => best.params.iter().map(|(key, value)| format!("{key} = {}\n", toml(value))).collect(),
    };
    let body = format!(
        "<div class=\"two\"><div><table class=\"settings\"><caption>Trial {}. The dot is its place in the range, the ticks are \
         the next four.</caption><tbody>{rows}</tbody></table></div><div>{}</div></div>",
        best.number,
        code(&written)
    );
    Some(Section {
        id: "best",
        short: "Best configuration",
        title: "The best configuration".to_owned(),
        body,
    })
}

pub(crate) fn of_run(recipe: &str) -> Option<Section> {
    if recipe.trim().is_empty() {
        return None;
    }
    Some(Section { id: "recipe", short: "Recipe", title: "The recipe".to_owned(), body: code(recipe) })
}

/// The ends of a range in short; nothing for a choice.
fn ends(dimension: &Dimension) -> (String, String) {
    use tunesmith_core::Domain;
    match &dimension.domain {
        Domain::Choice { options } => {
            // The options stand in the picture as places; name the first and the last.
            let end = |option: Option<&Value>| option.map(setting).unwrap_or_default();
            (escape(&end(options.first())), escape(&end(options.last())))
        }
        other => (escape(&setting(&other.place(0.0))), escape(&setting(&other.place(1.0)))),
    }
}
