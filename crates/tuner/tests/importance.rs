//! Importance: Optuna's numbers (tests/fixtures/ped_anova.py makes them), and what must hold of any method.

use serde_json::Value as Json;
use tunesmith_core::{Domain, Params, Scale, Space, Table, Value, all};
use tunesmith_tuner::analysis::{Importance, ImportanceEntry, PedAnova};
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
fn every_method_survives_every_history_and_says_the_same_twice() {
    for (name, method) in methods() {
        for seed in 0..60 {
            let mut generator = tunesmith_core::Seed::new(seed).generator();
            let space = conform::random_space(&mut generator);
            let n = [0, 1, 2, 5, 40, 120][seed as usize % 6];
            let history = conform::random_history(&space, Direction::Maximize, n, &mut generator);
            let found = method.evaluate(&history);
            assert_eq!(found.len(), space.len());
            let sum: f64 = found.iter().map(|dimension| dimension.share).sum();
            assert!((sum - 1.0).abs() < 1e-9, "{name}: shares add up to {sum}");
            for dimension in &found {
                let in_range = (0.0..=1.0 + 1e-9).contains(&dimension.share);
                assert!(in_range && dimension.importance >= 0.0, "{name}: {dimension:?}");
            }
            assert_eq!(found, method.evaluate(&history), "{name}");
        }
    }
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
