//! Numerical tools that several samplers share: the normal distribution, the logarithm of expected improvement,
//! bounded quasi-Newton search.

mod improvement;
mod lbfgs;
mod normal;

pub(crate) use improvement::log_improvement;
pub(crate) use lbfgs::{Bounds, Lbfgs};
pub(crate) use normal::{LN_SQRT_2PI, draw_between, log_below, log_mass, quantile, upper_tail};
