//! What Optuna 5.0.0 computes, reproduced: weights, kernels, densities, splits (numbers by tests/golden/make.py).

use serde_json::Value as Json;
use tunesmith_core::{Dimension, Domain, Scale, Space, Value};

use super::parzen::{Axis, Kernels, Parzen};
use super::{observed, split};
use crate::{Direction, History, TrialRecord, TrialState};

fn golden() -> Json {
    serde_json::from_str(include_str!("../../../tests/golden/optuna.json")).unwrap()
}

fn domain(json: &Json) -> Domain {
    let scale = Scale::parse(json["scale"].as_str().unwrap_or("linear")).unwrap();
    if let Some(ends) = json["float"].as_array() {
        return Domain::float(number(&ends[0]), number(&ends[1]), scale, json["step"].as_f64()).unwrap();
    }
    if let Some(ends) = json["int"].as_array() {
        let step = json["step"].as_i64().unwrap();
        return Domain::int(ends[0].as_i64().unwrap(), ends[1].as_i64().unwrap(), scale, step).unwrap();
    }
    Domain::choice(json["choice"].as_array().unwrap().iter().map(value)).unwrap()
}

fn value(json: &Json) -> Value {
    serde_json::from_value(json.clone()).unwrap()
}

fn number(json: &Json) -> f64 {
    json.as_f64().unwrap_or_else(|| if json.is_string() { f64::INFINITY } else { f64::NAN })
}

fn numbers(json: &Json) -> Vec<f64> {
    json.as_array().unwrap().iter().map(number).collect()
}

fn space(json: &Json) -> Space {
    let mut space = Space::new();
    for (key, json) in json.as_object().unwrap() {
        space.push(Dimension { key: key.clone(), domain: domain(json), when: Vec::new() });
    }
    space
}

fn coordinates(space: &Space, columns: &Json) -> Vec<Vec<f64>> {
    let column = |dimension: &Dimension| {
        let values = columns[&dimension.key].as_array().unwrap().iter();
        values.map(|json| dimension.domain.coordinate(&value(json)).unwrap()).collect()
    };
    space.dimensions().iter().map(column).collect()
}

#[track_caller]
fn assert_near(name: &str, ours: &[f64], theirs: &[f64]) {
    assert_eq!(ours.len(), theirs.len(), "{name}");
    for (i, (a, b)) in ours.iter().zip(theirs).enumerate() {
        assert!((a - b).abs() <= 1e-9 * b.abs().max(1.0), "{name}, {i}: {a} instead of {b}");
    }
}

#[test]
fn kernels_and_densities_are_optunas() {
    for case in golden()["parzen"].as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let space = space(&case["space"]);
        let axes: Vec<Axis<'_>> = space.dimensions().iter().map(|d| Axis::new(&d.domain)).collect();
        let parzen = Parzen::fit(&axes, coordinates(&space, &case["observed"]));
        assert_near(name, &parzen.weights, &numbers(&case["weights"]));
        for (dimension, kernels) in space.dimensions().iter().zip(&parzen.kernels) {
            let theirs = &case["kernels"][&dimension.key];
            match kernels {
                Kernels::Normal { mu, sigma, .. } => {
                    // Equal observations may have swapped their widths (see make.py).
                    let sorted = |mu: &[f64], sigma: &[f64]| {
                        let mut pairs: Vec<(f64, f64)> =
                            mu.iter().copied().zip(sigma.iter().copied()).collect();
                        pairs.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
                        pairs.into_iter().flat_map(|(mu, sigma)| [mu, sigma]).collect::<Vec<f64>>()
                    };
                    let theirs = sorted(&numbers(&theirs["mu"]), &numbers(&theirs["sigma"]));
                    assert_near(name, &sorted(mu, sigma), &theirs);
                }
                Kernels::Choice { observed, hit, miss } => {
                    for (k, row) in theirs["weights"].as_array().unwrap().iter().enumerate() {
                        let n = row.as_array().unwrap().len();
                        let ours: Vec<f64> = (0..n)
                            .map(|i| match observed.get(k) {
                                None => 1.0 / n as f64,
                                Some(z) if *z == i as f64 + 0.5 => hit.exp(),
                                Some(_) => miss.exp(),
                            })
                            .collect();
                        assert_near(name, &ours, &numbers(row));
                    }
                }
            }
        }
        let points = coordinates(&space, &case["points"]);
        assert_near(name, &parzen.log_density(&points), &numbers(&case["log_density"]));
    }
}

#[test]
fn splits_and_their_densities_are_optunas() {
    for case in golden()["studies"].as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let space = space(&case["space"]);
        let direction =
            if case["direction"] == "minimize" { Direction::Minimize } else { Direction::Maximize };
        let mut history = History::new(space.clone(), direction);
        for (number_in_study, json) in (0..).zip(case["trials"].as_array().unwrap()) {
            let mut trial = TrialRecord::new(number_in_study);
            trial.state = match json["state"].as_str().unwrap() {
                "COMPLETE" => TrialState::Complete,
                "PRUNED" => TrialState::Pruned,
                _ => TrialState::Running,
            };
            trial.value = (trial.state == TrialState::Complete).then(|| number(&json["value"]));
            for report in json["reports"].as_array().unwrap() {
                trial.report(report[0].as_u64().unwrap(), number(&report[1]));
            }
            let params = json["params"].as_object().unwrap();
            trial.params = params.iter().map(|(key, json)| (key.clone(), value(json))).collect();
            history.put(trial);
        }
        let split = split(&history);
        let as_numbers = |places: &[usize]| places.iter().map(|&place| place as f64).collect::<Vec<_>>();
        assert_near(name, &as_numbers(&split.below), &numbers(&case["below"]));
        assert_near(name, &as_numbers(&split.above), &numbers(&case["above"]));
        let axes: Vec<Axis<'_>> = space.dimensions().iter().map(|d| Axis::new(&d.domain)).collect();
        let columns: Vec<&[f64]> =
            space.dimensions().iter().map(|d| history.column(&d.key).unwrap()).collect();
        let points = coordinates(&space, &case["points"]);
        for (places, theirs) in [(&split.below, "log_below"), (&split.above, "log_above")] {
            let parzen = Parzen::fit(&axes, observed(&columns, places));
            assert_near(name, &parzen.log_density(&points), &numbers(&case[theirs]));
        }
    }
}
