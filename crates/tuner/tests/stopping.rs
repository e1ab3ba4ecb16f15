//! When a search may end: never too early, never by a trial that proves nothing.

use proptest::prelude::*;
use tunesmith_core::{Domain, Scale, Seed, Space};
use tunesmith_tuner::samplers::Gp;
use tunesmith_tuner::{Direction, History, Sampler, StopReason, StopRule, TrialRecord, TrialState, conform};

fn history(values: &[f64]) -> History {
    let mut history = History::new(Space::new(), Direction::Minimize);
    for (number, value) in (0..).zip(values) {
        let mut trial = TrialRecord::new(number);
        (trial.state, trial.value) = (TrialState::Complete, Some(*value));
        history.put(trial);
    }
    history
}

#[test]
fn gains_below_the_least_are_no_progress() {
    let history = history(&[1.0, 0.5, 0.499, 0.498, 0.497]);
    let rule = |least| StopRule::NoProgress { trials: 3, least };
    assert_eq!(rule(0.0).check(&history), None);
    assert_eq!(rule(0.01).check(&history), Some(StopReason::NoProgress { trials: 3, best: 1 }));
}

#[test]
fn small_gains_add_up_to_progress() {
    let history = history(&[1.0, 0.996, 0.992, 0.988, 0.984]);
    assert_eq!(StopRule::NoProgress { trials: 2, least: 0.01 }.check(&history), None);
}

#[test]
fn trials_that_run_or_failed_count_for_nothing() {
    let mut history = history(&[1.0]);
    for number in 1..10 {
        let mut trial = TrialRecord::new(number);
        trial.state = [TrialState::Failed, TrialState::Running, TrialState::Waiting][number as usize % 3];
        history.put(trial);
    }
    assert_eq!(StopRule::NoProgress { trials: 1, least: 0.0 }.check(&history), None);
    // A pruned trial that looked better than the target did not reach it.
    let mut pruned = TrialRecord::new(10);
    (pruned.state, pruned.value) = (TrialState::Pruned, Some(0.0));
    history.put(pruned);
    assert_eq!(StopRule::Target(0.5).check(&history), None);
    assert!(StopRule::NoProgress { trials: 1, least: 0.0 }.check(&history).is_some());
}

/// A study of a bowl over two dimensions with noise of that deviation; how far its best trial is from the optimum.
fn bowl(n: u64, noise: f64, seed: u64) -> (History, f64) {
    let side = Domain::float(0.0, 1.0, Scale::Linear, None).unwrap();
    let space = Space::new().with("x", side.clone()).with("y", side);
    let mut history = History::new(space.clone(), Direction::Minimize);
    let value = |trial: &TrialRecord| {
        let at = |key: &str| trial.params[key].as_f64().unwrap();
        3.0 * (at("x") - 0.3).powi(2) + (at("y") - 0.6).powi(2)
    };
    let gp = Gp::default();
    for number in 0..n {
        let mut generator = Seed::new(seed).at(number).generator();
        let mut trial = TrialRecord::new(number);
        trial.params = gp.suggest(&space, &history, &mut generator);
        trial.state = TrialState::Complete;
        trial.value = Some(value(&trial) + noise * generator.normal());
        history.put(trial);
    }
    let regret = value(history.expected_best().unwrap());
    (history, regret)
}

#[test]
fn the_regret_bound_ends_a_search_once_what_is_left_is_small_and_never_lies_much() {
    let rule = StopRule::RegretBound { error: 0.02 };
    let mut stopped = 0;
    for seed in 0..6 {
        let (early, _) = bowl(5, 0.005, seed);
        assert_eq!(rule.check(&early), None, "five trials of seed {seed} cannot know");
        let (late, regret) = bowl(45, 0.005, seed);
        if let Some(StopReason::RegretBound { regret: bound, noise }) = rule.check(&late) {
            assert!(bound < 0.02 && noise == 0.02);
            assert!(regret < bound + 0.005, "seed {seed}: {regret} is left, {bound} was the bound");
            stopped += 1;
        }
    }
    assert!(stopped >= 4, "{stopped} of six ended");
}

proptest! {
    #[test]
    fn wild_studies_stop_only_for_true_reasons(seed in 0_u64..3000, n in 0_u64..60, patience in 1_u64..20) {
        let mut random = Seed::new(seed).generator();
        let space = conform::random_space(&mut random);
        let history = conform::random_history(&space, Direction::Minimize, n, &mut random);
        match (StopRule::Target(0.0).check(&history), history.best()) {
            (Some(StopReason::Target { trial }), _) => {
                prop_assert!(history.loss(history.trial(trial).unwrap()).unwrap() <= 0.0);
            }
            (None, Some(best)) => {
                let loss = history.loss(best).unwrap();
                prop_assert!(loss > 0.0 || loss.is_infinite());
            }
            (found, _) => prop_assert!(found.is_none()),
        }
        let rule = StopRule::NoProgress { trials: patience, least: 0.0 };
        if let Some(StopReason::NoProgress { trials, best }) = rule.check(&history) {
            prop_assert!(trials >= patience && trials < n);
            prop_assert!(history.loss(history.trial(best).unwrap()).unwrap().is_finite());
        }
    }
}
