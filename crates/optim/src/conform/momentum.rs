//! The promise about schedules of the momentum.

use tunesmith_core::{Entry as _, Seed, Value};
use tunesmith_tensor::Par;

use super::optimizer::{Subject, same, shapes};
use super::probe::{bits, normal, pace, take};
use crate::{Element, Optimizer, Pace};

/// What the schedule makes of the momentum.
const FACTOR: f64 = 0.75;

/// A step under a factor of the momentum is the step of a rule with so much less momentum: a transform that forgets
/// [`Step::momentum`](crate::Step::momentum) is found out.
pub(super) fn check<T: Element>(subject: &Subject<'_>) -> Result<(), String> {
    let layout = shapes();
    let mut scheduled = subject.make::<T>(&layout)?;
    let specs = (subject.entry.meta().specs)();
    let name = ["momentum", "beta1"].into_iter().find(|name| specs.iter().any(|spec| spec.name == *name));
    let (Some(momentum), Some(name)) = (scheduled.momentum().filter(|&momentum| momentum > 0.0), name) else {
        return Ok(());
    };
    let mut table = subject.table.clone();
    table.insert(name.to_owned(), Value::Float(FACTOR * momentum));
    let mut plain = Subject { entry: subject.entry, table }.make::<T>(&layout)?;
    let mut values = normal::<T>(Seed::new(1), layout.len());
    let mut plain_values = values.clone();
    for step in 1..6 {
        let gradient = normal::<T>(Seed::new(7).at(step), values.len());
        let run = |optimizer: &mut dyn Optimizer, values: &mut [T], momentum| {
            let pace = Pace { momentum, ..pace(step) };
            take(optimizer, values, &[&gradient], pace, Par::Seq).map_err(|error| error.to_string())
        };
        run(&mut *scheduled, &mut values, FACTOR)?;
        run(&mut *plain, &mut plain_values, 1.0)?;
    }
    let what = format!("values under a factor of {FACTOR} and with that much less `{name}`");
    same(&what, bits(&values) == bits(&plain_values))
}
