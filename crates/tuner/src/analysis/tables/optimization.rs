//! The optimization history: the value of each trial and the best so far.

use super::sample::keep;
use crate::analysis::{View, table};

table! {
    /// One trial of an optimization history.
    pub struct OptimizationRow {
        /// The trial's number.
        pub trial: u64,
        /// The name of its state.
        pub state: &'static str,
        /// What it reached, in the objective's unit; of a pruned trial, its last report.
        pub value: Option<f64>,
        /// Whether it keeps its constraints, or has none.
        pub feasible: bool,
        /// The best value of the complete trials up to this one; one that keeps its constraints is better than any that
        /// breaks them.
        pub best: Option<f64>,
    }

    /// The value of each trial and the best so far.
    pub struct OptimizationHistory {
        /// Trials that ended, by number; every improvement is among them.
        pub rows: Vec<OptimizationRow>,
        /// How many trials were left out.
        pub omitted: usize,
    }
}

/// The optimization history in at most that many rows, and the improvements.
///
/// ```
/// use tunesmith_core::Space;
/// use tunesmith_tuner::analysis::tables::optimization_history;
/// use tunesmith_tuner::{Direction, History, TrialRecord, TrialState};
/// let mut history = History::new(Space::new(), Direction::Minimize);
/// for (number, value) in [3.0, 5.0, 2.0].into_iter().enumerate() {
///     let mut trial = TrialRecord::new(number as u64);
///     (trial.state, trial.value) = (TrialState::Complete, Some(value));
///     history.put(trial);
/// }
/// let best: Vec<_> = optimization_history(&history, 100).rows.iter().map(|row| row.best).collect();
/// assert_eq!(best, [Some(3.0), Some(3.0), Some(2.0)]);
/// ```
#[must_use]
pub fn optimization_history<'a>(view: impl Into<View<'a>>, most: usize) -> OptimizationHistory {
    let view = view.into();
    let trials = view.trials();
    let ended: Vec<usize> = (0..trials.len()).filter(|&place| trials[place].state.is_finished()).collect();
    let n = ended.len();
    let improvements = view.incumbents();
    let mut places = keep(view, ended, most);
    places.extend(&improvements);
    places.sort_unstable();
    places.dedup();
    let mut best = None;
    let row = |place: usize| {
        let trial = &trials[place];
        let value = view.value(trial);
        if improvements.binary_search(&place).is_ok() {
            best = value;
        }
        let feasible = view.history.violation(trial.number) == 0.0;
        OptimizationRow { trial: trial.number, state: trial.state.name(), value, feasible, best }
    };
    let rows: Vec<OptimizationRow> = places.into_iter().map(row).collect();
    OptimizationHistory { omitted: n - rows.len(), rows }
}
