//! Which trials are drawn when there are too many.

use tunesmith_tuner::{Direction, TrialRecord};

use crate::input::better_first;

/// At most so many trials, in the order given: all if there are no more, else half of the places for the best (complete
/// ones before those stopped early) and the rest evenly through the study.
///
/// ```
/// use tunesmith_report::chart::thin;
/// use tunesmith_tuner::{Direction, TrialRecord};
/// let trials: Vec<TrialRecord> = (0..9_000).map(TrialRecord::new).collect();
/// assert!(thin(&trials, Direction::Minimize, 2_000).len() <= 2_000);
/// assert_eq!(thin(&trials[..50], Direction::Minimize, 2_000).len(), 50);
/// ```
#[must_use]
pub fn thin(trials: &[TrialRecord], direction: Direction, most: usize) -> Vec<&TrialRecord> {
    if trials.len() <= most {
        return trials.iter().collect();
    }
    let mut order: Vec<usize> = (0..trials.len()).collect();
    order.sort_by(|a, b| better_first(&trials[*a], &trials[*b], direction));
    let mut kept = vec![false; trials.len()];
    order.iter().take(most / 2).for_each(|&i| kept[i] = true);
    let rest = most - most / 2;
    (0..rest).for_each(|i| kept[i * trials.len() / rest] = true);
    trials.iter().zip(kept).filter(|(_, kept)| *kept).map(|(trial, _)| trial).collect()
}
