//! A recipe names what this crate adds like anything built in: it trains, it is searched, it is explained.

use stranger as _;
use tunesmith::{Recipe, RunOptions, train};

const RECIPE: &str = r#"
[data]
source = "iris"
prepare = ["standardize"]

[model]
layers = [
  { dense = { units = 16, activation = { isrlu = { alpha = 2.0 } } } },
  { highway = { activation = "tanh" } },
  { dense = { units = "classes" } },
]

[training]
loss = "cross_entropy"
optimizer = { signum = { lr = 0.005 } }
schedule = "cosine"
epochs = 60
"#;

#[test]
fn a_recipe_trains_with_it() {
    let recipe = Recipe::parse("stranger", RECIPE).unwrap();
    let run = train(&recipe, RunOptions::default()).unwrap();
    assert!(run.scores["train"]["accuracy"] > 0.95, "{:?}", run.scores);
}

#[test]
fn a_choice_brings_its_own_range() {
    let mut recipe = Recipe::parse("stranger", RECIPE).unwrap();
    recipe.set(r#"training.optimizer={ choice = ["adam", "signum"] }"#).unwrap();
    let search = recipe.search().unwrap();
    let keys: Vec<&str> =
        search.space().dimensions().iter().map(|dimension| dimension.key.as_str()).collect();
    assert_eq!(keys, ["training.optimizer", "training.optimizer.adam.lr", "training.optimizer.signum.lr"]);
}

#[test]
fn a_misspelt_setting_is_answered_with_the_right_one() {
    let mut recipe = Recipe::parse("stranger", RECIPE).unwrap();
    recipe.set("training.optimizer={ signum = { bata = 0.5 } }").unwrap();
    let error = recipe.search().unwrap_err().to_string();
    assert!(error.contains("did you mean `beta`?"), "{error}");
}
