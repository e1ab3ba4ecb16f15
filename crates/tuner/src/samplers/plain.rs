//! A history as a model of one function can learn from it: one loss a trial, comparable between trials.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use tunesmith_core::{Generator, Seed};

use crate::attributes::is_constraint;
use crate::{Direction, History, TrialRecord, TrialState};

/// How much the sum of all objectives counts beside the worst of them (Knowles 2006, ParEGO).
const SUM: f64 = 0.05;
/// A step is compared at when so many trials, or one in four dimensions more, have reached it.
const ENOUGH: usize = 5;

/// The history itself where it is plain already; else one in which
///
/// - trials that came differently far are compared at the highest step that enough of them have reached; what those would
///   have there that stopped before it is foretold from those that passed it, by a line from what both had where they
///   stopped;
/// - several objectives are one, weighted at random anew for each suggestion (ParEGO): the suggestions spread over the
///   front.
pub(super) fn plain<'a>(history: &'a History, generator: &mut Generator) -> Cow<'a, History> {
    let counts = history.counts();
    let stops_early = counts.paused + counts.pruned > 0;
    let several = history.directions().len() > 1;
    if !stops_early && !several {
        return Cow::Borrowed(history);
    }
    let scalars = several.then(|| scalars(history, generator));
    let level = if stops_early && !several { step_to_compare_at(history) } else { None };
    let level = level.map(|step| Level { step, lines: lines(history, step) });
    let direction = if several { Direction::Minimize } else { history.direction() };
    let mut plain = History::new(history.space().clone(), direction).with_seed(history.seed());
    for trial in history.trials() {
        let mut trial = trial.clone();
        trial.further.clear();
        if let Some(scalars) = &scalars {
            trial.value = scalars.get(&trial.number).copied();
            if trial.value.is_none() && trial.state.is_stopped_early() {
                trial.state = TrialState::Running;
            }
        } else if stops_early {
            compare_at(level.as_ref(), &mut trial);
        }
        trial.system.retain(|key, _| is_constraint(key)); // reports have had their say
        plain.put(trial);
    }
    Cow::Owned(plain)
}

/// The loss of each trial as it can be compared with the others, by place in the history; NaN for those of which nothing is
/// known, or that broke constraints.
pub(crate) fn comparable_losses(history: &History) -> Vec<f64> {
    let plain = plain(history, &mut Seed::new(0).generator());
    let counts =
        |trial: &TrialRecord| trial.state == TrialState::Complete && history.violation(trial.number) <= 0.0;
    let of = |trial: &TrialRecord| plain.loss(trial).filter(|_| counts(trial));
    plain.trials().iter().map(|trial| of(trial).unwrap_or(f64::NAN)).collect()
}

/// The highest step that enough trials have reached, else the lowest there is.
fn step_to_compare_at(history: &History) -> Option<u64> {
    let enough = ENOUGH + history.space().len() / 4;
    let mut reached: BTreeMap<u64, usize> = BTreeMap::new();
    let last =
        |trial: &TrialRecord| Some(trial.last_report()?.0).filter(|_| trial.state != TrialState::Failed);
    for step in history.trials().iter().filter_map(last) {
        *reached.entry(step).or_default() += 1;
    }
    let mut total = 0;
    for (step, count) in reached.iter().rev() {
        total += count;
        if total >= enough {
            return Some(*step);
        }
    }
    reached.keys().next().copied()
}

/// A step to compare trials at.
struct Level {
    step: u64,
    /// From the value at an earlier step to that at this one: offset and slope.
    lines: BTreeMap<u64, (f64, f64)>,
}

/// For every earlier step at which a trial stopped, the line from the values there to those at `step`.
fn lines(history: &History, step: u64) -> BTreeMap<u64, (f64, f64)> {
    let last = |trial: &TrialRecord| trial.last_report().map(|(last, _)| last).filter(|last| *last < step);
    let stopped: BTreeSet<u64> = history.trials().iter().filter_map(last).collect();
    let line = |from: u64| {
        let pair = |trial: &TrialRecord| Some((trial.report_at(from)?, trial.report_at(step)?));
        let pairs: Vec<(f64, f64)> = history
            .trials()
            .iter()
            .filter_map(pair)
            .filter(|(x, y)| x.is_finite() && y.is_finite())
            .collect();
        (from, line_through(&pairs))
    };
    stopped.into_iter().map(line).collect()
}

/// Offset and slope of the least squares line; where there are few points, or worse would become better, only the offset.
fn line_through(pairs: &[(f64, f64)]) -> (f64, f64) {
    let n = pairs.len() as f64;
    if pairs.is_empty() {
        return (0.0, 1.0);
    }
    let (x, y) = pairs.iter().fold((0.0, 0.0), |(x, y), pair| (x + pair.0 / n, y + pair.1 / n));
    let spread: f64 = pairs.iter().map(|pair| (pair.0 - x).powi(2)).sum();
    let together: f64 = pairs.iter().map(|pair| (pair.0 - x) * (pair.1 - y)).sum();
    let slope = if pairs.len() >= 3 && spread > 0.0 { together / spread } else { 1.0 };
    let slope = if slope > 0.0 { slope } else { 1.0 };
    (y - slope * x, slope)
}

fn compare_at(level: Option<&Level>, trial: &mut TrialRecord) {
    let value = level.and_then(|level| {
        let reached = trial.report_at(level.step);
        reached.or_else(|| {
            let (last, value) = trial.last_report()?;
            level.lines.get(&last).map(|(offset, slope)| offset + slope * value)
        })
    });
    match (trial.state, value.filter(|value| !value.is_nan())) {
        (TrialState::Diverged | TrialState::Failed | TrialState::Waiting, _) => {}
        (_, Some(value)) => (trial.state, trial.value) = (TrialState::Complete, Some(value)),
        (TrialState::Complete, None) => {}
        (_, None) => (trial.state, trial.value) = (TrialState::Running, None),
    }
}

/// One number for all objectives of each complete trial: the worst of them by random weights, each on the scale of what
/// was seen of it.
fn scalars(history: &History, generator: &mut Generator) -> BTreeMap<u64, f64> {
    let known: Vec<(u64, Vec<f64>)> = history
        .trials()
        .iter()
        .filter(|trial| trial.state == TrialState::Complete)
        .filter_map(|trial| Some((trial.number, history.losses(trial)?)))
        .filter(|(_, losses)| losses.iter().all(|loss| loss.is_finite()))
        .collect();
    let objectives = history.directions().len();
    // Uniform on the simplex: exponential gaps (Devroye 1986).
    let gaps: Vec<f64> = (0..objectives).map(|_| -(1.0 - generator.uniform()).ln()).collect();
    let sum: f64 = gaps.iter().sum();
    let range = |k: usize| {
        let losses = known.iter().map(|(_, losses)| losses[k]);
        let (low, high) = losses
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), loss| (low.min(loss), high.max(loss)));
        (low, if high > low { high - low } else { 1.0 })
    };
    let ranges: Vec<(f64, f64)> = (0..objectives).map(range).collect();
    let scalar = |losses: &[f64]| {
        let weighted = || (0..objectives).map(|k| gaps[k] / sum * (losses[k] - ranges[k].0) / ranges[k].1);
        weighted().fold(0.0, f64::max) + SUM * weighted().sum::<f64>()
    };
    known.iter().map(|(number, losses)| (*number, scalar(losses))).collect()
}

#[cfg(test)]
mod tests {
    use super::plain;
    use crate::{Direction, History, TrialRecord, TrialState};
    use tunesmith_core::{Seed, Space};

    fn trial(number: u64, state: TrialState, reports: &[f64]) -> TrialRecord {
        let mut trial = TrialRecord::new(number);
        reports.iter().enumerate().for_each(|(step, value)| assert!(trial.report(step as u64, *value)));
        (trial.state, trial.value) = (state, reports.last().copied());
        trial
    }

    #[test]
    fn trials_are_compared_at_the_highest_step_that_enough_have_reached() {
        let mut history = History::new(Space::new(), Direction::Minimize);
        for number in 0..9 {
            let last = if number < 5 { 3 } else { 1 };
            let curve: Vec<f64> = (0..=last).map(|step| number as f64 - step as f64).collect();
            let state = if number == 0 { TrialState::Complete } else { TrialState::Paused };
            history.put(trial(number, state, &curve));
        }
        let plain = plain(&history, &mut Seed::new(0).generator());
        let values: Vec<f64> = plain.trials().iter().map(|trial| trial.value.unwrap()).collect();
        // Everybody wins one a step, so those that stopped at step 1 would be two better at step 3.
        assert_eq!(values, [-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
        assert!(plain.trials().iter().all(|trial| trial.state == TrialState::Complete));
    }

    #[test]
    fn constraints_stay_and_what_breaks_them_is_not_compared() {
        let mut history = History::new(Space::new(), Direction::Maximize);
        history.put(trial(0, TrialState::Paused, &[1.0]));
        let mut broken = trial(1, TrialState::Complete, &[9.0]);
        broken.system.insert("constraints:size".into(), "0.5".into());
        broken.system.insert("tunesmith:report:0".into(), "[9.0, 1.0]".into());
        history.put(broken);
        let plain = plain(&history, &mut Seed::new(0).generator());
        assert_eq!(plain.trials()[1].constraints()["size"], 0.5);
        assert_eq!(plain.trials()[1].system.len(), 1);
        assert_eq!(plain.best().unwrap().number, 0);
        let losses = super::comparable_losses(&history);
        assert!(losses[0] == -1.0 && losses[1].is_nan());
    }

    #[test]
    fn every_trial_of_the_front_is_best_under_some_weights() {
        let mut history = History::of_objectives(Space::new(), &[Direction::Maximize, Direction::Minimize]);
        for (number, (a, b)) in [(1.0, 1.0), (5.0, 4.0), (9.0, 9.0), (4.0, 5.0)].into_iter().enumerate() {
            let mut trial = trial(number as u64, TrialState::Complete, &[a]);
            trial.further = vec![b];
            history.put(trial);
        }
        let best = |seed: u64| plain(&history, &mut Seed::new(seed).generator()).best().unwrap().number;
        let seen: std::collections::BTreeSet<u64> = (0..200).map(best).collect();
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), [0, 1, 2]);
    }

    #[test]
    fn a_plain_history_is_left_alone() {
        let mut history = History::new(Space::new(), Direction::Minimize);
        history.put(trial(0, TrialState::Complete, &[1.0]));
        assert!(matches!(plain(&history, &mut Seed::new(0).generator()), std::borrow::Cow::Borrowed(_)));
    }
}
