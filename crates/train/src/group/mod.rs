//! Several trials of one shape trained as one wider graph: [`GroupStepper`] takes steps, [`GroupTrainer`] runs epochs.

mod step;
mod train;

pub use step::{GroupStepper, Member, Turn};
pub use train::GroupTrainer;
