//! The suites every optimizer and every schedule passes. They walk the registry: a new plug-in is tested with no list
//! edited.
//!
//! ```
//! use my_plugin as _; // a crate that nobody names is not linked
//! # mod my_plugin {}
//! assert_eq!(tunesmith_optim::conform::check_all(), Vec::<String>::new());
//! ```

mod decay;
mod momentum;
mod optimizer;
mod probe;
mod schedule;
mod sparse;

pub use optimizer::check_optimizer;
pub use schedule::check_schedule;

use tunesmith_core::{Meta, Shape, Table, Value, all};

use crate::{OptimizerEntry, ScheduleEntry};

/// Checks every linked optimizer and schedule, core's checks of every plug-in included; returns what is wrong, one
/// line each.
#[must_use]
pub fn check_all() -> Vec<String> {
    let mut wrong = tunesmith_core::conform::check_all();
    wrong.extend(all::<OptimizerEntry>().into_iter().flat_map(check_optimizer));
    wrong.extend(all::<ScheduleEntry>().into_iter().flat_map(check_schedule));
    wrong
}

/// Settings to check a plug-in with: its defaults, each setting moved on its own, and every two moved together.
fn variants(meta: &Meta) -> Vec<Table> {
    let defaults = (meta.defaults)();
    let moved = |spec: &tunesmith_core::ParamSpec| {
        let value = match (spec.shape, spec.range) {
            (Shape::Switch, _) => Value::Bool(defaults.get(spec.name)?.as_bool() != Some(true)),
            (Shape::Float | Shape::OptionalFloat, Some(range)) => {
                Value::Float((range.low + range.high) / 2.0)
            }
            (Shape::Int | Shape::OptionalInt, Some(range)) => Value::Int((range.low + range.high) as i64 / 2),
            (Shape::Name { options }, _) => Value::from(*options.last()?),
            _ => return None,
        };
        Some((spec.name.to_owned(), value))
    };
    let moves: Vec<(String, Value)> = (meta.specs)().iter().filter_map(moved).collect();
    let mut tables = vec![Table::new()];
    for (i, one) in moves.iter().enumerate() {
        tables.push([one.clone()].into());
        tables.extend(moves[..i].iter().map(|other| [one.clone(), other.clone()].into()));
    }
    tables.retain(|table| (meta.check)(table, meta.name).is_ok());
    tables
}
