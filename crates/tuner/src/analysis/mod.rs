//! What a study shows once it has run: importance of settings, tables for plots, and the statistics under them.
//!
//! All are pure functions of a [`History`](crate::History) and, where chance is needed, of a generator or seed. Tables
//! are plain structs that serialise; values stand in them as the objective gave them, losses never.

mod special;
mod table;

pub mod statistics;

pub(crate) use table::table;
