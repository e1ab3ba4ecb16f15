//! The training loop: metrics, callbacks, checkpoints, one batch on several cores.
//!
//! [`Trainer`] runs epochs of steps and measures after each; a [`Callback`] watches and steers; a
//! [`Reporter`](tunesmith_core::Reporter) hears a value and may end the training, which is all that tuning needs. A
//! training ends with an [`Outcome`]: divergence is one, not an error.
//!
//! See [`Trainer`] for an example. This crate knows nothing of tuning and terminals.

mod settings;

mod pacing;
mod timetable;

mod fitting;
pub mod metric;
mod mixing;

mod evaluate;
mod statistics;

mod rows;
mod step;

mod files;
mod history;

pub mod callback;

mod around;
mod fit;
mod group;
mod measured;
mod outcome;

pub mod checkpoint;

#[doc(hidden)]
pub mod parity;
pub mod plugin;

pub use callback::{Callback, CallbackEntry, EpochEnd};
pub use evaluate::{Evaluator, Measured, Predicted, Unit};
pub use files::write_whole;
pub use fit::Trainer;
pub use fitting::outputs_for;
pub use group::{GroupStepper, GroupTrainer, Member, Turn};
pub use history::{History, Values};
pub use metric::{Confusion, Metric, MetricEntry, Named, Predictions, Truth};
pub use mixing::{Mixed, Mixing};
pub use outcome::{Fitted, Outcome};
pub use settings::Training;
pub use step::Stepper;
