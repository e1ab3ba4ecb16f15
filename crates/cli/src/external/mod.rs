//! Any program as an objective: `tunesmith run` gives it settings, watches it, reads its metric.

mod params;
mod template;

mod lines;
mod metric;
mod numbers;

mod child;
mod objective;

pub(crate) use metric::Metric;
pub(crate) use objective::Objective;
pub(crate) use params::space;
pub(crate) use template::{Context, Template};
