//! What a study shows once it has run: importance of settings, tables for plots, and the statistics under them.
//!
//! All are pure functions of a [`History`](crate::History), or of a [`View`] of one of its objectives, and, where chance
//! is needed, of a generator or seed. Tables are plain structs that serialise; values stand in them as the objective gave
//! them, losses never.

mod parts;
mod special;
mod table;
mod view;

pub mod statistics;

mod ablation;
mod curves;
mod importance;
mod overtuning;
pub mod tables;

pub use ablation::{Ablation, AblationGain, AblationOptions, AblationPath, AblationTrial};
pub use curves::{Extrapolation, extrapolate};
pub use importance::{DimensionImportance, Fanova, Importance, ImportanceEntry, PairImportance, PedAnova};
pub use overtuning::{Incumbent, Overtuning, overtuning};
pub use view::View;

pub(crate) use table::table;

/// The loss of each trial of a history as it can be compared with the others', for importance in a search whose trials
/// stop early: at the highest step that enough of them have reached, where those that stopped before it stand as
/// foretold. NaN for trials of which nothing is known. Of several objectives a mixture.
///
/// ```
/// use tunesmith_core::Space;
/// use tunesmith_tuner::analysis::comparable_losses;
/// use tunesmith_tuner::{Direction, History, TrialRecord, TrialState};
/// let mut history = History::new(Space::new(), Direction::Maximize);
/// for (number, curve) in [vec![0.1, 0.3], vec![0.2, 0.4], vec![0.0]].into_iter().enumerate() {
///     let mut trial = TrialRecord::new(number as u64);
///     trial.state = if curve.len() == 2 { TrialState::Complete } else { TrialState::Pruned };
///     trial.value = curve.last().copied();
///     (0..).zip(curve).for_each(|(step, value)| assert!(trial.report(step, value)));
///     history.put(trial);
/// }
/// // Too few have reached the second step: all are compared at the first.
/// assert_eq!(comparable_losses(&history), [-0.1, -0.2, -0.0]);
/// ```
#[must_use]
pub fn comparable_losses(history: &crate::History) -> Vec<f64> {
    crate::samplers::plain::comparable_losses(history)
}
