//! What every pruner promises.

use tunesmith_core::{Entry, Flow, Generator, Seed, Table, all};

use super::{random_history, random_space};
use crate::{Direction, History, Next, PrunerEntry, Scheduler, TrialRecord, TrialState};

/// Checks every linked pruner and scheduler on single questions: no panic on infinite reports and reports that are not
/// numbers; the same question gets the same answer; a trial without reports and a study's first trial go on; the best
/// trial of all goes on; turning direction and values over changes nothing; nothing is decided before the step it names
/// itself; only paused trials are let go on, and copies have settings of the space. Whole studies are another suite's
/// (see [`check_schedulers`](super::check_schedulers)).
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
    let space = random_space(&mut generator);
    let n = [0, 1, 7, 60][generator.below(4)];
    let mut history = random_history(&space, Direction::Minimize, n, &mut generator);
    pause_some(&mut history, &mut generator);
    let turned = turn(&history);

    let mut trial = TrialRecord::new(n);
    if pruner.judge(&trial, &history) != Flow::Continue {
        wrong.push("a trial without reports is stopped");
    }
    let mut last = None;
    for step in 0..6 {
        let value = if generator.chance(0.1) { f64::NAN } else { generator.normal() };
        trial.report(step, value);
        let answer = pruner.judge(&trial, &history);
        if answer != pruner.judge(&trial, &history) {
            wrong.push("the same question gets two answers");
        }
        let until = pruner.until(last).unwrap_or(0);
        if answer != Flow::Continue && step < until && !value.is_nan() {
            wrong.push("a trial is stopped or paused before the step until which it was to run undisturbed");
        }
        last = Some(step);
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
    wrong.extend(check_next(pruner, &history, seed));
    let mut best = TrialRecord::new(n);
    for step in 0..6 {
        best.report(step, f64::NEG_INFINITY);
        if pruner.judge(&best, &history) == Flow::Stop {
            wrong.push("the best trial of all is stopped");
        }
    }
    wrong
}

/// What goes on, whoever asks.
fn check_next(pruner: &dyn Scheduler, history: &History, seed: Seed) -> Vec<&'static str> {
    let mut wrong = Vec::new();
    let ask = || pruner.next(history, &mut seed.generator());
    let finish = || pruner.finish(history, &mut seed.generator());
    if ask() != ask() || finish() != finish() {
        wrong.push("the same question of what goes on gets two answers");
    }
    let paused = |number: u64| history.trial(number).is_some_and(|trial| trial.state == TrialState::Paused);
    let next_is_paused = match ask() {
        Some(Next::Resume(number) | Next::Fork { parent: number, .. }) => paused(number),
        None => true,
    };
    if !next_is_paused || !finish().is_none_or(paused) {
        wrong.push("a trial is let go on that is not paused");
    }
    if let Some(Next::Fork { params, .. }) = ask()
        && history.space().check(&params).is_err()
    {
        wrong.push("a copy has settings that are not in the space");
    }
    wrong
}

/// Lets half of the running trials be paused where they are.
fn pause_some(history: &mut History, generator: &mut Generator) {
    let running = history.trials().iter().filter(|trial| trial.state == TrialState::Running);
    for mut trial in running.cloned().collect::<Vec<_>>() {
        if let (Some((_, value)), true) = (trial.last_report(), generator.chance(0.5)) {
            trial.state = TrialState::Paused;
            trial.value = Some(value).filter(|value| !value.is_nan());
            history.put(trial);
        }
    }
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
