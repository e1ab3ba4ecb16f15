//! What concerns several crates of the house: workloads, the hand-written loop beside them, fixtures of other libraries.
//!
//! The tests are the files beside `src/`; `cargo xtask` runs the programs in `src/bin/`.

pub mod parity;

mod measure;

mod hand_loop;
mod workloads;

pub use hand_loop::HandLoop;
pub use measure::{alternating, on_threads, time};
pub use workloads::{GroupStep, Network, TrainingStep, WORKLOADS, Workload};
