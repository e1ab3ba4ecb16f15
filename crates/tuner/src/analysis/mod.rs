//! What a study shows once it has run: importance of settings, tables for plots, and the statistics under them.
//!
//! All are pure functions of a [`History`] and, where chance is needed, of a generator or seed. Tables
//! are plain structs that serialise; values stand in them as the objective gave them, losses never.

mod parts;
mod special;
mod table;

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

pub(crate) use table::table;

use crate::{History, TrialRecord, TrialState};

/// The loss of each trial, NaN where it is not complete.
fn complete_losses(history: &History) -> Vec<f64> {
    let loss = |trial: &TrialRecord| match trial.state {
        TrialState::Complete => history.loss(trial).unwrap_or(f64::NAN),
        _ => f64::NAN,
    };
    history.trials().iter().map(loss).collect()
}

/// The complete trials that were better than all before them, by number.
pub(crate) fn incumbents(history: &History) -> Vec<&TrialRecord> {
    let mut best = f64::INFINITY;
    let mut improves = |loss: f64| {
        let improves = loss.is_finite() && loss < best;
        best = if improves { loss } else { best };
        improves
    };
    let losses = complete_losses(history);
    history.trials().iter().zip(losses).filter(|(_, loss)| improves(*loss)).map(|(trial, _)| trial).collect()
}
