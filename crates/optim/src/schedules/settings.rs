//! Settings that several schedules have, described once, and what they mean.

use std::sync::Arc;

use tunesmith_core::{Param, Plug};

use crate::{Point, Schedule, ScheduleEntry};

/// A factor of the learning rate that is not tuned by default.
pub(super) const fn share<T>(
    name: &'static str,
    low: f64,
    high: f64,
    field: fn(&mut T) -> &mut f64,
    about: &'static str,
) -> Param<T> {
    Param::float(name, low, high, field, about).rarely().valid(0.0, f64::INFINITY)
}

/// A length in epochs, or the whole training.
pub(super) const fn length<T>(field: fn(&mut T) -> &mut Option<f64>) -> Param<T> {
    Param::optional_float("epochs", 1.0, 100.0, field, "length in epochs, off is the whole training")
        .log()
        .fixed()
        .valid(1e-9, f64::INFINITY)
}

/// Which share of a length lies behind a point, at most 1.
pub(super) fn done(epochs: Option<f64>, point: Point) -> f64 {
    epochs.map_or(point.progress(), |epochs| point.epoch / epochs).min(1.0)
}

/// Makes a schedule within a schedule.
///
/// # Panics
/// When the plug is not sound; one that was read from a recipe is, because reading checks it.
pub(super) fn made(plug: &Plug, by: &str) -> Arc<dyn Schedule> {
    match ScheduleEntry::make(plug, by) {
        Ok(schedule) => schedule.into(),
        Err(error) => panic!("{error}"),
    }
}
