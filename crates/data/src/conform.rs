//! The suite every source and every step passes: `assert_eq!(check_all(), Vec::<String>::new())` in a test of a crate
//! that defines one.

use std::path::Path;

use tunesmith_core::{Entry as _, Plug, all};

use crate::prepare::{Prepare, build};
use crate::{Column, Error, Frame, Pipeline, PrepareEntry, RawDataset, RawTarget, SourceEntry, Values};

/// Checks every linked source and step; returns what is wrong, one line each.
///
/// ```
/// assert_eq!(tunesmith_data::conform::check_all(), Vec::<String>::new());
/// ```
#[must_use]
pub fn check_all() -> Vec<String> {
    let sources =
        all::<SourceEntry>().into_iter().flat_map(|entry| check_source(&Plug::new(entry.meta().name)));
    let steps =
        all::<PrepareEntry>().into_iter().flat_map(|entry| check_prepare(&Plug::new(entry.meta().name)));
    sources.chain(steps).collect()
}

/// Checks one source: it opens twice with the same result, or says in one line why it does not.
#[must_use]
pub fn check_source(plug: &Plug) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut say = |what: String| wrong.push(format!("source `{}`: {what}", plug.name));
    let source = match crate::open_source(plug, "source") {
        Ok(source) => source,
        Err(error) => return vec![format!("source `{}` cannot be made: {error}", plug.name)],
    };
    match (source.open(Path::new("")), source.open(Path::new(""))) {
        (Ok(first), Ok(second)) => {
            if first.fingerprint() != second.fingerprint() {
                say("opened twice, it yields different data".into());
            }
            if first.held_out.as_ref().is_some_and(|rows| rows.end > first.rows()) {
                say("it holds out rows that do not exist".into());
            }
            if let Some(shape) = &first.shape
                && shape.iter().product::<usize>() != first.features.width()
            {
                say(format!("its shape {shape:?} does not hold {} features", first.features.width()));
            }
        }
        (Err(error), Err(_)) => {
            if error.to_string().is_empty() || error.to_string().contains('\n') {
                say(format!("its error is not one line: {error:?}"));
            }
        }
        _ => say("opened twice, it fails once".into()),
    }
    wrong
}

/// Checks one step with its settings on small awkward frames: missing values, a constant, an extreme, names that
/// training did not see.
#[must_use]
pub fn check_prepare(plug: &Plug) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut say = |what: String| wrong.push(format!("prepare `{}`: {what}", plug.name));
    match build(plug, "prepare") {
        Err(error) => say(format!("it cannot be made: {error}")),
        Ok(step) => {
            if let Err(error) = alone(step.as_ref(), &mut say) {
                say(format!("an ordinary frame is refused: {error}"));
            }
        }
    }
    if let Err(error) = in_pipeline(plug, &mut say) {
        say(format!("a pipeline with it fails: {error}"));
    }
    wrong
}

fn numbers() -> Frame {
    Frame::new(vec![
        Column::numbers("plain", vec![1.0, -2.5, 4.0, 0.0, 3.25, 3.25]),
        Column::numbers("constant", vec![0.1; 6]),
        Column::numbers("extreme", vec![1e6, 1.0, 2.0, 3.0, -1e6, 0.0]),
        Column::new("bytes", Values::Bytes(vec![0, 255, 3, 4, 5, 6])),
    ])
}

fn mixed(city: [Option<&str>; 6]) -> Frame {
    let mut columns = numbers().columns().to_vec();
    columns.push(Column::numbers("gaps", vec![f64::NAN, 1.0, 2.0, f64::NAN, 2.0, 7.0]));
    columns.push(Column::categories("city", city));
    columns.push(Column::new("flag", Values::Indicator(vec![0, 1, 0, 0, 1, 1])));
    Frame::new(columns)
}

/// The step by itself: the same twice, and undone if it says so.
fn alone(step: &dyn Prepare, say: &mut dyn FnMut(String)) -> Result<(), Error> {
    let train = numbers();
    let state = step.fit(&train, &mut Vec::new())?;
    let (mut once, mut again) = (train.clone(), train.clone());
    step.apply(&state, &mut once)?;
    step.apply(&state, &mut again)?;
    if once != again {
        say("applied twice to the same rows, it gives different ones".into());
    }
    if once.rows() != train.rows() {
        say("it changes the number of rows".into());
    }
    if step.inverts() {
        step.invert(&state, &mut once)?;
        for (before, after) in train.columns().iter().zip(once.columns()) {
            let pair = (before.values.numbers(), after.values.numbers());
            let (Some(before_cells), Some(after_cells)) = pair else { continue };
            let close = |(x, y): (&f64, &f64)| (x - y).abs() <= 1e-9 * (1.0 + x.abs());
            if !before_cells.iter().zip(after_cells.iter()).all(close) {
                say(format!("undone, `{}` is not what it was", before.name));
            }
        }
    }
    if step.inverts() != step.invert(&state, &mut once).is_ok() {
        say("`inverts` and `invert` contradict each other".into());
    }
    Ok(())
}

/// The step in a pipeline: numbers stay finite, rows stand alone, saved and loaded it is the same.
fn in_pipeline(plug: &Plug, say: &mut dyn FnMut(String)) -> Result<(), Error> {
    let (oslo, bergen) = (Some("Oslo"), Some("Bergen"));
    let features = mixed([oslo, bergen, oslo, None, bergen, oslo]);
    let target = RawTarget::Numbers(Frame::new(vec![Column::numbers("y", (0..6).map(f64::from).collect())]));
    let raw = RawDataset::new("conform", features, target)?;
    let rows: Vec<usize> = (0..6).collect();
    let pipeline = Pipeline::fit(&raw, &rows, std::slice::from_ref(plug), &[], &mut Vec::new())?;
    let x = pipeline.apply(&raw.features)?; // refuses what is not finite
    let loaded = Pipeline::from_table(&pipeline.to_table())?;
    if loaded.to_table() != pipeline.to_table() || loaded.apply(&raw.features)? != x {
        say("saved and loaded, it is another".into());
    }
    let width = pipeline.feature_names().len();
    for row in rows {
        if pipeline.apply_rows(&raw.features, &[row])? != x[row * width..(row + 1) * width] {
            say(format!("row {row} alone is prepared in another way than among others"));
        }
    }
    let new = mixed([None, Some("Hamar"), oslo, Some("Hamar"), bergen, bergen]);
    if pipeline.apply(&new)?.len() != 6 * width {
        say("a category that training did not see changes the columns".into());
    }
    Ok(())
}
