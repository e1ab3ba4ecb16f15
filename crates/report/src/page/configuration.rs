//! Part 7: the best configuration, readable and as TOML.

use tunesmith_core::{Dimension, Domain, Value};

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
        rows.push_str(&format!(
            "<tr><th scope=\"row\" title=\"{}\">{}</th><td class=\"n\">{}</td><td class=\"range\">{}</td></tr>",
            escape(&dimension.key),
            escape(label),
            escape(&setting(value)),
            range(dimension, value, &others, label),
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

/// The range around the value: a line with its ends, or the options with the chosen one set off.
fn range(dimension: &Dimension, value: &Value, others: &[Value], label: &str) -> String {
    let end = |value: &Value| escape(&setting(value));
    match &dimension.domain {
        Domain::Choice { options } => {
            let option = |option: &Value| {
                if option.same(value) { format!("<b>{}</b>", end(option)) } else { end(option) }
            };
            options.iter().map(option).collect::<Vec<_>>().join(" · ")
        }
        range => format!(
            "<span>{}</span>{}<span>{}</span>",
            end(&range.place(0.0)),
            chart::strip(range, value, others, label),
            end(&range.place(1.0))
        ),
    }
}
