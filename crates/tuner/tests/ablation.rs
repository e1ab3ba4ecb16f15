//! What an ablation promises: the settings that helped in the order of how much, and no more runs than it takes.

use tunesmith_core::{Domain, Params, Scale, Seed, Space, Value};
use tunesmith_tuner::Direction;
use tunesmith_tuner::analysis::{Ablation, AblationOptions, AblationPath, AblationTrial};

fn range() -> Domain {
    Domain::float(0.0, 1.0, Scale::Linear, None).unwrap()
}

fn run(mut ablation: Ablation, value: impl Fn(&Params, AblationTrial) -> f64) -> AblationPath {
    while let Some(trial) = ablation.ask() {
        let value = value(ablation.params(trial), trial);
        ablation.tell(trial, value);
    }
    assert!(ablation.is_finished());
    ablation.path().unwrap()
}

fn keys(path: &AblationPath) -> Vec<&str> {
    path.steps.iter().map(|step| step.key.as_str()).collect()
}

#[test]
fn noise_is_not_mistaken_for_a_gain_and_gains_come_in_order() {
    let space = (0..6).fold(Space::new(), |space, i| space.with(&format!("x{i}"), range()));
    let all = |x: f64| space.complete(|_| Value::Float(x));
    let (mut right, mut flattered) = (0, 0);
    for seed in 0..100 {
        let options =
            AblationOptions { direction: Direction::Maximize, seeds: 5, ..AblationOptions::default() };
        let path = run(Ablation::new(&space, all(0.0), all(1.0), options), |params, trial| {
            let read = |key: &str| params[key].as_f64().unwrap();
            let shared = Seed::new(seed).at(trial.seed_index as u64).generator().normal();
            let own = Seed::new(seed).named("own").at(trial.step as u64).at(trial.variant as u64);
            let own = own.at(trial.seed_index as u64).generator().normal();
            10.0 * read("x3") + 3.0 * read("x1") - read("x0") + shared + 0.3 * own
        });
        right += usize::from(keys(&path).starts_with(&["x3", "x1"]));
        flattered += path.steps.len().saturating_sub(2);
        assert!(!keys(&path).contains(&"x0"), "a change for the worse was taken: {path:?}");
        assert!((path.steps[0].gain - 10.0).abs() < 1.0 && path.steps[0].value > path.start);
    }
    assert_eq!(right, 100);
    // The largest of four gains of nothing reaches two standard errors in about a third of the paths.
    assert!(flattered < 60, "{flattered} changes that do nothing");
}

#[test]
fn a_child_comes_with_its_parent_and_both_count() {
    let space = Space::new()
        .with("optimizer", Domain::choice(["sgd", "adam"]).unwrap())
        .with_child("sgd.lr", range(), "optimizer", "sgd")
        .with_child("adam.lr", range(), "optimizer", "adam")
        .with("width", range());
    let params = |pairs: &[(&str, Value)]| -> Params {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect()
    };
    let default = params(&[("optimizer", "sgd".into()), ("sgd.lr", 0.5.into()), ("width", 0.5.into())]);
    let tuned = params(&[("optimizer", "adam".into()), ("adam.lr", 0.1.into()), ("width", 0.9.into())]);
    let options = AblationOptions { seeds: 1, ..AblationOptions::default() };
    let path = run(Ablation::new(&space, default, tuned, options), |params, _| {
        assert_eq!(space.check(params), Ok(()));
        let adam = params.get("adam.lr").map_or(5.0, |lr| (lr.as_f64().unwrap() - 0.1).abs());
        adam + (0.9 - params["width"].as_f64().unwrap())
    });
    assert_eq!(keys(&path), ["optimizer", "width"]);
    assert_eq!(path.runs, 1 + 2 + 1);
    assert!(path.rest.is_empty() && path.finished);
}

#[test]
fn divergence_is_the_worst_and_being_saved_from_it_the_best() {
    let space = Space::new().with("clip", range()).with("lr", range());
    let all = |x: f64| space.complete(|_| Value::Float(x));
    let path =
        run(Ablation::new(&space, all(0.0), all(1.0), AblationOptions::default()), |params, _| {
            match (params["clip"].as_f64().unwrap(), params["lr"].as_f64().unwrap()) {
                (clip, _) if clip < 0.5 => f64::NAN,
                (_, lr) if lr > 0.5 => f64::INFINITY,
                _ => 1.0,
            }
        });
    assert_eq!(keys(&path), ["clip"]);
    assert_eq!((path.start, path.steps[0].gain, path.steps[0].value), (f64::INFINITY, f64::INFINITY, 1.0));
    assert_eq!(path.rest[0].gain, f64::NEG_INFINITY);
}

#[test]
fn equal_configurations_and_a_cap_end_at_once() {
    let space = Space::new().with("x", range()).with("y", range());
    let all = |x: f64| space.complete(|_| Value::Float(x));
    let path = run(Ablation::new(&space, all(0.5), all(0.5), AblationOptions::default()), |_, _| 1.0);
    assert!(path.steps.is_empty() && path.runs == 3);
    let options = AblationOptions { max_runs: Some(9), ..AblationOptions::default() };
    let path = run(Ablation::new(&space, all(0.0), all(1.0), options), |params, _| {
        -params["x"].as_f64().unwrap() - params["y"].as_f64().unwrap()
    });
    assert_eq!((path.runs, path.steps.len(), path.rest.len()), (9, 1, 1));
    let options = AblationOptions { max_runs: Some(2), ..AblationOptions::default() };
    let mut none = Ablation::new(&space, all(0.0), all(1.0), options);
    assert!(none.ask().is_none() && none.is_finished() && none.path().is_none());
}
