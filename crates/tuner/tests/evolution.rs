//! The evolutionary samplers find what they should, and are functions of the history alone.

use tunesmith_core::{Domain, Params, Scale, Seed, Space, Value};
use tunesmith_tuner::samplers::{CmaEs, DifferentialEvolution, Nsga2, Nsga3, RegularizedEvolution};
use tunesmith_tuner::{
    Budget, Direction, History, Sampler, Study, TrialRecord, TrialRun, TrialState, pareto, problems,
};

fn float(low: f64, high: f64) -> Domain {
    Domain::float(low, high, Scale::Linear, None).unwrap()
}

fn floats(n: usize, low: f64, high: f64) -> Space {
    (0..n).fold(Space::new(), |space, i| space.with(&format!("x{i:02}"), float(low, high)))
}

fn numbers(params: &Params) -> Vec<f64> {
    params.values().filter_map(Value::as_f64).collect()
}

fn ask(sampler: &dyn Sampler, history: &History, seed: u64) -> TrialRecord {
    let number = history.trials().len() as u64;
    let mut trial = TrialRecord::new(number);
    trial.params = sampler.suggest(history.space(), history, &mut Seed::new(seed).at(number).generator());
    trial
}

fn tell(history: &mut History, mut trial: TrialRecord, value: f64) {
    trial.state = if value.is_nan() { TrialState::Diverged } else { TrialState::Complete };
    trial.value = Some(value).filter(|value| !value.is_nan());
    history.put(trial);
}

/// The history of so many trials one after the other.
fn run(sampler: &dyn Sampler, space: Space, trials: usize, seed: u64, f: impl Fn(&Params) -> f64) -> History {
    let mut history = History::new(space, Direction::Minimize);
    for _ in 0..trials {
        let trial = ask(sampler, &history, seed);
        let value = f(&trial.params);
        tell(&mut history, trial, value);
    }
    history
}

fn best(history: &History) -> f64 {
    history.best().and_then(|trial| history.loss(trial)).unwrap_or(f64::INFINITY)
}

/// The first trial that is as good as `target`.
fn reaches(history: &History, target: f64) -> Option<usize> {
    history.trials().iter().position(|trial| history.loss(trial).is_some_and(|loss| loss <= target))
}

fn sphere(params: &Params) -> f64 {
    numbers(params).iter().map(|x| x * x).sum()
}

fn rosenbrock(params: &Params) -> f64 {
    numbers(params).windows(2).map(|x| 100.0 * (x[1] - x[0] * x[0]).powi(2) + (1.0 - x[0]).powi(2)).sum()
}

/// Trials side by side that end in a random order and however they like; `each` sees the history before every
/// suggestion.
fn run_side_by_side(
    sampler: &dyn Sampler,
    space: Space,
    (trials, workers, seed): (usize, usize, u64),
    f: impl Fn(&Params) -> f64,
    each: impl Fn(&History, &Params),
) -> History {
    let mut history = History::new(space, Direction::Minimize);
    let mut running: Vec<TrialRecord> = Vec::new();
    let mut generator = Seed::new(seed).named("workers").generator();
    while history.trials().len() < trials {
        if running.len() < workers {
            let trial = ask(sampler, &history, seed);
            each(&history, &trial.params);
            history.put(trial.clone());
            running.push(trial);
            continue;
        }
        let mut trial = running.swap_remove(generator.below(workers));
        if generator.chance(0.1) {
            trial.state = TrialState::Failed;
            history.put(trial);
        } else if generator.chance(0.1) {
            let value = f(&trial.params);
            trial.report(generator.below(5) as u64, 2.0 * value);
            (trial.state, trial.value) = (TrialState::Pruned, Some(2.0 * value));
            history.put(trial);
        } else {
            let value = f(&trial.params);
            tell(&mut history, trial, value);
        }
    }
    history
}

/// Five real and five whole numbers.
fn mixed_space() -> Space {
    (0..5).fold(floats(5, -3.0, 7.0), |space, i| {
        space.with(&format!("y{i}"), Domain::int(-10, 10, Scale::Linear, 1).unwrap())
    })
}

/// All kinds of dimensions, one of them under a condition.
fn every_kind() -> Space {
    mixed_space()
        .with("a_kind", Domain::choice(["p", "q", "r"]).unwrap())
        .with_child("b_child", float(-1.0, 1.0), "a_kind", "q")
        .with_child("c_child", Domain::int(1, 50, Scale::Log, 1).unwrap(), "a_kind", "q")
}

fn every(params: &Params) -> f64 {
    let number = |key: &str| params.get(key).and_then(Value::as_f64);
    let xs: f64 = (0..5).map(|i| number(&format!("x{i:02}")).unwrap().powi(2)).sum();
    let ys: f64 = (0..5).map(|i| (number(&format!("y{i}")).unwrap() - 7.0).powi(2)).sum();
    let child = match (number("b_child"), number("c_child")) {
        (Some(b), Some(c)) => (b - 0.4).powi(2) + (c / 20.0).ln().powi(2),
        _ => 5.0, // the branch with more dimensions is better on average, too
    };
    xs + ys + child
}

/// A new sampler, which has seen nothing, must say the same.
fn is_a_function_of_the_history<S: Sampler + Default>(f: impl Fn(&Params) -> f64, space: &Space) {
    for workers in [1, 5, 40] {
        run_side_by_side(&S::default(), space.clone(), (420, workers, 3), &f, |history, params| {
            let n = history.trials().len();
            if n % 17 == 0 || n < 30 {
                assert_eq!(ask(&S::default(), history, 3).params, *params, "{workers} workers, trial {n}");
            }
        });
    }
}

mod cma_es {
    use super::*;

    #[test]
    fn the_sphere_in_ten_dimensions_takes_fewer_than_four_thousand_trials() {
        for seed in 0..5 {
            let history = run(&CmaEs::default(), floats(10, -3.0, 7.0), 2000, seed, sphere);
            assert!(reaches(&history, 1e-9).is_some(), "seed {seed}: {:e}", best(&history));
        }
    }

    #[test]
    fn the_valley_of_rosenbrock_is_followed_to_its_end() {
        for seed in 0..5 {
            // Some runs end in the other minimum and start anew.
            let history = run(&CmaEs::default(), floats(6, -5.0, 10.0), 10_000, seed, rosenbrock);
            assert!(reaches(&history, 1e-9).is_some(), "seed {seed}: {:e}", best(&history));
        }
    }

    /// Whole numbers matter little beside the others at first, and their best lies off the middle.
    fn mixed(params: &Params) -> f64 {
        let x = numbers(params);
        x[..5].iter().map(|x| 1e3 * x * x).sum::<f64>()
            + x[5..].iter().map(|y| (y - 7.0).powi(2)).sum::<f64>()
    }

    #[test]
    fn whole_numbers_with_a_margin_do_not_freeze() {
        let found = |margin: bool| {
            let reached = |seed: &u64| {
                let mut sampler = CmaEs::default();
                (sampler.margin, sampler.restart) = (margin, false);
                let history = run(&sampler, mixed_space(), 3000, *seed, mixed);
                reaches(&history, 1e-6).is_some()
            };
            (0..10).filter(reached).count()
        };
        let (with, without) = (found(true), found(false));
        assert!(with == 10 && without <= 5, "with a margin {with} of 10, without {without}");
    }

    #[test]
    fn every_kind_of_dimension_is_found() {
        // In a search that decides for a worse branch early, the other's dimensions drift.
        assert!(median(&CmaEs::default(), &every_kind(), 4000, every) < 1e-6);
    }

    #[test]
    fn a_new_process_suggests_the_same() {
        is_a_function_of_the_history::<CmaEs>(every, &every_kind());
    }

    #[test]
    fn another_history_is_not_mistaken_for_the_one_before() {
        let sampler = CmaEs::default();
        let histories = [1, 2].map(|seed| run(&CmaEs::default(), floats(3, -3.0, 7.0), 100, seed, sphere));
        for history in histories.iter().chain(&histories) {
            assert_eq!(ask(&sampler, history, 5).params, ask(&CmaEs::default(), history, 5).params);
        }
    }

    #[test]
    fn trials_side_by_side_learn_as_well() {
        for (workers, trials) in [(4, 2500), (20, 5000)] {
            let history = run_side_by_side(
                &CmaEs::default(),
                floats(6, -3.0, 7.0),
                (trials, workers, 1),
                sphere,
                |_, _| {},
            );
            assert!(best(&history) < 1e-8, "{workers} workers: {:e}", best(&history));
        }
    }

    #[test]
    fn a_trial_that_never_ends_holds_nobody_up() {
        let sampler = CmaEs::default();
        let mut history = History::new(floats(5, -3.0, 7.0), Direction::Minimize);
        for number in 0..1500 {
            let trial = ask(&sampler, &history, 2);
            if number == 3 {
                history.put(trial);
            } else {
                let value = sphere(&trial.params);
                tell(&mut history, trial, value);
            }
        }
        assert!(best(&history) < 1e-9, "{:e}", best(&history));
    }

    #[test]
    fn a_cliff_of_diverged_trials_beside_the_optimum_is_kept_off() {
        let cliff = |params: &Params| if numbers(params)[0] < -0.1 { f64::NAN } else { sphere(params) };
        for seed in 0..3 {
            let history = run(&CmaEs::default(), floats(5, -3.0, 7.0), 2000, seed, cliff);
            assert!(best(&history) < 1e-9, "seed {seed}: {:e}", best(&history));
        }
    }

    #[test]
    fn an_optimum_on_the_ends_of_ranges_is_reached() {
        let (end, slope) = (|x: &f64| x + 3.0, |x: &f64| (x + 5.0).powi(2) - 4.0);
        let halves = |params: &Params, outer: fn(&f64) -> f64| {
            let x = numbers(params);
            let (outside, inside) = x.split_at(x.len() / 2);
            outside.iter().map(outer).sum::<f64>() + inside.iter().map(|x| x * x).sum::<f64>()
        };
        for seed in 0..3 {
            for outer in [end as fn(&f64) -> f64, slope] {
                let history =
                    run(&CmaEs::default(), floats(8, -3.0, 7.0), 2500, seed, |params| halves(params, outer));
                assert!(best(&history) < 1e-9, "seed {seed}: {:e}", best(&history));
            }
        }
    }

    #[test]
    fn a_warm_start_begins_among_the_good() {
        let corner = |params: &Params| numbers(params).iter().map(|x| (x - 6.0).powi(2)).sum::<f64>();
        let mut sampler = CmaEs::default();
        sampler.warm_start_trials = 200;
        let history = run(&sampler, floats(4, -3.0, 7.0), 230, 1, corner);
        let mut losses: Vec<f64> = history.trials().iter().filter_map(|trial| history.loss(trial)).collect();
        let after: f64 = losses.split_off(200).iter().sum::<f64>() / 30.0;
        losses.sort_by(f64::total_cmp);
        assert!(after < losses[20], "{after} after the warm start, {} is the best tenth", losses[20]);
    }
}

/// How good the third best of five runs is.
fn median(sampler: &dyn Sampler, space: &Space, trials: usize, f: impl Fn(&Params) -> f64) -> f64 {
    let mut found: Vec<f64> =
        (0..5).map(|seed| best(&run(sampler, space.clone(), trials, seed, &f))).collect();
    found.sort_by(f64::total_cmp);
    found[2]
}

mod differential_evolution {
    use super::*;

    #[test]
    fn spheres_of_all_kinds_of_dimensions_are_descended() {
        let de = DifferentialEvolution::default();
        assert!(median(&de, &floats(10, -3.0, 7.0), 4000, sphere) < 1e-8);
        assert!(median(&de, &every_kind(), 4000, every) < 1e-8);
    }

    #[test]
    fn steps_from_the_best_follow_the_valley_of_rosenbrock() {
        let mut de = DifferentialEvolution::default();
        (de.strategy, de.crossover, de.factor) = ("best1bin".to_owned(), 0.9, 0.7);
        assert!(median(&de, &floats(6, -5.0, 10.0), 8000, rosenbrock) < 1e-8);
    }

    #[test]
    fn a_new_process_suggests_the_same() {
        is_a_function_of_the_history::<DifferentialEvolution>(every, &every_kind());
    }
}

mod regularized_evolution {
    use super::*;

    #[test]
    fn spheres_of_all_kinds_of_dimensions_are_descended() {
        let evolution = RegularizedEvolution::default();
        assert!(median(&evolution, &floats(10, -3.0, 7.0), 4000, sphere) < 1e-3);
        assert!(median(&evolution, &every_kind(), 4000, every) < 1e-2);
    }

    #[test]
    fn a_new_process_suggests_the_same() {
        is_a_function_of_the_history::<RegularizedEvolution>(every, &every_kind());
    }
}

mod nsga {
    use super::*;

    /// The volume that the trials cover.
    fn covered(sampler: &dyn Sampler, problem: &problems::FrontProblem, trials: usize) -> f64 {
        let directions = vec![Direction::Minimize; problem.objectives];
        let mut history = History::of_objectives((problem.space)(), &directions);
        for _ in 0..trials {
            let mut trial = ask(sampler, &history, 0);
            let losses = (problem.losses)(&trial.params);
            trial.further = losses[1..].to_vec();
            tell(&mut history, trial, losses[0]);
        }
        let points: Vec<Vec<f64>> =
            history.trials().iter().filter_map(|trial| history.losses(trial)).collect();
        pareto::hypervolume(&points, &vec![1.1; problem.objectives])
    }

    #[test]
    fn fronts_of_two_losses_are_covered() {
        for problem in problems::fronts().iter().filter(|problem| problem.objectives == 2) {
            let share = covered(&Nsga2::default(), problem, 25_000) / problem.volume;
            assert!(share > 0.99, "{}: {share} of the volume", problem.name);
        }
    }

    #[test]
    fn a_sphere_of_three_losses_is_covered() {
        let problem = problems::fronts()[3];
        let mut sampler = Nsga3::default();
        sampler.dividing = 8;
        for share in [&sampler as &dyn Sampler, &Nsga3::default(), &Nsga2::default()]
            .map(|sampler| covered(sampler, &problem, 10_000) / problem.volume)
        {
            assert!(share > 0.95, "{share} of the volume");
        }
    }

    #[test]
    fn a_new_process_suggests_the_same() {
        is_a_function_of_the_history::<Nsga2>(every, &every_kind());
        is_a_function_of_the_history::<Nsga3>(every, &every_kind());
    }

    #[test]
    fn broken_constraints_are_left_behind() {
        for sampler in [Box::new(Nsga2::default()) as Box<dyn Sampler>, Box::new(Nsga3::default())] {
            let study =
                Study::builder(floats(4, -3.0, 7.0), Direction::Minimize).sampler(sampler).open().unwrap();
            let objective = |trial: &mut TrialRun<'_>| {
                let x = numbers(trial.params());
                // The best lies on the edge of what is allowed.
                trial.set_constraint("sum", 4.0 - x.iter().sum::<f64>());
                x.iter().map(|x| x * x).sum::<f64>()
            };
            study.optimize(objective, &Budget::trials(3000)).unwrap();
            let best = study.best().unwrap();
            assert!(best.constraints()["sum"] <= 0.0);
            assert!((4.0..4.05).contains(&best.value.unwrap()), "{:?}", best.value);
        }
    }
}
