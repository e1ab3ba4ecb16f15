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

pub(super) const fn beta1<T>(field: fn(&mut T) -> &mut f64) -> Param<T> {
    memory("beta1", 0.5, 0.99, field, "share of the past in the mean")
}

pub(super) const fn beta2<T>(field: fn(&mut T) -> &mut f64) -> Param<T> {
    memory("beta2", 0.9, 0.9999, field, "share of the past in the mean square")
}

pub(super) const fn eps<T>(field: fn(&mut T) -> &mut f64) -> Param<T> {
    Param::float("eps", 1e-10, 1e-4, field, "added to the root that divides").log().fixed().valid(1e-30, 1.0)
}

pub(super) const fn amsgrad<T>(field: fn(&mut T) -> &mut bool) -> Param<T> {
    Param::switch("amsgrad", field, "the mean square never shrinks")
}

pub(super) const fn l2<T>(field: fn(&mut T) -> &mut f64) -> Param<T> {
    weight_decay(1e-6, 1e-1, field, "L2 penalty")
}

pub(super) const fn decoupled_decay<T>(field: fn(&mut T) -> &mut f64) -> Param<T> {
    weight_decay(1e-4, 1.0, field, "decoupled decay")
}

const fn weight_decay<T>(
    low: f64,
    high: f64,
    field: fn(&mut T) -> &mut f64,
    about: &'static str,
) -> Param<T> {
    Param::float("weight_decay", low, high, field, about).log().rarely().valid(0.0, f64::INFINITY)
}

/// Whose definition of the rule holds where libraries differ.
pub(super) const fn dialect<T>(field: fn(&mut T) -> &mut String) -> Param<T> {
    Param::name("dialect", &["pytorch", "keras"], field, "whose definition holds where the two differ")
}

pub(super) const PYTORCH: &str = "pytorch";
pub(super) const KERAS: &str = "keras";

/// The estimate that rules which adapt their step size start from.
pub(super) const fn first_distance<T>(field: fn(&mut T) -> &mut f64) -> Param<T> {
    Param::float("d0", 1e-8, 1e-3, field, "first estimate of the distance").log().fixed().valid(1e-30, 1e30)
}

pub(super) const fn growth_rate<T>(field: fn(&mut T) -> &mut f64) -> Param<T> {
    Param::float("growth_rate", 1.02, 2.0, field, "greatest growth of the estimate in a step")
        .fixed()
        .valid(1.0, f64::MAX)
}
