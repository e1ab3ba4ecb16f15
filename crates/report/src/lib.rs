//! Findings and pictures from a study or a run, as one HTML file that a person wants to look at.
//!
//! Plain data in ([`StudyInput`], [`RunInput`]), one `String` out ([`study_page`], [`run_page`]): no files, no clock, no
//! randomness, and the same input gives the same bytes. This crate knows nothing of how to train.
//!
//! - [`findings`]: what a study or a run shows and what to do next, as data, as text and on the page.
//! - [`chart`]: pure functions from data to inline SVG.
//! - [`labels`]: dotted keys as a person says them.
//!
//! The page opens from disk without a network (a content security policy holds it to that), prints on paper, follows the
//! reader's choice of light or dark, fits a phone, and works without its script. Every picture has a title, a
//! description and its numbers in a table behind it. The charts are our own: plotly's script alone is 4.5 MB, in every
//! report and in the binary; a page of 50 trials of 30 epochs with 15 settings and the winner retrained is about 210 kB,
//! and a run's page about 50 kB.

mod html;
mod number;

mod input;
pub mod labels;

pub mod chart;
pub mod findings;
mod influence;

mod page;

pub use input::{
    Confusion, EpochRow, ModelSummary, Prediction, RaceInput, RaceRow, Reproduce, RunInput, StudyInput,
};
pub use page::{run_page, study_page};
