//! When a search may end: never too early, never by a trial that proves nothing.

use proptest::prelude::*;
use tunesmith_core::{Seed, Space};
use tunesmith_tuner::{Direction, History, StopReason, StopRule, TrialRecord, TrialState, conform};

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
