//! Importance: Optuna's numbers (tests/fixtures/ped_anova.py makes them), and what must hold of any method.

use serde_json::Value as Json;
use tunesmith_core::{Domain, Params, Scale, Space, Table, Value, all};
use tunesmith_tuner::analysis::{Fanova, Importance, ImportanceEntry, PedAnova};
use tunesmith_tuner::{Direction, History, TrialRecord, TrialState, conform};

fn domain(json: &Json) -> Domain {
    if let Some(options) = json["choice"].as_array() {
        return Domain::choice(options.iter().map(value)).unwrap();
    }
    let scale = Scale::parse(json["scale"].as_str().unwrap()).unwrap();
    match (&json["float"], &json["int"]) {
        (Json::Array(ends), _) => {
            let [low, high] = [0, 1].map(|i| ends[i].as_f64().unwrap());
            Domain::float(low, high, scale, json["step"].as_f64()).unwrap()
        }
        (_, ends) => {
            let [low, high] = [0, 1].map(|i| ends[i].as_i64().unwrap());
            Domain::int(low, high, scale, json["step"].as_i64().unwrap()).unwrap()
        }
    }
}

fn value(json: &Json) -> Value {
    serde_json::from_value(json.clone()).unwrap()
}

fn history(study: &Json) -> History {
    let mut space = Space::new();
    for dimension in study["space"].as_array().unwrap() {
        let (key, domain) = (dimension["key"].as_str().unwrap(), domain(&dimension["domain"]));
        space = match dimension["when"].as_array() {
            Some(when) => space.with_child(key, domain, when[0].as_str().unwrap(), value(&when[1])),
            None => space.with(key, domain),
        };
    }
    let direction = if study["direction"] == "maximize" { Direction::Maximize } else { Direction::Minimize };
    let trials = study["trials"].as_array().unwrap().iter().map(|trial| {
        let params = trial["params"].as_object().unwrap();
        let value = if trial["value"] == "inf" { Some(f64::INFINITY) } else { trial["value"].as_f64() };
        (params.iter().map(|(key, setting)| (key.clone(), self::value(setting))).collect(), value)
    });
    history_of(space, direction, trials)
}

fn history_of(
    space: Space,
    direction: Direction,
    trials: impl IntoIterator<Item = (Params, Option<f64>)>,
) -> History {
    let mut history = History::new(space, direction);
    for (number, (params, value)) in (0..).zip(trials) {
        let mut trial = TrialRecord::new(number);
        trial.params = params;
        trial.state = if value.is_some() { TrialState::Complete } else { TrialState::Failed };
        trial.value = value;
        history.put(trial);
    }
    history
}

#[test]
fn ped_anova_is_optunas() {
    let fixture: Json = serde_json::from_str(include_str!("fixtures/ped_anova.json")).unwrap();
    for study in fixture["studies"].as_array().unwrap() {
        let history = history(study);
        for case in study["results"].as_array().unwrap() {
            let method = PedAnova {
                target_quantile: case["target_quantile"].as_f64().unwrap(),
                region_quantile: case["region_quantile"].as_f64().unwrap(),
                evaluate_on_local: case["evaluate_on_local"].as_bool().unwrap(),
            };
            for found in method.evaluate(&history) {
                let theirs = case["importance"][&found.key].as_f64().unwrap();
                assert!(
                    (found.importance - theirs).abs() <= 1e-9 * theirs.max(1e-3),
                    "{} {}: ours {}, Optuna's {theirs}, {method:?}",
                    study["name"],
                    found.key,
                    found.importance
                );
            }
        }
    }
}

fn methods() -> Vec<(&'static str, Box<dyn Importance>)> {
    let entries = all::<ImportanceEntry>().into_iter();
    entries.map(|e| (tunesmith_core::Entry::meta(e).name, e.build(&Table::new(), "").unwrap())).collect()
}

#[test]
fn every_method_passes_on_many_histories() {
    assert_eq!(conform::check_importances(300), Vec::<String>::new());
}

#[test]
fn every_method_finds_what_matters_and_what_does_not() {
    let range = || Domain::float(0.0, 1.0, Scale::Linear, None).unwrap();
    let space = Space::new()
        .with("matters", range())
        .with("little", range())
        .with("nothing", range())
        .with("kind", Domain::choice(["a", "b", "c"]).unwrap());
    for (name, method) in methods() {
        let mut random = tunesmith_core::Seed::new(3).generator();
        let trials = (0..300).map(|_| {
            let params = space.complete(|d| d.domain.place(random.uniform()));
            let read = |key: &str| params[key].as_f64().unwrap();
            let kind = if params["kind"] == Value::from("b") { 0.0 } else { 1.0 };
            let value = 4.0 * (read("matters") - 0.7).powi(2) + 0.2 * read("little") + kind;
            (params, Some(value))
        });
        let found = method.evaluate(&history_of(space.clone(), Direction::Minimize, trials));
        let share: Vec<f64> = found.iter().map(|dimension| dimension.share).collect();
        assert!(share[0] > 0.3 && share[3] > 0.15 && share[1] < 0.16 && share[2] < 0.05, "{name}: {share:?}");
    }
}

fn range() -> Domain {
    Domain::float(0.0, 1.0, Scale::Linear, None).unwrap()
}

fn random_study(space: &Space, n: u64, value: impl Fn(&Params) -> f64) -> History {
    let mut random = tunesmith_core::Seed::new(8).generator();
    let trials = (0..n).map(|_| {
        let params = space.complete(|d| d.domain.place(random.uniform()));
        let value = value(&params);
        (params, Some(value))
    });
    history_of(space.clone(), Direction::Minimize, trials)
}

#[test]
fn fanova_finds_the_shares_of_variance_that_calculus_gives() {
    let read = |params: &Params, key: &str| params[key].as_f64().unwrap();
    let space = Space::new().with("x", range()).with("y", range());
    // Var(x + 2 y) = 1/12 + 4/12.
    let sum = random_study(&space, 2_000, |params| read(params, "x") + 2.0 * read(params, "y"));
    let found = Fanova::default().evaluate(&sum);
    assert!(
        (found[0].importance - 0.2).abs() < 0.03 && (found[1].importance - 0.8).abs() < 0.03,
        "{found:?}"
    );
    assert!(Fanova::default().pairs(&sum)[0].importance < 0.03);
    // Var(x y) = 1/9 - 1/16 = 7/144, Var(x/2) = 1/48 = 3/144, the rest only together: 1/7.
    let product = random_study(&space, 2_000, |params| read(params, "x") * read(params, "y"));
    let found = Fanova::default().evaluate(&product);
    assert!(found.iter().all(|dimension| (dimension.importance - 3.0 / 7.0).abs() < 0.05), "{found:?}");
    assert!((Fanova::default().pairs(&product)[0].importance - 1.0 / 7.0).abs() < 0.05);
    // Ranks do not see how far an outlier lies.
    let outlier =
        random_study(&space, 1_000, |params| read(params, "x") + 1e6 * f64::from(read(params, "y") > 0.998));
    let share = |ranks| Fanova { ranks, ..Fanova::default() }.evaluate(&outlier)[0].share;
    assert!(share(false) < 0.5 && share(true) > 0.9, "{} {}", share(false), share(true));
}

#[test]
fn choices_count_by_what_they_do_not_by_how_they_are_written() {
    let space = Space::new()
        .with("lr", Domain::float(1e-5, 1e-1, Scale::Log, None).unwrap())
        .with("act", Domain::choice(["relu", "tanh", "sigmoid"]).unwrap());
    let study = random_study(&space, 400, |params| {
        let tanh = f64::from(params["act"] == Value::from("tanh"));
        (params["lr"].as_f64().unwrap().log10() + 2.5).powi(2) + tanh
    });
    // u^2 for u uniform on [-2.5, 1.5]: E u^4 - (E u^2)^2; the choice: 1/3 * 2/3. (Optuna 5.0's forest sees options as
    // three switches that may be on together, and gives the choice 0.37 of the sum instead of 0.07.)
    let rate =
        (1.5_f64.powi(5) + 2.5_f64.powi(5)) / 20.0 - ((1.5_f64.powi(3) + 2.5_f64.powi(3)) / 12.0).powi(2);
    let expected = rate / (rate + 2.0 / 9.0);
    let found = Fanova::default().evaluate(&study);
    assert!((found[0].share - expected).abs() < 0.02, "{found:?}, expected {expected}");
}

#[test]
fn a_setting_under_a_condition_counts_where_it_exists() {
    // Half of the space: value 1 or, under "b", the child's own x of variance 1/12. Over the whole space the choice
    // moves the mean by 1/2 (variance 1/16) and the child explains, averaged over the choice, 1/4 of 1/12.
    let space = Space::new()
        .with("kind", Domain::choice(["a", "b"]).unwrap())
        .with_child("b.x", range(), "kind", "b")
        .with_child("a.nothing", range(), "kind", "a");
    let study =
        random_study(&space, 3_000, |params| params.get("b.x").and_then(Value::as_f64).unwrap_or(1.0));
    let total = 1.0 / 16.0 + 0.5 / 12.0;
    let found = Fanova::default().evaluate(&study);
    for (dimension, expected) in found.iter().zip([1.0 / 16.0 / total, 0.25 / 12.0 / total, 0.0]) {
        assert!((dimension.importance - expected).abs() < 0.04, "{dimension:?}, expected {expected}");
    }
    let ped = PedAnova::default().evaluate(&study);
    assert!(ped[1].share > 0.5 && ped[0].share > 10.0 * ped[2].share && ped[2].share < 0.01, "{ped:?}");
}
