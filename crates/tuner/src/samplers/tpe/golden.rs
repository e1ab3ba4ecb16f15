//! What Optuna 5.0.0 computes, reproduced: weights, kernels, densities, splits (numbers by tests/golden/make.py).

use serde_json::Value as Json;
use tunesmith_core::{Dimension, Domain, Scale, Space, Value};

use super::axis::Axis;
use super::density::log_density;
use super::group::Memory;
use super::order::Sorted;
use super::parzen::Parzen;
use super::split::split;
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
        let observed = coordinates(&space, &case["observed"]);
        let mut parzen = Parzen::default();
        parzen.begin(observed.first().map_or(0, Vec::len));
        axes.iter().zip(&observed).for_each(|(axis, observed)| parzen.fit(axis, &Sorted::of(observed)));
        parzen.finish();
        assert_near(name, &parzen.weights, &numbers(&case["weights"]));
        for ((dimension, axis), kernels) in space.dimensions().iter().zip(&axes).zip(parzen.kernels()) {
            let theirs = &case["kernels"][&dimension.key];
            let Axis::Choice { .. } = axis else {
                // Equal observations may have swapped their widths (see make.py).
                let sorted = |mu: &[f64], sigma: &[f64]| {
                    let mut pairs: Vec<(f64, f64)> = mu.iter().copied().zip(sigma.iter().copied()).collect();
                    pairs.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
                    pairs.into_iter().flat_map(|(mu, sigma)| [mu, sigma]).collect::<Vec<f64>>()
                };
                let theirs = sorted(&numbers(&theirs["mu"]), &numbers(&theirs["sigma"]));
                let sigma: Vec<f64> = kernels.inverse_sigma.iter().map(|inverse| 1.0 / inverse).collect();
                assert_near(name, &sorted(&kernels.mu, &sigma), &theirs);
                continue;
            };
            for (k, row) in theirs["weights"].as_array().unwrap().iter().enumerate() {
                let n = row.as_array().unwrap().len();
                let ours: Vec<f64> = (0..n)
                    .map(|i| match kernels.mu.get(k) {
                        None => 1.0 / n as f64,
                        Some(z) if *z == i as f64 + 0.5 => kernels.hit.exp(),
                        Some(_) => kernels.miss.exp(),
                    })
                    .collect();
                assert_near(name, &ours, &numbers(row));
            }
        }
        let points = coordinates(&space, &case["points"]);
        assert_near(name, &log_density(&parzen, &axes, &points), &numbers(&case["log_density"]));
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
        let split = split(&history, usize::MAX);
        let as_numbers = |places: &[u32]| places.iter().map(|&place| f64::from(place)).collect::<Vec<_>>();
        assert_near(name, &as_numbers(&split.below), &numbers(&case["below"]));
        assert_near(name, &as_numbers(&split.above), &numbers(&case["above"]));
        let mut memory = Memory::default();
        memory.learn(&history, &split);
        for model in case["models"].as_array().unwrap() {
            let mut open = Space::new();
            for key in model["dimensions"].as_array().unwrap() {
                open.push(space.dimension(key.as_str().unwrap()).unwrap().clone());
            }
            let axes: Vec<Axis<'_>> = open.dimensions().iter().map(|d| Axis::new(&d.domain)).collect();
            let place = |key: &str| space.dimensions().iter().position(|d| d.key == key).unwrap();
            let columns = open.dimensions().iter().map(|d| (place(&d.key), history.column(&d.key).unwrap()));
            memory.fit(&axes, &columns.collect::<Vec<_>>(), &split);
            let [below, above] = memory.log_densities(&axes, &coordinates(&open, &model["points"]));
            assert_near(name, &below, &numbers(&model["log_below"]));
            assert_near(name, &above, &numbers(&model["log_above"]));
        }
    }
}
