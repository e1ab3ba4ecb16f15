//! What schedulers do with whole studies: groups, brackets, growing rungs, several objectives, populations.

use std::collections::BTreeMap;

use tunesmith_core::{Domain, Flow, Reporter, Scale, Space};
use tunesmith_tuner::pruners::{Asha, Hyperband, IEpoch, NoPruning, Pasha, Pb2, Pbt, SuccessiveHalving};
use tunesmith_tuner::samplers::Random;
use tunesmith_tuner::{
    Budget, Direction, Outcome, Resumable, Scheduler, Study, TrialRecord, TrialRun, TrialState,
};

fn space() -> Space {
    Space::new().with("x", Domain::float(0.0, 1.0, Scale::Linear, None).unwrap())
}

/// A curve that falls from 1 + x to x, with noise of that size at each step.
struct Curve {
    whole: u64,
    noise: f64,
}

impl Resumable for Curve {
    type State = u64;

    fn begin(&self, _: &mut TrialRun<'_>) -> Result<u64, Outcome> {
        Ok(0)
    }

    fn run(&self, done: &mut u64, trial: &mut TrialRun<'_>) -> Outcome {
        let value = |step: u64| {
            let noise = self.noise * trial.seed().at(step).generator().normal();
            trial.float("x") + 1.0 / (1 + step) as f64 + noise
        };
        let values: Vec<f64> = (0..self.whole).map(value).collect();
        while *done < self.whole {
            *done += 1;
            if trial.report(*done - 1, values[*done as usize - 1]) != Flow::Continue {
                break;
            }
        }
        Outcome::Complete(values[self.whole as usize - 1])
    }
}

fn run(scheduler: impl Scheduler + 'static, whole: u64, trials: u64, workers: usize) -> Vec<TrialRecord> {
    let study = Study::minimize(space()).sampler(Random).pruner(scheduler).open().unwrap();
    let budget = Budget::trials(trials).workers(workers);
    study.optimize_resumable(&Curve { whole, noise: 0.0 }, &budget).unwrap();
    study.trials()
}

/// How many trials ended after how many steps.
fn lengths(trials: &[TrialRecord]) -> Vec<(usize, usize)> {
    let mut counts = BTreeMap::new();
    trials.iter().for_each(|trial| *counts.entry(trial.reports.len()).or_insert(0) += 1);
    counts.into_iter().collect()
}

/// The trials from the best setting to the worst.
fn by_x(trials: &[TrialRecord]) -> Vec<&TrialRecord> {
    let mut sorted: Vec<&TrialRecord> = trials.iter().collect();
    sorted.sort_by(|a, b| a.params["x"].as_f64().unwrap().total_cmp(&b.params["x"].as_f64().unwrap()));
    sorted
}

#[test]
fn halving_lets_exactly_the_best_third_of_each_group_go_on() {
    for workers in [1, 4] {
        let halving = SuccessiveHalving { trials: 27, max_resource: 54, ..SuccessiveHalving::default() };
        let trials = run(halving, 54, 54, workers);
        assert_eq!(lengths(&trials), [(2, 36), (6, 12), (18, 4), (54, 2)]);
        for group in trials.chunks(27) {
            let lengths: Vec<usize> = by_x(group).iter().map(|trial| trial.reports.len()).collect();
            assert!(lengths.is_sorted_by(|a, b| a >= b), "{lengths:?}");
        }
    }
}

#[test]
fn a_last_group_that_is_not_full_goes_on_in_proportion() {
    let halving = SuccessiveHalving { trials: 27, max_resource: 27, ..SuccessiveHalving::default() };
    assert_eq!(lengths(&run(halving, 27, 10, 1)), [(1, 6), (3, 2), (9, 1), (27, 1)]);
}

#[test]
fn hyperband_runs_the_groups_of_the_paper() {
    // R = 81, factor 3: table 1 of Li et al. 2018.
    let table: [&[(usize, usize)]; 5] = [
        &[(1, 54), (3, 18), (9, 6), (27, 2), (81, 1)],
        &[(3, 23), (9, 8), (27, 2), (81, 1)],
        &[(9, 10), (27, 4), (81, 1)],
        &[(27, 6), (81, 2)],
        &[(81, 5)],
    ];
    for workers in [1, 3] {
        let trials = run(Hyperband::default(), 81, 143, workers);
        let mut begin = 0;
        for (size, expected) in [81, 34, 15, 8, 5].into_iter().zip(table) {
            assert_eq!(lengths(&trials[begin..begin + size]), expected);
            begin += size;
        }
    }
}

#[test]
fn one_epoch_for_all_and_the_rest_for_the_best() {
    let trials = run(IEpoch { steps: 2, trials: 20, top: 3 }, 12, 40, 2);
    assert_eq!(lengths(&trials), [(2, 34), (12, 6)]);
    assert!(trials.chunks(20).all(|group| by_x(group)[..3].iter().all(|trial| trial.reports.len() == 12)));
}

#[test]
fn pasha_stops_growing_when_the_order_is_settled() {
    let longest = |noise: f64| {
        let study = Study::minimize(space()).sampler(Random).pruner(Pasha::default()).open().unwrap();
        study.optimize_resumable(&Curve { whole: 729, noise }, &Budget::trials(200)).unwrap();
        let mut lengths: Vec<usize> = study.trials().iter().map(|trial| trial.reports.len()).collect();
        lengths.sort_unstable();
        lengths[lengths.len() - 2] // without the winner, which runs to its end
    };
    // Noise that makes all alike is not taken for news; only some of it makes the order of the first steps wrong.
    assert_eq!(longest(0.0), 3);
    assert!(longest(0.1) >= 9, "{}", longest(0.1));
    assert!(longest(0.1) < 243, "{}", longest(0.1));
}

#[test]
fn a_short_search_by_promotion_ends_with_a_complete_trial() {
    for total in 1..20 {
        let trials = run(Asha::promoting(27), 27, total, 2);
        let complete: Vec<_> = trials.iter().filter(|t| t.state == TrialState::Complete).collect();
        assert!(!complete.is_empty(), "{total} trials");
    }
}

#[test]
fn promotion_with_several_objectives_covers_the_front() {
    // Trials on the front (shift 0) go on rather than those behind it, from both ends of it; cheap ones that break the
    // constraint do not.
    let space =
        space().with("shift", Domain::int(0, 2, Scale::Linear, 1).unwrap()).with("over", Domain::switch());
    let study = Study::objectives(space, &[Direction::Minimize, Direction::Maximize])
        .sampler(Random)
        .pruner(Asha::promoting(9))
        .open()
        .unwrap();
    let objective = |trial: &mut TrialRun<'_>| {
        let (x, shift) = (trial.float("x"), trial.float("shift"));
        trial.set_constraint("over", if trial.switch("over") { 1.0 } else { 0.0 });
        let values = [x + shift, x - shift];
        for step in 0..9 {
            if trial.report_values(step, &values) != Flow::Continue {
                break;
            }
        }
        values
    };
    study.optimize(objective, &Budget::trials(270)).unwrap();
    let complete: Vec<_> = study.trials().into_iter().filter(|t| t.state == TrialState::Complete).collect();
    // The first promotions choose among three; of all trials five in six are wrong.
    let wrong =
        |t: &&TrialRecord| t.params["shift"].as_i64() != Some(0) || t.params["over"].as_bool() != Some(false);
    let (n, n_wrong) = (complete.len(), complete.iter().filter(wrong).count());
    assert!(n >= 20 && n_wrong * 5 <= n, "{n_wrong} of {n}");
    let x: Vec<f64> = complete.iter().map(|t| t.params["x"].as_f64().unwrap()).collect();
    let near = |end: f64| x.iter().any(|x| (x - end).abs() < 0.15);
    assert!(near(0.0) && near(0.5) && near(1.0), "{x:?}");
}

/// Noisy gradient descent on x^2 over 60 steps: a high rate is fast, a low one ends near zero, so that the best schedule
/// begins high and falls and no constant rate comes near it.
struct Noisy;

const NOISY_STEPS: u64 = 60;

impl Resumable for Noisy {
    /// The mean of x^2 over many runs, and the steps done.
    type State = (f64, u64);

    fn begin(&self, _: &mut TrialRun<'_>) -> Result<(f64, u64), Outcome> {
        Ok((100.0, 0))
    }

    fn run(&self, (square, done): &mut (f64, u64), trial: &mut TrialRun<'_>) -> Outcome {
        let rate = trial.float("rate");
        while *done < NOISY_STEPS {
            *square = (1.0 - rate).powi(2) * *square + rate * rate;
            *done += 1;
            if trial.report(*done - 1, square.log10()) != Flow::Continue {
                break;
            }
        }
        Outcome::Complete(square.log10())
    }

    fn fork(&self, state: &mut (f64, u64), _: &TrialRun<'_>) -> Option<(f64, u64)> {
        Some(*state)
    }
}

#[test]
fn a_population_finds_a_schedule_that_no_constant_setting_reaches() {
    let space = || Space::new().with("rate", Domain::float(1e-3, 1.0, Scale::Log, None).unwrap());
    let run = |scheduler: Box<dyn Scheduler>, seed: u64, trials: u64| {
        let study = Study::minimize(space()).sampler(Random).pruner(scheduler).seed(seed).open().unwrap();
        study.optimize_resumable(&Noisy, &Budget::trials(trials)).unwrap();
        let steps: usize = study.trials().iter().map(|trial| trial.reports.len()).sum();
        (study.best().unwrap().value.unwrap(), steps, study)
    };
    let constant = (0..=300).map(|i| {
        let rate = 10_f64.powf(-3.0 + f64::from(i) / 100.0);
        (0..NOISY_STEPS).fold(100.0, |square, _| (1.0 - rate) * (1.0 - rate) * square + rate * rate)
    });
    let constant = constant.fold(f64::INFINITY, f64::min).log10();
    let (mut gains, mut bandits) = (Vec::new(), Vec::new());
    for seed in 0..10 {
        let max_resource = NOISY_STEPS as usize;
        let pbt = Pbt { interval: 3, max_resource, ..Pbt::default() };
        let pb2 = Pb2 { population: 8, interval: 3, max_resource, ..Pb2::default() };
        let (best, steps, study) = run(Box::new(pbt), seed, 48);
        gains.push(constant - best);
        bandits.push(constant - run(Box::new(pb2), seed, 48).0);
        // As many steps in whole trials bring less.
        let (whole, ..) = run(Box::new(NoPruning), seed, (steps as u64).div_ceil(NOISY_STEPS));
        assert!(best < whole, "seed {seed}: {best} by a population, {whole} by whole trials");
        // The rates along the best one's ancestors fall.
        let trials = study.trials();
        let mut line = vec![study.best().unwrap()];
        while let Some((parent, _)) = line[line.len() - 1].parent() {
            line.push(trials[parent as usize].clone());
        }
        let rates: Vec<f64> = line.iter().rev().map(|trial| trial.params["rate"].as_f64().unwrap()).collect();
        assert!(rates.len() > 2 && rates[0] > 2.0 * rates[rates.len() - 1], "{rates:?}");
    }
    // In decades below the best constant rate; the best schedule there is, 1 / (1 / 100 + steps), gains 0.44.
    for gains in [&mut gains, &mut bandits] {
        gains.sort_by(f64::total_cmp);
        assert!(gains[3] > 0.0 && gains[5] > 0.1, "{gains:?}");
    }
}

#[test]
fn a_population_keeps_its_size_and_is_followed_by_another() {
    for workers in [1, 3] {
        let max_resource = NOISY_STEPS as usize;
        let pbt = Pbt { population: 4, interval: 10, max_resource, ..Pbt::default() };
        let space = Space::new().with("rate", Domain::float(1e-3, 1.0, Scale::Log, None).unwrap());
        let study = Study::minimize(space).sampler(Random).pruner(pbt).open().unwrap();
        study.optimize_resumable(&Noisy, &Budget::trials(40).workers(workers)).unwrap();
        let (trials, counts) = (study.trials(), study.counts());
        assert_eq!((counts.paused, counts.running, counts.failed), (0, 0, 0));
        let copies: Vec<_> = trials.iter().filter(|trial| trial.parent().is_some()).collect();
        assert!(copies.len() >= 8 && counts.pruned >= copies.len(), "{} copies, {counts:?}", copies.len());
        for copy in copies {
            let (parent, step) = copy.parent().unwrap();
            assert!(trials[parent as usize].report_at(step).is_some() && step % 10 == 9);
            assert_eq!(copy.reports.first().unwrap().0, step + 1);
        }
        // Each round trains at most four at a time: no more than four reports at any step.
        let roots = trials.iter().filter(|trial| trial.parent().is_none()).count();
        let at_last = trials.iter().filter(|trial| trial.report_at(NOISY_STEPS - 1).is_some()).count();
        assert!(at_last <= roots, "{at_last} ends from {roots} beginnings");
    }
}
