//! A recipe with ranges becomes a space, and every point of the space becomes a recipe that can be read.

use proptest::prelude::*;
use tunesmith_core::{
    Count, Describe, Error, Meta, Param, Place, Plug, Search, Value, conform, from_table, kind, register,
    set, specs,
};

trait Part: std::fmt::Debug {}
kind! {
    /// A layer of the tests.
    struct LayerEntry: "layer", "layers" => Box<dyn Part>;
}
kind! {
    /// A rule of the tests.
    struct RuleEntry: "rule", "rules" => Box<dyn Part>;
}
macro_rules! entry {
    ($Entry:ty) => {
        impl $Entry {
            const fn of<T: Describe + Part>(place: Place) -> Self {
                Self::new(Meta::of::<T>(place), |table, at| Ok(Box::new(from_table::<T>(table, at)?)))
            }
        }
    };
}
entry!(LayerEntry);
entry!(RuleEntry);

#[derive(Clone, Debug)]
struct Dense {
    units: Count,
    init: String,
}
impl Default for Dense {
    fn default() -> Self {
        Self { units: Count::Fixed(32), init: "he".into() }
    }
}
impl Describe for Dense {
    const NAME: &'static str = "dense";
    const ABOUT: &'static str = "every input to every output";
    const PARAMS: &'static [Param<Self>] = &[
        Param::count("units", 8, 512, &["classes"], |s: &mut Self| &mut s.units, "outputs")
            .log()
            .valid(1.0, 1e6),
        Param::name("init", &["he", "glorot"], |s: &mut Self| &mut s.init, "first weights"),
    ];
}
impl Part for Dense {}
register!(LayerEntry, Dense);

#[derive(Clone, Debug, Default)]
struct Repeat {
    times: usize,
    layers: Vec<Plug>,
}
impl Describe for Repeat {
    const NAME: &'static str = "repeat";
    const ABOUT: &'static str = "the same layers several times";
    const PARAMS: &'static [Param<Self>] = &[
        Param::int("times", 0, 3, |s: &mut Self| &mut s.times, "how often").rarely(),
        Param::plugs("layers", "layer", |s: &mut Self| &mut s.layers, "what is repeated")
            .repeated_by("times"),
    ];
}
impl Part for Repeat {}
register!(LayerEntry, Repeat);

#[derive(Clone, Debug)]
struct Sgd {
    lr: f64,
    momentum: Option<f64>,
}
impl Default for Sgd {
    fn default() -> Self {
        Self { lr: 0.01, momentum: None }
    }
}
impl Describe for Sgd {
    const NAME: &'static str = "sgd";
    const ABOUT: &'static str = "down the gradient";
    const PARAMS: &'static [Param<Self>] = &[
        Param::float("lr", 1e-4, 1.0, |s: &mut Self| &mut s.lr, "step size").log().valid(0.0, 1e3),
        Param::optional_float("momentum", 0.5, 0.99, |s: &mut Self| &mut s.momentum, "share of the past")
            .reverse_log(),
    ];
}
impl Part for Sgd {}
register!(RuleEntry, Sgd);

#[derive(Clone, Debug)]
struct Adam {
    lr: f64,
    beta1: f64,
}
impl Default for Adam {
    fn default() -> Self {
        Self { lr: 1e-3, beta1: 0.9 }
    }
}
impl Describe for Adam {
    const NAME: &'static str = "adam";
    const ABOUT: &'static str = "scaled by past gradients";
    const PARAMS: &'static [Param<Self>] = &[
        Param::float("lr", 1e-5, 1e-1, |s: &mut Self| &mut s.lr, "step size").log(),
        Param::float("beta1", 0.5, 0.99, |s: &mut Self| &mut s.beta1, "share of the past")
            .reverse_log()
            .rarely(),
    ];
}
impl Part for Adam {}
register!(RuleEntry, Adam);

#[derive(Clone, Debug, Default)]
struct Recipe {
    layers: Vec<Plug>,
    rule: Plug,
    epochs: usize,
    l2: f64,
    schedule: Option<Plug>,
}
impl Describe for Recipe {
    const NAME: &'static str = "recipe";
    const ABOUT: &'static str = "all of it";
    const PARAMS: &'static [Param<Self>] = &[
        Param::plugs("layers", "layer", |s: &mut Self| &mut s.layers, "the network"),
        Param::plug("rule", "rule", |s: &mut Self| &mut s.rule, "the optimizer"),
        Param::int("epochs", 1, 100, |s: &mut Self| &mut s.epochs, "passes"),
        Param::float("regularize.l2", 0.0, 1.0, |s: &mut Self| &mut s.l2, "penalty").valid(0.0, 1.0),
        Param::optional_plug("schedule", "rule", |s: &mut Self| &mut s.schedule, "unused"),
    ];
}

fn read(json: &str) -> Result<Search, Error> {
    let Value::Table(table) = serde_json::from_str(json).unwrap() else { unreachable!("a table") };
    let mut search = Search::new();
    search.read("model", &table, &specs::<Recipe>())?;
    Ok(search)
}

fn error(json: &str) -> String {
    read(json).unwrap_err().to_string()
}

const WIDE: &str = r#"{
    "layers": [
        {"repeat": {"int": [1, 3]}, "layers": [{"dense": {"units": {"int": [16, 256], "scale": "log"}}}]},
        {"dense": {"units": "classes"}}
    ],
    "rule": {"choice": ["sgd", {"adam": {"beta1": 0.8}}]},
    "epochs": 30,
    "regularize": {"l2": {"float": [1e-6, 1e-2], "scale": "log"}}
}"#;

fn wide() -> Search {
    read(WIDE).unwrap()
}

#[test]
fn keys_are_dotted_paths_and_children_exist_under_their_parents() {
    let search = wide();
    let keys: Vec<&str> = search.space().dimensions().iter().map(|d| d.key.as_str()).collect();
    assert_eq!(
        keys,
        [
            "model.layers.0.repeat.times",
            "model.layers.0.copy1.0.dense.units",
            "model.layers.0.copy2.0.dense.units",
            "model.layers.0.copy3.0.dense.units",
            "model.rule",
            "model.rule.sgd.lr",
            "model.rule.sgd.momentum",
            "model.rule.sgd.momentum.value",
            "model.rule.adam.lr", // beta1 is written, so it is fixed
            "model.regularize.l2",
        ]
    );
}

proptest! {
    #[test]
    fn every_point_of_the_space_is_a_recipe(places in proptest::collection::vec(0.0..1.0_f64, 10)) {
        let search = wide();
        let mut places = places.into_iter();
        let params = search.space().complete(|d| d.domain.place(places.next().unwrap()));
        prop_assert_eq!(search.space().check(&params), Ok(()));
        let filled = search.fill(&params);
        let recipe: Recipe = from_table(filled["model"].as_table().unwrap(), "model").unwrap();
        let copies = params["model.layers.0.repeat.times"].as_i64().unwrap() as usize;
        prop_assert_eq!(recipe.layers.len(), copies + 1);
        let units: Vec<Option<i64>> = (1..=copies)
            .map(|copy| params[&format!("model.layers.0.copy{copy}.0.dense.units")].as_i64())
            .collect();
        let built: Vec<Option<i64>> = recipe.layers[..copies].iter().map(|layer| layer.config["units"].as_i64()).collect();
        prop_assert_eq!(units, built);
        prop_assert_eq!(params["model.rule"].as_str(), Some(recipe.rule.name.as_str()));
        if recipe.rule.name == "adam" {
            prop_assert_eq!(&recipe.rule.config["beta1"], &Value::Float(0.8));
            prop_assert!(!params.contains_key("model.rule.sgd.lr"));
        }
        prop_assert!((1e-6..=1e-2).contains(&recipe.l2));
    }
}

#[test]
fn a_recipe_without_ranges_has_no_dimensions_and_keeps_its_values() {
    let search = read(r#"{"layers": [{"repeat": 2, "layers": [{"dense": 3}]}], "rule": {"sgd": {"momentum": "off"}}, "epochs": 5}"#).unwrap();
    assert!(search.space().is_empty());
    let filled = search.fill(&tunesmith_core::Params::new());
    let recipe: Recipe = from_table(filled["model"].as_table().unwrap(), "model").unwrap();
    assert_eq!(
        recipe.layers,
        [Plug::new("repeat")
            .with("times", 2_i64)
            .with("layers", vec![Plug::new("dense").with("units", 3_i64).to_value()])]
    );
    assert_eq!(recipe.rule, Plug::new("sgd").with("momentum", "off"));
}

#[test]
fn a_single_option_brings_its_ranges_without_a_dimension_of_its_own() {
    let search = read(r#"{"rule": {"choice": ["adam"]}}"#).unwrap();
    let keys: Vec<&str> = search.space().dimensions().iter().map(|d| d.key.as_str()).collect();
    assert_eq!(keys, ["model.rule.adam.lr"]);
}

#[test]
fn a_choice_may_hold_a_range() {
    let search =
        read(r#"{"regularize": {"l2": {"choice": [0.0, {"float": [1e-6, 1e-2], "scale": "log"}]}}}"#)
            .unwrap();
    let on = search.fill(&search.space().complete(|d| d.domain.place(0.999)));
    assert!(on["model"].at("regularize.l2").unwrap().as_f64().unwrap() > 9e-3);
    let off = search.fill(&search.space().complete(|d| d.domain.place(0.0)));
    assert_eq!(off["model"].at("regularize.l2"), Some(&Value::Float(0.0)));
}

#[test]
fn mistakes_name_the_place_and_the_cure() {
    for (json, said) in [
        (
            r#"{"regularize": 0.1}"#,
            "model.regularize: expected a table such as regularize = { l2 = ... }, found 0.1",
        ),
        (r#"{"epochs": -3}"#, "model.epochs: -3 is not possible, allowed is 0 or more"),
        (r#"{"epochs": {"int": [-9223372036854775808, 9223372036854775807]}}"#, "model.epochs: the range"),
        (r#"{"epoch": 3}"#, "model: unknown key `epoch`, did you mean `epochs`?"),
        (r#"{"regularize": {"l1": 3}}"#, "model.regularize: unknown key `l1`, did you mean `l2`?"),
        (r#"{"rule": "adma"}"#, "model.rule: no rule is called `adma`, did you mean `adam`?"),
        (
            r#"{"rule": {"choice": ["sgd", "transformer"]}}"#,
            "model.rule.choice.1: no rule is called `transformer`, linked: adam, sgd",
        ),
        (
            r#"{"rule": {"adam": {"lr": "fast"}}}"#,
            "model.rule.adam.lr: expected a number, found the text \"fast\"",
        ),
        (
            r#"{"epochs": {"int": [9, 3]}}"#,
            "model.epochs: the range [9, 3] is empty, low must not exceed high",
        ),
        (
            r#"{"epochs": {"float": [1, 3]}}"#,
            "model.epochs: this is a whole number, search it with { int = [low, high] }",
        ),
        (
            r#"{"regularize": {"l2": {"float": [0, 1], "scale": "log"}}}"#,
            "model.regularize.l2: a log range must start above zero, found 0",
        ),
        (
            r#"{"regularize": {"l2": {"float": [0, 2]}}}"#,
            "model.regularize.l2: 2.0 is not possible, allowed is 0 to 1",
        ),
        (
            r#"{"regularize": {"l2": {"float": [0, 1], "scal": "log"}}}"#,
            "model.regularize.l2: unknown key `scal`, did you mean `scale`?",
        ),
        (
            r#"{"layers": [{"dense": {"units": "clases"}}]}"#,
            "model.layers.0.dense.units: \"clases\" is not possible, allowed is classes; did you mean `classes`?",
        ),
        (r#"{"rule": {"choice": []}}"#, "model.rule: a choice needs at least one option"),
        (
            r#"{"rule": {"choice": "sgd"}}"#,
            "model.rule: write a choice as { choice = [\"one\", \"another\"] }",
        ),
    ] {
        let found = error(json);
        assert!(found.starts_with(said), "{json}\n  said   {found}\n  wanted {said}");
    }
}

#[test]
fn settings_are_set_through_a_plug_ins_short_form() {
    let Value::Table(mut root) =
        serde_json::from_str(r#"{"model": {"rule": {"adam": {"beta1": 0.8}}}}"#).unwrap()
    else {
        unreachable!()
    };
    set(&mut root, "model.rule.lr", Value::Float(0.5)).unwrap();
    set(&mut root, "model.epochs", Value::Int(2)).unwrap();
    let recipe: Recipe = from_table(root["model"].as_table().unwrap(), "model").unwrap();
    assert_eq!(recipe.rule, Plug::new("adam").with("beta1", 0.8).with("lr", 0.5));
    assert_eq!(recipe.epochs, 2);
}

#[test]
fn a_count_may_be_a_choice() {
    let search = read(
        r#"{"layers": [{"repeat": {"choice": [1, 3]}, "layers": [{"dense": {"units": {"int": [16, 256]}}}]}]}"#,
    )
    .unwrap();
    for (u, copies) in [(0.0, 1), (0.9, 3)] {
        let params = search.space().complete(|d| d.domain.place(u));
        assert_eq!(params.len(), 1 + copies, "each copy has its own dimension, and only those there are");
        let Some(Value::List(layers)) = search.fill(&params)["model"].at("layers").cloned() else { panic!() };
        assert_eq!(layers.len(), copies);
    }
    let single = read(
        r#"{"layers": [{"repeat": {"choice": [2]}, "layers": [{"dense": {"units": {"int": [1, 9]}}}]}]}"#,
    )
    .unwrap();
    assert_eq!(single.space().len(), 2);
    assert!(
        error(r#"{"layers": [{"repeat": {"choice": ["two"]}, "layers": []}]}"#).contains("a whole number")
    );
}

#[test]
fn an_option_of_a_list_may_repeat_with_dimensions_per_copy() {
    let search = read(
        r#"{"layers": [{"choice": ["dense", {"repeat": {"times": 2, "layers": [{"dense": {"units": {"int": [16, 256]}}}]}}]}]}"#,
    )
    .unwrap();
    let keys: Vec<&str> = search.space().dimensions().iter().map(|d| d.key.as_str()).collect();
    assert_eq!(
        keys,
        [
            "model.layers.0",
            "model.layers.0.dense.units",
            "model.layers.0.copy1.0.dense.units",
            "model.layers.0.copy2.0.dense.units"
        ]
    );
    let filled = search.fill(&search.space().complete(|d| d.domain.place(0.99)));
    let recipe: Recipe = from_table(filled["model"].as_table().unwrap(), "model").unwrap();
    assert_eq!(recipe.layers.len(), 2);
}

#[test]
fn settings_are_set_inside_short_forms_and_options() {
    let json = r#"{"model": {"layers": [{"dense": {"int": [1, 9]}}], "rule": {"choice": ["sgd", {"adam": {"beta1": 0.8}}]}}}"#;
    let Value::Table(mut root) = serde_json::from_str(json).unwrap() else { unreachable!() };
    set(&mut root, "model.layers.0.dense.units", Value::Int(5)).unwrap();
    set(&mut root, "model.rule.sgd.lr", Value::Float(0.5)).unwrap();
    set(&mut root, "model.rule.adam.lr", Value::Float(0.25)).unwrap();
    assert_eq!(
        Value::from(root).at("model").unwrap().to_string(),
        "{layers = [{dense = {units = 5}}], rule = {choice = [{sgd = {lr = 0.5}}, {adam = {beta1 = 0.8, lr = 0.25}}]}}"
    );
}

#[test]
fn a_search_begins_with_what_is_known_to_be_good() {
    let json = r#"{"layers": [{"dense": {"units": {"int": [16, 256], "around": 64}}}, {"choice": ["dense"]}], "rule": {"choice": ["sgd", "adam"]}}"#;
    let search = read(json).unwrap();
    let good = search.space().known_good();
    assert_eq!(good["model.layers.0.dense.units"], Value::Int(64)); // said
    assert_eq!(good["model.rule"], Value::from("sgd")); // the first
    let default = good.iter().find(|(key, _)| key.ends_with("sgd.lr")).unwrap().1.as_f64().unwrap();
    assert_eq!(default, Sgd::default().lr); // the plug-in's own
    let error = read(r#"{"layers": [{"dense": {"units": {"int": [16, 256], "around": 500}}}]}"#).unwrap_err();
    assert_eq!(
        error.to_string(),
        "model.layers.0.dense.units.around: 500 is not possible, allowed is 16 to 256"
    );
}

#[test]
fn registered_plug_ins_conform() {
    assert_eq!(conform::check_all(), Vec::<String>::new());
}
