//! One level of a multi-fidelity search: what a sampler may compare when trials have come differently far.

use std::collections::BTreeMap;

use crate::{History, TrialRecord, TrialState};

/// How trials that came differently far are made comparable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum View {
    /// All at the highest step that enough of them have reached; those below it count as if they ran.
    Rung,
    /// By how far they came and how well they stood there: each trial's loss is its place in that order.
    Order,
}

/// Whether trials stop early in this study, so that their last values are of different steps.
pub(super) fn stops_early(history: &History) -> bool {
    let counts = history.counts();
    counts.paused + counts.pruned > 0
}

/// A history in which losses can be compared; trials keep their numbers and settings.
pub(super) fn comparable(history: &History, view: View, least: usize) -> History {
    match view {
        View::Rung => at_rung(history, least),
        View::Order => in_order(history),
    }
}

/// The highest step that at least so many trials have reached, else the lowest there is.
fn rung(history: &History, least: usize) -> Option<u64> {
    let mut reached: BTreeMap<u64, usize> = BTreeMap::new();
    for trial in history.trials() {
        if let Some((step, _)) = trial.last_report().filter(|_| said_something(trial)) {
            *reached.entry(step).or_default() += 1;
        }
    }
    let mut total = 0;
    for (step, count) in reached.iter().rev() {
        total += count;
        if total >= least {
            return Some(*step);
        }
    }
    reached.keys().next().copied()
}

fn said_something(trial: &TrialRecord) -> bool {
    trial.state != TrialState::Failed
}

fn at_rung(history: &History, least: usize) -> History {
    let rung = rung(history, least);
    rewritten(history, |trial| {
        let value = rung.and_then(|rung| trial.report_at(rung));
        match (trial.state, value) {
            (TrialState::Diverged | TrialState::Failed | TrialState::Waiting, _) => {}
            (_, Some(value)) if !value.is_nan() => {
                (trial.state, trial.value) = (TrialState::Complete, Some(value));
            }
            (TrialState::Complete, _) => {}
            // It has not come so far: nobody should try the same again, and nothing is known of it.
            _ => (trial.state, trial.value) = (TrialState::Running, None),
        }
    })
}

fn in_order(history: &History) -> History {
    let mut order: Vec<(u64, f64, u64)> = history
        .trials()
        .iter()
        .filter(|trial| matches!(trial.state, TrialState::Complete | TrialState::Paused | TrialState::Pruned))
        .filter_map(|trial| {
            let loss = history.loss(trial)?;
            let (step, _) = trial.last_report()?;
            Some((u64::MAX - step, loss, trial.number))
        })
        .collect();
    order.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.cmp(&b.2)));
    let place: BTreeMap<u64, usize> =
        order.iter().enumerate().map(|(place, (.., number))| (*number, place)).collect();
    let direction = history.direction();
    rewritten(history, |trial| {
        if let Some(place) = place.get(&trial.number) {
            trial.state = TrialState::Complete;
            trial.value = Some(direction.loss(*place as f64)); // its own inverse
        }
    })
}

/// The same history with trials changed, in a search for the first objective alone.
fn rewritten(history: &History, change: impl Fn(&mut TrialRecord)) -> History {
    let mut other = History::new(history.space().clone(), history.direction()).with_seed(history.seed());
    for trial in history.trials() {
        let mut trial = trial.clone();
        trial.further.clear();
        change(&mut trial);
        other.put(trial);
    }
    other
}
