//! Parity with the package `cmaes` 0.13.1: given the same ranked points, the same distribution after every generation.
//!
//! The numbers and the program that wrote them lie in tests/fixtures/.

use serde_json::Value;
use tunesmith_core::{Scale, Seed};

use super::axes::{Choice, Grid, Number};
use super::categorical::Categorical;
use super::gaussian::Gaussian;
use super::margin::{center, correct, least_mutation};
use super::weights::Weights;
use super::{Observed, warm};
use crate::samplers::lesson::Standing;
use crate::{Direction, History, TrialRecord, TrialState};

fn fixture() -> Value {
    serde_json::from_str(include_str!("../../../tests/fixtures/cmaes.json")).expect("the fixture is JSON")
}

fn list(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().map(|x| x.as_f64().expect("a number")).collect()
}

fn lists(value: &Value) -> Vec<Vec<f64>> {
    value.as_array().expect("a list").iter().map(list).collect()
}

fn agree(what: &str, generation: usize, ours: &[f64], theirs: &Value) {
    let theirs = theirs.as_f64().map_or_else(|| list(theirs), |x| vec![x]);
    assert_eq!(ours.len(), theirs.len());
    for (a, b) in ours.iter().zip(&theirs) {
        assert!(
            (a - b).abs() <= 1e-9 * b.abs().max(1.0),
            "{what} after generation {generation}: {a} and {b}"
        );
    }
}

#[test]
fn a_generation_changes_a_normal_distribution_as_it_does_there() {
    for run in fixture()["plain"].as_array().unwrap() {
        let mean = list(&run["mean"]);
        let n = mean.len();
        let identity = (0..n * n).map(|i| if i % (n + 1) == 0 { 1.0 } else { 0.0 }).collect();
        let mut gaussian = Gaussian::new(mean, run["sigma"].as_f64().unwrap(), identity).unwrap();
        for (g, step) in run["steps"].as_array().unwrap().iter().enumerate() {
            let points = lists(&step["points"]);
            assert!(gaussian.update(&Weights::new(n, points.len()), &points));
            agree("mean", g, &gaussian.mean, &step["mean"]);
            agree("sigma", g, &[gaussian.sigma], &step["sigma"]);
            agree("covariance", g, &gaussian.covariance, &step["covariance"]);
            agree("path of sigma", g, &gaussian.path_sigma, &step["path_sigma"]);
            agree("path", g, &gaussian.path, &step["path"]);
        }
    }
}

#[test]
fn a_generation_changes_a_mixed_distribution_as_it_does_there() {
    let run = &fixture()["mixed"];
    let (low, last) = (run["low"].as_f64().unwrap(), run["last"].as_f64().unwrap());
    let start = &run["start"];
    let mut gaussian =
        Gaussian::new(list(&start["mean"]), start["sigma"].as_f64().unwrap(), list(&start["covariance"]))
            .unwrap();
    let grid = Grid { low, step: 1.0, last, scale: Scale::Linear, origin: 0.0, width: 1.0 };
    let number = |j: usize| Number {
        dimension: j,
        origin: 0.0,
        width: 1.0,
        grid: if j < 2 { None } else { Some(grid) },
    };
    let numbers: Vec<Number> = (0..gaussian.len()).map(number).collect();
    let options = list(&run["choices"]);
    let choices: Vec<Choice> =
        options.iter().map(|&n| Choice { dimension: 0, options: n as usize }).collect();
    let alpha = least_mutation(5);
    let mut categorical = Categorical::new(&choices, alpha);
    for (g, step) in run["steps"].as_array().unwrap().iter().enumerate() {
        let mut points = lists(&step["points"]);
        let weights = Weights::new(numbers.len(), points.len());
        let left = center(&numbers, &gaussian.mean, &mut points[..weights.parents]);
        assert!(gaussian.update(&weights, &points));
        correct(&mut gaussian, &numbers, alpha, &left);
        let options: Vec<Vec<Option<usize>>> =
            lists(&step["options"]).iter().map(|o| o.iter().map(|&k| Some(k as usize)).collect()).collect();
        categorical.update(&weights.all, &options[..weights.parents]);
        agree("mean", g, &gaussian.mean, &step["mean"]);
        agree("sigma", g, &[gaussian.sigma], &step["sigma"]);
        agree("covariance", g, &gaussian.covariance, &step["covariance"]);
        agree("stretch", g, &gaussian.stretch, &step["stretch"]);
        agree("mutation", g, &gaussian.mutation[2..], &step["mutation"]);
        for (ours, theirs) in categorical.shares.iter().zip(step["shares"].as_array().unwrap()) {
            agree("shares", g, ours, theirs);
        }
    }
}

#[test]
fn a_warm_start_begins_where_it_does_there() {
    let run = &fixture()["warm"];
    let history = History::new(tunesmith_core::Space::new(), Direction::Minimize);
    let mut trial = TrialRecord::new(0);
    trial.state = TrialState::Diverged;
    let standing = Standing::of(&trial, &history).unwrap();
    let observed = |places: Vec<f64>| Observed { standing, places, options: Vec::new(), seed: Seed::new(0) };
    let sorted: Vec<Observed> = lists(&run["points"]).into_iter().map(observed).collect();
    let gaussian = warm::gaussian(warm::good(&sorted), 3).unwrap();
    agree("mean", 0, &gaussian.mean, &run["mean"]);
    agree("sigma", 0, &[gaussian.sigma], &run["sigma"]);
    agree("covariance", 0, &gaussian.covariance, &run["covariance"]);
}
