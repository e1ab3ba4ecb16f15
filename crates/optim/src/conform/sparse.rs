//! What every optimizer promises of large tables: rows that are known to be zero change nothing, sparse ones stay.

use tunesmith_core::Seed;
use tunesmith_tensor::Par;

use super::optimizer::{Subject, same};
use super::probe::{Saved, bits, load, normal, pace, save};
use crate::{Element, Gradient, Guard, Layout, Optimizer, Pace, TouchedRows};

const ROWS: usize = 23;
const WIDTH: usize = 5;
/// The rows that no step touches.
const UNMET: std::ops::Range<usize> = 7..11;

fn table() -> Layout {
    Layout::packed([("vector", vec![3]), ("table", vec![ROWS, WIDTH]), ("matrix", vec![4, 3])])
}

/// Takes steps whose gradients touch some rows of the table, which are said or not.
fn walk<T: Element>(
    optimizer: &mut dyn Optimizer,
    values: &mut [T],
    steps: std::ops::Range<u64>,
    said: bool,
    guard: Guard,
) -> Result<(), String> {
    for step in steps {
        let mut shards = [0, 1].map(|shard| normal::<T>(Seed::new(8).at(step).at(shard), values.len()));
        let touches = |row: &usize| !UNMET.contains(row) && row % 3 == step as usize % 3;
        for row in (0..ROWS).filter(|row| !touches(row)) {
            shards.iter_mut().for_each(|shard| shard[3 + row * WIDTH..][..WIDTH].fill(T::ZERO));
        }
        let rows = (0..ROWS).filter(touches).map(|row| row as u32).collect();
        let touched = [TouchedRows { segment: 1, rows }];
        let shards = [&shards[0][..], &shards[1]];
        let gradient = Gradient { shards: &shards, touched: if said { &touched } else { &[] } };
        let stepped = optimizer.step_sparse(values, gradient, Pace { guard, ..pace(step) }, Par::Seq);
        stepped.map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// What a walk leaves: values and state.
fn walked<T: Element>(
    subject: &Subject<'_>,
    said: bool,
    guard: Guard,
) -> Result<(Vec<u64>, Vec<Saved>), String> {
    let mut optimizer = subject.make::<T>(&table())?;
    let mut values = normal::<T>(Seed::new(1), table().len());
    walk(&mut *optimizer, &mut values, 1..5, said, guard)?;
    Ok((bits(&values), save(&mut *optimizer)))
}

/// A step that is told which rows its gradient touches is the step that is not told, whenever it looks for what is not
/// finite.
pub(super) fn known_rows<T: Element>(subject: &Subject<'_>) -> Result<(), String> {
    if subject.make::<T>(&Layout::default())?.needs_closure() {
        return Ok(());
    }
    let untold = walked::<T>(subject, false, Guard::Before)?;
    for (said, guard) in [(true, Guard::Before), (true, Guard::Along), (false, Guard::Along)] {
        same("the values or the states", walked::<T>(subject, said, guard)? == untold)?;
    }
    Ok(())
}

/// Sparse rows that are not touched stay; and stop, save, load, continue equals never stopping.
pub(super) fn sparse_rows<T: Element>(subject: &Subject<'_>) -> Result<(), String> {
    if subject.make::<T>(&Layout::default())?.refuses_sparse().is_some() {
        return Ok(());
    }
    let layout = table().sparse(|segment| segment.name == "table");
    let mut through = subject.make::<T>(&layout)?;
    let mut values = normal::<T>(Seed::new(1), layout.len());
    let start = values.clone();
    walk(&mut *through, &mut values, 1..5, true, Guard::Before)?;
    let (saved, mut resumed_values) = (save(&mut *through), values.clone());
    walk(&mut *through, &mut values, 5..9, true, Guard::Before)?;
    let unmet = 3 + UNMET.start * WIDTH..3 + UNMET.end * WIDTH;
    same("rows that were never met", bits(&values[unmet.clone()]) == bits(&start[unmet.clone()]))?;
    let row = |slab: &[T], row: usize| bits(&slab[3 + row * WIDTH..][..WIDTH]);
    if (0..ROWS).any(|at| !UNMET.contains(&at) && row(&values, at) == row(&start, at)) {
        return Err("a row that was met did not move".into());
    }
    let mut resumed = subject.make::<T>(&layout)?;
    load(&mut *resumed, &saved)?;
    walk(&mut *resumed, &mut resumed_values, 5..9, true, Guard::Before)?;
    same("the values", bits(&values) == bits(&resumed_values))?;
    same("the states", save(&mut *through) == save(&mut *resumed))
}
