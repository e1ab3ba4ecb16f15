//! Which trials count as good: the split into "below" and "above".

use crate::{History, TrialRecord, TrialState};

/// At most this many trials are good, however many there are.
const MOST_BELOW: usize = 25;

/// Places in the history, in order of trial number.
#[derive(Debug, PartialEq)]
pub(super) struct Split {
    /// The good ones.
    pub(super) below: Vec<usize>,
    /// The others and the running ones.
    pub(super) above: Vec<usize>,
}

/// How many trials have taught something: all finished ones but the failed.
pub(super) fn n_lessons(history: &History) -> usize {
    history.trials().iter().filter(|trial| class(trial).is_some_and(|class| class < RUNNING)).count()
}

const RUNNING: u8 = 3;

/// The order in which classes fill "below"; `None` for trials that say nothing.
fn class(trial: &TrialRecord) -> Option<u8> {
    match trial.state {
        TrialState::Complete => Some(0),
        TrialState::Pruned | TrialState::Paused => Some(1),
        TrialState::Diverged => Some(2),
        TrialState::Running => Some(RUNNING),
        TrialState::Waiting | TrialState::Failed => None,
    }
}

/// The best tenth (at most 25) is below: complete trials by value, then pruned ones by how far they came and how well
/// they stood there, then diverged ones by how far they came. Running trials are above: nobody should try what is being
/// tried.
pub(super) fn split(history: &History) -> Split {
    let mut ranked: Vec<(u8, f64, f64, usize)> = Vec::new();
    let mut above = Vec::new();
    for (place, trial) in history.trials().iter().enumerate() {
        match class(trial) {
            None => {}
            Some(RUNNING) => above.push(place),
            Some(class) => {
                let (first, second) = rank(trial, history);
                ranked.push((class, first, second, place));
            }
        }
    }
    let n_below = ranked.len().div_ceil(10).min(MOST_BELOW);
    let order = |a: &(u8, f64, f64, usize), b: &(u8, f64, f64, usize)| {
        a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.total_cmp(&b.2)).then(a.3.cmp(&b.3))
    };
    if n_below < ranked.len() {
        ranked.select_nth_unstable_by(n_below, order);
    }
    let mut below: Vec<usize> = ranked[..n_below].iter().map(|&(.., place)| place).collect();
    above.extend(ranked[n_below..].iter().map(|&(.., place)| place));
    below.sort_unstable();
    above.sort_unstable();
    Split { below, above }
}

/// What orders trials of one class, smaller first.
fn rank(trial: &TrialRecord, history: &History) -> (f64, f64) {
    let not_a_number_last = |x: f64| if x.is_nan() { f64::INFINITY } else { x };
    match (trial.state, trial.last_report()) {
        (TrialState::Complete, _) => {
            // Zero and minus zero are one value, and `total_cmp` must not tell them apart.
            (not_a_number_last(history.loss(trial).unwrap_or(f64::INFINITY)) + 0.0, 0.0)
        }
        (TrialState::Pruned, Some((step, value))) => {
            (-(step as f64), not_a_number_last(history.direction().loss(value)) + 0.0)
        }
        (TrialState::Pruned, None) => (1.0, 0.0),
        _ => (-(trial.diverged_at.unwrap_or(0) as f64), 0.0),
    }
}

#[cfg(test)]
mod tests {
    use super::split;
    use crate::{Direction, History, TrialRecord, TrialState};
    use tunesmith_core::Space;

    fn trial(number: u64, state: TrialState, value: f64, reports: &[(u64, f64)]) -> TrialRecord {
        let mut trial = TrialRecord::new(number);
        trial.state = state;
        trial.value = Some(value);
        trial.reports = reports.to_vec();
        trial
    }

    fn below(direction: Direction, trials: Vec<TrialRecord>) -> Vec<usize> {
        let mut history = History::new(Space::new(), direction);
        trials.into_iter().for_each(|trial| history.put(trial));
        split(&history).below
    }

    #[test]
    fn complete_comes_before_pruned_before_diverged() {
        use TrialState::{Complete, Diverged, Failed, Pruned, Running};
        let mut trials: Vec<_> = (0..9).map(|n| trial(n, Diverged, 0.0, &[])).collect();
        trials.push(trial(9, Pruned, 0.0, &[(3, f64::NAN)]));
        trials.push(trial(10, Pruned, 0.0, &[(2, 0.1)]));
        trials.push(trial(11, Running, 0.0, &[]));
        trials.push(trial(12, Failed, 0.0, &[]));
        assert_eq!(
            below(Direction::Minimize, trials.clone()),
            [9, 10],
            "a later step counts more than a value"
        );
        trials.push(trial(13, Complete, f64::INFINITY, &[]));
        assert_eq!(below(Direction::Minimize, trials.clone()), [9, 13]);
        trials.push(trial(14, Complete, 1e9, &[]));
        assert_eq!(below(Direction::Minimize, trials), [13, 14]);
    }

    #[test]
    fn the_better_tenth_is_below_and_equals_go_by_number() {
        let trials: Vec<_> = (0..40).map(|n| trial(n, TrialState::Complete, (n % 10) as f64, &[])).collect();
        assert_eq!(below(Direction::Minimize, trials.clone()), [0, 10, 20, 30]);
        assert_eq!(below(Direction::Maximize, trials), [9, 19, 29, 39]);
        let many: Vec<_> = (0..900).map(|n| trial(n, TrialState::Complete, n as f64, &[])).collect();
        assert_eq!(below(Direction::Minimize, many), (0..25).collect::<Vec<_>>());
    }
}
