//! Who takes part in the final race of a search.

use super::Candidate;
use crate::{History, TrialRecord, TrialState};

/// No more than this many by rank.
const MOST: usize = 8;

/// The settings worth a race: of n complete trials the min(8, n / 10 rounded up) best, and the one with the best value.
///
/// When any trial keeps its constraints, only such take part.
///
/// `predicted` orders the trials where a model knows better than one noisy value each: the posterior mean of the loss
/// for every trial of the history, NaN where there is none; without it the observed values do.
///
/// ```
/// use tunesmith_core::{Params, Space};
/// use tunesmith_tuner::{Budget, Direction, History, TrialRecord, TrialState, finalists};
/// let mut history = History::new(Space::new(), Direction::Minimize);
/// assert!(finalists(&history, None).is_empty());
/// ```
///
/// # Panics
/// When there are more or fewer predictions than trials.
#[must_use]
#[track_caller]
pub fn finalists(history: &History, predicted: Option<&[f64]>) -> Vec<Candidate> {
    let trials = history.trials();
    if let Some(predicted) = predicted {
        let (found, n) = (predicted.len(), trials.len());
        assert!(found == n, "finalists: one prediction per trial is needed, found {found} for {n} trials");
    }
    let loss = |trial: &TrialRecord| history.loss(trial).filter(|loss| loss.is_finite());
    let complete = |trial: &TrialRecord| trial.state == TrialState::Complete && loss(trial).is_some();
    let rank =
        |place: usize| predicted.map_or_else(|| loss(&trials[place]).unwrap_or(f64::NAN), |p| p[place]);
    let mut places: Vec<usize> = (0..trials.len()).filter(|&place| complete(&trials[place])).collect();
    let most = MOST.min(places.len().div_ceil(10));
    let broken = |place: usize| history.violation(trials[place].number);
    let least = places.iter().map(|&place| broken(place)).fold(f64::INFINITY, f64::min);
    places.retain(|&place| broken(place) <= least);
    places.sort_by(|&a, &b| rank(a).total_cmp(&rank(b)));
    let best = places.iter().copied().min_by(|&a, &b| {
        let observed = |place: usize| loss(&trials[place]).unwrap_or(f64::NAN);
        observed(a).total_cmp(&observed(b)).then(a.cmp(&b))
    });
    let mut chosen: Vec<Candidate> = Vec::new();
    let mut choose = |place: usize, most: usize| {
        let trial = &trials[place];
        if chosen.len() < most && chosen.iter().all(|candidate| candidate.params != trial.params) {
            let search_value = loss(trial).map(|loss| history.direction().loss(loss));
            chosen.push(Candidate { params: trial.params.clone(), search_value });
        }
    };
    places.iter().for_each(|&place| choose(place, most));
    best.into_iter().for_each(|place| choose(place, usize::MAX));
    chosen
}
