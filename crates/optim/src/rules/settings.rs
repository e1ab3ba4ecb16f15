//! Settings that several rules have, described once.

use tunesmith_core::Param;

/// The largest beta: a mean that forgets nothing cannot be corrected for having started at zero.
const BELOW_ONE: f64 = 1.0 - 1e-9;

pub(super) const fn lr<T>(low: f64, high: f64, field: fn(&mut T) -> &mut f64) -> Param<T> {
    Param::float("lr", low, high, field, "step size before the schedule").log().valid(0.0, f64::INFINITY)
}

/// The share of the past that a mean or a sum keeps in a step.
pub(super) const fn memory<T>(
    name: &'static str,
    low: f64,
    high: f64,
    field: fn(&mut T) -> &mut f64,
    about: &'static str,
) -> Param<T> {
    Param::float(name, low, high, field, about).reverse_log().rarely().valid(0.0, BELOW_ONE)
}

pub(super) const fn eps<T>(field: fn(&mut T) -> &mut f64) -> Param<T> {
    Param::float("eps", 1e-10, 1e-4, field, "added to the root that divides").log().fixed().valid(1e-30, 1.0)
}

pub(super) const fn weight_decay<T>(
    low: f64,
    high: f64,
    field: fn(&mut T) -> &mut f64,
    about: &'static str,
) -> Param<T> {
    Param::float("weight_decay", low, high, field, about).log().rarely().valid(0.0, f64::INFINITY)
}
