//! What a study shows once it has run: importance of settings, tables for plots, and the statistics under them.
//!
//! All are pure functions of a [`History`](crate::History) and, where chance is needed, of a generator or seed. Tables
//! are plain structs that serialise; values stand in them as the objective gave them, losses never.

mod special;
mod table;

pub mod statistics;

mod importance;

pub use importance::{DimensionImportance, Importance, ImportanceEntry, PedAnova};

pub(crate) use table::table;

use crate::{History, TrialState};

/// The loss of each trial, NaN where it is not complete.
fn complete_losses(history: &History) -> Vec<f64> {
    let loss = |trial: &crate::TrialRecord| match trial.state {
        TrialState::Complete => history.loss(trial).unwrap_or(f64::NAN),
        _ => f64::NAN,
    };
    history.trials().iter().map(loss).collect()
}
