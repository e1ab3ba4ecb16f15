//! Which trials count as good: the split into "below" and "above".

use crate::{History, TrialRecord, TrialState};

/// At most this many trials are good, however many there are.
const MOST_BELOW: usize = 25;

/// Places in the history, in order of trial number.
#[derive(Debug, PartialEq)]
pub(super) struct Split {
    /// The good ones.
    pub(super) below: Vec<u32>,
    /// The others and the running ones.
    pub(super) above: Vec<u32>,
    /// How many trials have taught something: all finished and paused ones but the failed.
    pub(super) lessons: usize,
}

/// What orders trials, smaller first: the class, two numbers of the class, and the place.
type Rank = (u8, f64, f64, u32);

/// The class of trials that teach nothing yet.
const RUNNING: u8 = 4;

/// The best tenth (at most 25) is below: complete trials by value, then pruned and paused ones by how far they came and
/// how well they stood there, then those that break a constraint, the less the better, then diverged ones by how far
/// they came. Running trials are above: nobody should try what is being tried.
///
/// Of a longer study the newest `window` lessons count, and the best of all time.
pub(super) fn split(history: &History, window: usize) -> Split {
    let trials = history.trials();
    let mut ranked: Vec<Rank> = Vec::new();
    let mut above = Vec::new();
    let mut oldest = trials.len();
    for (place, trial) in trials.iter().enumerate().rev() {
        if ranked.len() == window {
            break;
        }
        oldest = place;
        match rank(trial, history) {
            None => {}
            Some((RUNNING, ..)) => above.push(place as u32),
            Some((class, first, second)) => ranked.push((class, first, second, place as u32)),
        }
    }
    if oldest > 0 {
        for trial in history.best_first().take(MOST_BELOW) {
            let place = trials.binary_search_by_key(&trial.number, |trial| trial.number);
            if let (Ok(place), Some((class, first, second))) = (place, rank(trial, history))
                && place < oldest
            {
                ranked.push((class, first, second, place as u32));
            }
        }
    }
    let counts = history.counts();
    let lessons = counts.complete + counts.pruned + counts.paused + counts.diverged;
    let n_below = lessons.div_ceil(10).min(MOST_BELOW).min(ranked.len());
    let order = |a: &Rank, b: &Rank| {
        a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.total_cmp(&b.2)).then(a.3.cmp(&b.3))
    };
    if n_below < ranked.len() {
        ranked.select_nth_unstable_by(n_below, order);
    }
    let mut below: Vec<u32> = ranked[..n_below].iter().map(|&(.., place)| place).collect();
    above.extend(ranked[n_below..].iter().map(|&(.., place)| place));
    below.sort_unstable();
    above.sort_unstable();
    Split { below, above, lessons }
}

/// The class of a trial and what orders it there; `None` for trials that say nothing.
fn rank(trial: &TrialRecord, history: &History) -> Option<(u8, f64, f64)> {
    // Zero and minus zero are one value, and `total_cmp` must not tell them apart.
    let not_a_number_last = |x: f64| if x.is_nan() { f64::INFINITY } else { x + 0.0 };
    if matches!(trial.state, TrialState::Complete | TrialState::Pruned | TrialState::Paused) {
        let violation = history.violation(trial.number);
        if violation > 0.0 {
            return Some((2, violation, 0.0));
        }
    }
    Some(match trial.state {
        TrialState::Complete => (0, not_a_number_last(history.loss(trial).unwrap_or(f64::INFINITY)), 0.0),
        TrialState::Pruned | TrialState::Paused => match trial.last_report() {
            Some((step, value)) => (1, -(step as f64), not_a_number_last(history.direction().loss(value))),
            None => (1, 1.0, 0.0),
        },
        TrialState::Diverged => (3, -(trial.diverged_at.unwrap_or(0) as f64), 0.0),
        TrialState::Running => (RUNNING, 0.0, 0.0),
        TrialState::Waiting | TrialState::Failed => return None,
    })
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

    fn below(direction: Direction, trials: Vec<TrialRecord>) -> Vec<u32> {
        let mut history = History::new(Space::new(), direction);
        trials.into_iter().for_each(|trial| history.put(trial));
        split(&history, usize::MAX).below
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
        assert_eq!(below(Direction::Minimize, many), (0..25).collect::<Vec<u32>>());
    }

    #[test]
    fn a_window_keeps_the_newest_and_the_best() {
        let mut history = History::new(Space::new(), Direction::Minimize);
        (0..1000).for_each(|n| history.put(trial(n, TrialState::Complete, (n as f64 - 10.0).abs(), &[])));
        let split = split(&history, 100);
        // The best 25 lie around trial 10; the newest 100 are from 900 on.
        assert_eq!(split.below, (0..25).collect::<Vec<u32>>());
        assert_eq!(split.above, (900..1000).collect::<Vec<u32>>());
    }

    #[test]
    fn broken_constraints_come_after_pruned_trials_and_the_least_broken_first() {
        use TrialState::{Complete, Pruned};
        let mut history = History::new(Space::new(), Direction::Minimize);
        for number in 0..11 {
            history.put(trial(number, Complete, 0.0, &[]));
            history.set_constraint(number, "memory", (20.0 - number as f64).to_string());
        }
        assert_eq!(split(&history, usize::MAX).below, [9, 10]);
        history.put(trial(11, Pruned, 0.0, &[(1, 5.0)]));
        assert_eq!(split(&history, usize::MAX).below, [10, 11]);
    }
}
