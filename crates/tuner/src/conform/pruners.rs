//! What every pruner promises.

use tunesmith_core::{Entry, Flow, Seed, Space, Table, all};

use super::random_history;
use crate::{Direction, History, PrunerEntry, Scheduler, TrialRecord, TrialState};

/// Checks every linked pruner: no panic on infinite reports and reports that are not numbers; the same question gets
/// the same answer; a trial without reports and a study's first trial go on; the best trial of all goes on; turning
/// direction and values over changes nothing.
///
/// ```
/// assert_eq!(tunesmith_tuner::conform::check_pruners(50), Vec::<String>::new());
/// ```
#[must_use]
pub fn check_pruners(histories: u64) -> Vec<String> {
    let mut wrong = Vec::new();
    for entry in all::<PrunerEntry>() {
        let name = entry.meta().name;
        match entry.build(&Table::new(), name) {
            Err(error) => wrong.push(format!("{name}: its defaults are refused: {error}")),
            Ok(pruner) => {
                for seed in 0..histories {
                    wrong.extend(
                        check(&*pruner, Seed::new(seed))
                            .into_iter()
                            .map(|what| format!("{name}, history {seed}: {what}")),
                    );
                }
            }
        }
    }
    wrong
}

fn check(pruner: &dyn Scheduler, seed: Seed) -> Vec<&'static str> {
    let mut wrong = Vec::new();
    let mut generator = seed.generator();
    let space = Space::new();
    let n = [0, 1, 7, 60][generator.below(4)];
    let history = random_history(&space, Direction::Minimize, n, &mut generator);
    let turned = turn(&history);

    let mut trial = TrialRecord::new(n);
    if pruner.judge(&trial, &history) != Flow::Continue {
        wrong.push("a trial without reports is stopped");
    }
    for step in 0..6 {
        let value = if generator.chance(0.1) { f64::NAN } else { generator.normal() };
        trial.report(step, value);
        let answer = pruner.judge(&trial, &history);
        if answer != pruner.judge(&trial, &history) {
            wrong.push("the same question gets two answers");
        }
        let mut other = trial.clone();
        other.reports.iter_mut().for_each(|report| report.1 = -report.1);
        if answer != pruner.judge(&other, &turned) {
            wrong.push("turning direction and values over changes the answer");
        }
        if answer == Flow::Stop
            && history.trials().is_empty()
            && trial.reports.iter().all(|report| !report.1.is_nan())
        {
            wrong.push("the first trial of a study is stopped");
        }
    }
    let mut best = TrialRecord::new(n);
    for step in 0..6 {
        best.report(step, f64::NEG_INFINITY);
        if pruner.judge(&best, &history) == Flow::Stop {
            wrong.push("the best trial of all is stopped");
        }
    }
    wrong
}

fn turn(history: &History) -> History {
    let mut turned = History::new(history.space().clone(), Direction::Maximize);
    for trial in history.trials() {
        let mut trial = trial.clone();
        debug_assert!(trial.state != TrialState::Complete || trial.value.is_some());
        trial.value = trial.value.map(|value| -value);
        trial.reports.iter_mut().for_each(|report| report.1 = -report.1);
        turned.put(trial);
    }
    turned
}
