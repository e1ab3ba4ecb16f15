//! Intermediate values: the curves that trials reported.

use super::sample::{evenly, keep};
use crate::History;
use crate::analysis::table;

table! {
    /// What one trial reported.
    pub struct IntermediateCurve {
        /// The trial's number.
        pub trial: u64,
        /// The name of its state.
        pub state: &'static str,
        /// The steps of the reports.
        pub steps: Vec<u64>,
        /// What was reported, in the unit of the reports; it may be infinite or NaN.
        pub values: Vec<f64>,
    }

    /// The curves that trials reported.
    pub struct IntermediateValues {
        /// The curves by number, those of running trials too.
        pub curves: Vec<IntermediateCurve>,
        /// How many trials with reports were left out.
        pub omitted: usize,
    }
}

/// The curves of at most `most` trials with at most `points` reports each, the first and the last among them.
///
/// ```
/// use tunesmith_core::{Seed, Space};
/// use tunesmith_tuner::analysis::tables::intermediate_values;
/// use tunesmith_tuner::{Direction, conform::random_history};
/// let space = Space::new();
/// let history = random_history(&space, Direction::Minimize, 60, &mut Seed::new(0).generator());
/// let table = intermediate_values(&history, 10, 100);
/// assert_eq!(table.curves.len(), 10);
/// assert_eq!(table.curves[0].steps[0], 0);
/// ```
#[must_use]
pub fn intermediate_values(history: &History, most: usize, points: usize) -> IntermediateValues {
    let trials = history.trials();
    let places: Vec<usize> = (0..trials.len()).filter(|&place| !trials[place].reports.is_empty()).collect();
    let n = places.len();
    let curve = |place: usize| {
        let trial = &trials[place];
        let kept = evenly(trial.reports.len(), points).map(|i| trial.reports[i]);
        let (steps, values) = kept.unzip();
        IntermediateCurve { trial: trial.number, state: trial.state.name(), steps, values }
    };
    let curves: Vec<IntermediateCurve> = keep(history.into(), places, most).into_iter().map(curve).collect();
    IntermediateValues { omitted: n - curves.len(), curves }
}
