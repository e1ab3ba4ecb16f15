//! scikit-learn's scalers, reproduced from a fixture file.

use tunesmith_core::parity::{Case, drop_switched_off, relative_error};
use tunesmith_core::{Entry as _, Plug, Value, find};

use crate::{Column, Frame, PrepareEntry};

pub use tunesmith_core::parity::Parity;

/// Runs one case of the fixture file `preprocessing`: a step fitted on rows and applied to them, in 64 bits.
#[must_use]
pub fn run_case(file_stem: &str, case: &Value) -> Parity {
    if file_stem != "preprocessing" {
        return Parity::Unsupported(format!("no fixture file of data is called `{file_stem}`"));
    }
    Case::new(case).and_then(preprocessing).into()
}

fn preprocessing(case: Case<'_>) -> Result<f64, String> {
    let name = case.text("step")?;
    let mut plug = Plug::new(if name == "standard" { "standardize" } else { name });
    plug.config = case.arguments("arguments")?;
    if let Some(range) = plug.config.remove("feature_range") {
        for (i, name) in ["low", "high"].into_iter().enumerate() {
            let end = range.at(&i.to_string()).ok_or("`feature_range` has two ends")?;
            plug = plug.with(name, end.clone());
        }
    }
    let entry = find::<PrepareEntry>(&plug.name, "prepare").map_err(|error| error.to_string())?;
    drop_switched_off(&mut plug.config, &(entry.meta().specs)());
    let step = entry.build(&plug.config, "prepare").map_err(|error| error.to_string())?;

    let (x, expected) = (case.numbers("x")?, case.numbers("transformed")?);
    let (rows, width) = match x.shape[..] {
        [rows] => (rows, 1),
        [rows, width] => (rows, width),
        _ => return Err(format!("`x` of the shape {:?} is no table", x.shape)),
    };
    if rows * width == 0 {
        return Err("`x` is empty".into());
    }
    let cells = |place: usize| x.values.iter().skip(place).step_by(width).copied().collect();
    let columns = (0..width).map(|place| Column::numbers(format!("x{place}"), cells(place)));
    let mut frame = Frame::new(columns.collect());
    let state = step.fit(&frame, &mut Vec::new()).map_err(|error| error.to_string())?;
    step.apply(&state, &mut frame).map_err(|error| error.to_string())?;
    let columns: Vec<_> = frame.columns().iter().filter_map(|column| column.values.numbers()).collect();
    let found: Vec<f64> = (0..rows).flat_map(|row| columns.iter().map(move |column| column[row])).collect();
    Ok(relative_error(&found, &expected.values))
}
