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
