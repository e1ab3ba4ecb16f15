//! All that the author of a metric or a callback imports.

pub use tunesmith_core::{Describe, Error, Flow, Param, Plug, register};

pub use crate::callback::{Callback, CallbackEntry, EpochEnd};
pub use crate::metric::{Confusion, Metric, MetricEntry, Predictions, Truth};
