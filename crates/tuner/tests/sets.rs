//! Samplers that walk a fixed set of points: the same ones, resumed or not, side by side or one by one.

use std::collections::BTreeSet;
use std::sync::Arc;

use tunesmith_core::{Domain, Params, Scale, Space};
use tunesmith_tuner::samplers::{BruteForce, Grid, Halton, Random, Sobol};
use tunesmith_tuner::{Budget, MemoryStorage, Outcome, Sampler, Study, TrialRun};

fn space() -> Space {
    Space::new()
        .with("lr", Domain::float(1e-5, 1.0, Scale::Log, None).unwrap())
        .with("layers", Domain::int(1, 4, Scale::Linear, 1).unwrap())
        .with("optimizer", Domain::choice(["sgd", "adam"]).unwrap())
        .with_child("momentum", Domain::float(0.0, 0.99, Scale::Linear, None).unwrap(), "optimizer", "sgd")
}

fn samplers() -> [fn() -> Box<dyn Sampler>; 4] {
    [|| Box::new(Grid { points: 4 }), || Box::new(BruteForce), || Box::new(Sobol), || Box::new(Halton)]
}

fn params(study: &Study) -> Vec<Params> {
    study.trials().into_iter().map(|trial| trial.params).collect()
}

#[test]
fn a_resumed_study_walks_on_as_if_it_had_never_stopped() {
    for sampler in samplers() {
        let walk = |parts: &[u64]| {
            let storage = Arc::new(MemoryStorage::new());
            for &trials in parts {
                let study = Study::minimize(space()).sampler(sampler()).seed(5);
                let study = study.storage(Arc::clone(&storage) as Arc<_>).open().unwrap();
                study
                    .optimize(|trial: &mut TrialRun<'_>| trial.float("lr"), &Budget::trials(trials))
                    .unwrap();
            }
            params(&Study::minimize(space()).storage(storage).open().unwrap())
        };
        assert_eq!(walk(&[3, 11, 40]), walk(&[40]), "{:?}", sampler());
    }
}

#[test]
fn trials_side_by_side_have_the_points_of_trials_one_by_one() {
    for sampler in samplers() {
        let open = || Study::minimize(space()).sampler(sampler()).seed(2).open().unwrap();
        let (one_by_one, side_by_side) = (open(), open());
        one_by_one.optimize(|_: &mut TrialRun<'_>| 0.0, &Budget::trials(20)).unwrap();
        let running: Vec<_> = (0..20).map(|_| side_by_side.ask().unwrap()).collect();
        assert_eq!(params(&one_by_one), params(&side_by_side), "{:?}", sampler());
        side_by_side.tell(&running[0], Outcome::Complete(1.0)).unwrap();
    }
}

#[test]
fn another_seed_walks_another_way() {
    for sampler in samplers() {
        let walk = |seed| {
            let study = Study::minimize(space()).sampler(sampler()).seed(seed).open().unwrap();
            study.optimize(|_: &mut TrialRun<'_>| 0.0, &Budget::trials(10)).unwrap();
            params(&study)
        };
        assert_ne!(walk(0), walk(1), "{:?}", sampler());
    }
}

/// A space of 200 dimensions and more: each is even by itself.
#[test]
fn many_dimensions_are_all_even() {
    let space = (0..300).fold(Space::new(), |space, i| {
        space.with(&format!("x{i}"), Domain::float(0.0, 1.0, Scale::Linear, None).unwrap())
    });
    let study = Study::minimize(space).sampler(Sobol).open().unwrap();
    study.optimize(|_: &mut TrialRun<'_>| 0.0, &Budget::trials(32)).unwrap();
    let trials = params(&study);
    for i in 0..300 {
        let hit: BTreeSet<u64> =
            trials.iter().map(|params| (params[&format!("x{i}")].as_f64().unwrap() * 32.0) as u64).collect();
        assert_eq!(hit.len(), 32, "dimension {i}");
    }
}

#[test]
fn small_discrete_spaces_are_used_up_before_anything_comes_twice() {
    let space = Space::new()
        .with("layers", Domain::int(1, 6, Scale::Linear, 1).unwrap())
        .with("optimizer", Domain::choice(["sgd", "adam"]).unwrap())
        .with_child("nesterov", Domain::switch(), "optimizer", "sgd");
    let random: [fn() -> Box<dyn Sampler>; 1] = [|| Box::new(Random)];
    for sampler in samplers().into_iter().chain(random) {
        let study = Study::minimize(space.clone()).sampler(sampler()).open().unwrap();
        study.optimize(|trial: &mut TrialRun<'_>| trial.float("layers"), &Budget::trials(18)).unwrap();
        let different: BTreeSet<String> = params(&study).iter().map(|params| format!("{params:?}")).collect();
        assert_eq!(different.len(), 18, "{:?}", sampler());
        study.optimize(|trial: &mut TrialRun<'_>| trial.float("layers"), &Budget::trials(22)).unwrap();
    }
}
