//! A recipe that says `optimizer = "any"` searches over the rules that are sensible defaults, each with its own ranges.

use std::collections::BTreeSet;

use tunesmith::core::kind_of;
use tunesmith::{Recipe, TuneOptions, tune};

const RECIPE: &str = r#"
[data]
source = "iris"
split = { test = 0.2, validation = 0.2, stratify = true, seed = 0 }
prepare = ["standardize"]

[model]
layers = [{ dense = { units = 8, activation = "relu" } }, { dense = { units = "classes" } }]

[training]
loss = "cross_entropy"
epochs = 15
batch_size = 16
optimizer = "any"

[tuning]
goal = { maximize = "accuracy" }
trials = 4
sampler = "random"
scheduler = "none"
workers = 1
"#;

fn usual() -> BTreeSet<String> {
    let optimizers = kind_of("optimizer").unwrap();
    (optimizers.list)().into_iter().filter(|meta| meta.usual).map(|meta| meta.name.to_owned()).collect()
}

#[test]
fn any_is_a_choice_of_what_is_usual_with_the_ranges_of_each() {
    let search = Recipe::parse("any", RECIPE).unwrap().search().unwrap();
    let keys: BTreeSet<&str> = search.space().dimensions().iter().map(|d| d.key.as_str()).collect();
    assert!(keys.contains("training.optimizer"));
    for name in usual() {
        // Its learning rate, or what stands for it: Prodigy's factor.
        let own = format!("training.optimizer.{name}.");
        assert!(keys.iter().any(|key| key.starts_with(&own)), "{name}: {keys:?}");
    }
    assert!(usual().len() >= 8 && !usual().contains("ftrl"), "{:?}", usual());
}

#[test]
fn a_search_over_any_ends_with_a_winner_among_the_usual() {
    let recipe = Recipe::parse("any", RECIPE).unwrap();
    let tuned = tune(&recipe, &recipe.tuning().unwrap(), TuneOptions::default()).unwrap();
    assert_eq!(tuned.new_trials, 4);
    let best = tuned.best.expect("a trial completed");
    let chosen = best.params.get("training.optimizer").and_then(|value| value.as_str()).unwrap();
    assert!(usual().contains(chosen), "{chosen}");
    assert!(tuned.run.is_some());
}

#[test]
fn a_training_without_a_search_asks_for_one_rule() {
    let error = Recipe::parse("any", RECIPE).unwrap().fixed().unwrap_err().to_string();
    assert!(error.contains("training.optimizer"), "{error}");
}
