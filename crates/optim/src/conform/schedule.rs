//! The suite every schedule passes.

use tunesmith_core::{Entry as _, Value};

use super::variants;
use crate::{Point, ScheduleEntry};

/// Checks one schedule with its defaults and with each setting, and each two, moved; returns what is wrong, one line
/// each.
#[must_use]
pub fn check_schedule(entry: &ScheduleEntry) -> Vec<String> {
    let meta = entry.meta();
    let check = |table: &tunesmith_core::Table| {
        let schedule = entry.build(table, meta.name).map_err(|error| error.to_string())?;
        let mut moves = false;
        for (steps, epochs) in [(0, 0.0), (1, 1.0), (7, 1.0), (100, 10.0), (1000, 3.0)] {
            for step in 0..=steps {
                let point = Point::new(step, steps, epochs);
                let factor = schedule.at(point);
                if !(factor.is_finite() && factor >= 0.0) {
                    return Err(format!("the factor is {factor} at {point:?}"));
                }
                if schedule.at(point).to_bits() != factor.to_bits() {
                    return Err(format!("asked twice at {point:?} it gives two answers"));
                }
                moves |= factor > 0.0;
            }
        }
        if moves { Ok(()) } else { Err("the factor is always 0".to_owned()) }
    };
    let say = |table: &tunesmith_core::Table| {
        let what = check(table).err()?;
        Some(format!("schedule `{}` with {}: {what}", meta.name, Value::from(table.clone())))
    };
    variants(meta).iter().filter_map(say).collect()
}
