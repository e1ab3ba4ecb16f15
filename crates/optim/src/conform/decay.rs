//! The promise about a group's factor of decay.

use tunesmith_core::{Entry as _, Seed, Value};
use tunesmith_tensor::Par;

use super::optimizer::{Subject, same, shapes};
use super::probe::{bits, normal, pace, take};
use crate::{Element, Group, Groups, Optimizer};

/// What the group makes of decay; a power of two, so that no product is rounded.
const FACTOR: f64 = 0.5;

/// A step in a group that halves decay is the step of a rule with half the decay: a transform that forgets
/// [`Step::decay`](crate::Step::decay) is found out.
pub(super) fn check<T: Element>(subject: &Subject<'_>) -> Result<(), String> {
    let mut settings = (subject.entry.meta().defaults)();
    settings.extend(subject.table.clone());
    let strength = settings.get("weight_decay").and_then(Value::as_f64).filter(|&strength| strength > 0.0);
    // ASGD's own decay, `lambd`, also says how its rate falls, which a group does not change.
    let (Some(strength), None) = (strength, settings.get("lambd")) else { return Ok(()) };
    let layout = shapes();
    let halved = Groups::new([Group { decay: FACTOR, ..Group::default() }]).on(&layout);
    let mut grouped = subject.make::<T>(&halved)?;
    let mut table = subject.table.clone();
    table.insert("weight_decay".to_owned(), Value::Float(FACTOR * strength));
    let mut plain = Subject { entry: subject.entry, table }.make::<T>(&layout)?;
    let mut values = normal::<T>(Seed::new(1), layout.len());
    let mut plain_values = values.clone();
    for step in 1..4 {
        let gradient = normal::<T>(Seed::new(7).at(step), values.len());
        let run = |optimizer: &mut dyn Optimizer, values: &mut [T]| {
            take(optimizer, values, &[&gradient], pace(step), Par::Seq).map_err(|error| error.to_string())
        };
        run(&mut *grouped, &mut values)?;
        run(&mut *plain, &mut plain_values)?;
    }
    let what = format!("values in a group with {FACTOR} of the decay and with that much less `weight_decay`");
    same(&what, bits(&values) == bits(&plain_values))
}
