//! Dotted keys as a person says them.

use std::collections::BTreeMap;

use tunesmith_tuner::TrialState;

/// The first parts of keys that say nothing to a reader who sees one setting.
const SECTIONS: [&str; 4] = ["model", "training", "data", "tuning"];

/// Settings whose name in a recipe is an abbreviation.
const WORDS: [(&str, &str); 9] = [
    ("lr", "learning rate"),
    ("lr_decay", "learning rate decay"),
    ("l1", "L1 penalty"),
    ("l2", "L2 penalty"),
    ("beta1", "β₁"),
    ("beta2", "β₂"),
    ("eps", "ε"),
    ("times", "copies"),
    ("range", "value"),
];

/// The key as a person says it.
///
/// ```
/// use tunesmith_report::labels::human;
/// assert_eq!(human("model.layers.0.copy2.0.dense.units"), "layer 1, copy 2: units");
/// assert_eq!(human("model.layers.0.repeat.times"), "layer 1: copies");
/// assert_eq!(human("training.optimizer.adam.lr"), "adam: learning rate");
/// assert_eq!(human("training.batch_size"), "batch size");
/// ```
#[must_use]
pub fn human(key: &str) -> String {
    let parts: Vec<&str> = key.split('.').collect();
    let rest = match parts.as_slice() {
        [section, rest @ ..] if !rest.is_empty() && SECTIONS.contains(section) => rest,
        all => all,
    };
    match rest {
        ["layers", index, rest @ ..] if index.parse::<usize>().is_ok() => layer(index, rest),
        ["regularize", setting] => word(setting),
        [_, plug, setting @ ..] if !setting.is_empty() => format!("{plug}: {}", words(setting)),
        other => words(other),
    }
}

fn layer(index: &str, rest: &[&str]) -> String {
    let place = index.parse::<usize>().map_or_else(|_| index.to_owned(), |index| (index + 1).to_string());
    let mut label = format!("layer {place}");
    let mut rest = rest;
    while let [copy, _, inner @ ..] = rest
        && let Some(copy) = copy.strip_prefix("copy")
    {
        label.push_str(&format!(", copy {copy}"));
        rest = inner;
    }
    let setting = match rest {
        [] => return label,
        ["repeat", setting @ ..] | ["dense", setting @ ..] if !setting.is_empty() => words(setting),
        other => words(other),
    };
    format!("{label}: {setting}")
}

fn words(parts: &[&str]) -> String {
    parts.iter().map(|part| word(part)).collect::<Vec<_>>().join(" ")
}

fn word(part: &str) -> String {
    let known = WORDS.iter().find(|(name, _)| *name == part);
    known.map_or_else(|| part.replace('_', " "), |(_, said)| (*said).to_owned())
}

/// The keys as a person says them; where two would sound the same, both stay dotted.
///
/// ```
/// use tunesmith_report::labels::unique;
/// let keys = ["model.layers.0.copy1.0.dense.units", "model.layers.0.copy1.1.dense.units", "training.epochs"];
/// assert_eq!(unique(keys), [keys[0], keys[1], "epochs"]);
/// ```
#[must_use]
pub fn unique<'a>(keys: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let said: Vec<(&str, String)> = keys.into_iter().map(|key| (key, human(key))).collect();
    let mut heard: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, label) in &said {
        *heard.entry(label).or_default() += 1;
    }
    said.iter()
        .map(|(key, label)| if heard[label.as_str()] > 1 { (*key).to_owned() } else { label.clone() })
        .collect()
}

/// A metric as a person says it: `balanced_accuracy` is "balanced accuracy".
pub(crate) fn measure(metric: &str) -> String {
    metric.replace('_', " ")
}

/// The state of a trial in a sentence; tables of data keep [`TrialState::name`].
pub(crate) fn said(state: TrialState) -> &'static str {
    if state == TrialState::Pruned { "stopped early" } else { state.name() }
}

/// The key of the place where the recipe writes the setting once for all copies.
pub(crate) fn shared(key: &str) -> String {
    let is_copy = |part: &str| {
        part.strip_prefix("copy").is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
    };
    let parts: Vec<&str> = key.split('.').map(|part| if is_copy(part) { "layers" } else { part }).collect();
    parts.join(".")
}

/// The shared key as a person says it: "layer 1: units" for the units of all copies.
pub(crate) fn human_shared(key: &str) -> String {
    let human = human(key);
    let Some((layer, setting)) = human.split_once(": ") else { return human };
    match layer.split_once(", copy ") {
        Some((layer, _)) => format!("{layer}: {setting}"),
        None => human,
    }
}

#[cfg(test)]
mod tests {
    use super::{human, human_shared, shared};

    #[test]
    fn keys_of_recipes_are_said_plainly() {
        for (key, said) in [
            ("model.layers.0.copy2.0.dense.units", "layer 1, copy 2: units"),
            ("model.layers.0.copy1.1.dropout.rate", "layer 1, copy 1: dropout rate"),
            ("model.layers.0.copy1.0.copy3.0.dense.units", "layer 1, copy 1, copy 3: units"),
            ("model.layers.2", "layer 3"),
            ("model.layers.2.dense.activation", "layer 3: activation"),
            ("training.optimizer", "optimizer"),
            ("training.optimizer.sgd.momentum.value", "sgd: momentum value"),
            ("training.regularize.l2", "L2 penalty"),
            ("training.schedule.cosine.final", "cosine: final"),
            ("x", "x"),
            ("", ""),
            ("model", "model"),
        ] {
            assert_eq!(human(key), said, "{key}");
        }
    }

    #[test]
    fn copies_share_one_line_of_the_recipe() {
        assert_eq!(shared("model.layers.0.copy2.0.dense.units"), "model.layers.0.layers.0.dense.units");
        assert_eq!(shared("copycat.copy"), "copycat.copy");
        assert_eq!(human_shared("model.layers.0.copy2.0.dense.units"), "layer 1: units");
    }
}
