//! `Scaler`: a step that shifts and scales every column by two numbers it measures.

use tunesmith_core::{Describe, Table};

use super::Prepare;
use super::columns::{Learnt, chosen, is_numeric, learnt};
use crate::error::listed;
use crate::{Error, Frame, Values, Why};

/// A shift and a scale: `y = (x - center) / scale`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Affine {
    /// What becomes zero.
    pub center: f64,
    /// What becomes one unit; zero when the column has no spread, which is then left as it is after centering.
    pub scale: f64,
}

/// A step that shifts and scales; everything but the measuring is common to all of them.
///
/// Missing values are not measured and stay missing. Indicators (made by [`OneHot`](crate::OneHot) and
/// [`Impute`](crate::Impute)) are left alone.
///
/// ```
/// use tunesmith_core::{Describe, Param};
/// use tunesmith_data::plugin::*;
///
/// #[derive(Clone, Debug, Default)]
/// struct Largest { columns: Vec<String> }
/// impl Describe for Largest {
///     const NAME: &'static str = "largest";
///     const ABOUT: &'static str = "divides by the largest value";
///     const PARAMS: &'static [Param<Self>] =
///         &[Param::texts("columns", |s: &mut Self| &mut s.columns, "which columns; all of numbers when empty")];
/// }
/// impl Scaler for Largest {
///     fn columns(&self) -> &[String] { &self.columns }
///     fn measure(&self, cells: &mut [f64]) -> Affine {
///         Affine { center: 0.0, scale: cells.iter().copied().fold(f64::MIN, f64::max) }
///     }
/// }
/// register!(PrepareEntry, Largest);
///
/// let mut frame = Frame::new(vec![Column::numbers("x", vec![1.0, 4.0])]);
/// let state = Largest::default().fit(&frame, &mut Vec::new()).unwrap();
/// Largest::default().apply(&state, &mut frame).unwrap();
/// assert_eq!(frame.columns()[0].values.numbers().unwrap()[..], [0.25, 1.0]);
/// ```
pub trait Scaler: Describe {
    /// The columns it works on; all columns of numbers when empty.
    fn columns(&self) -> &[String];

    /// Measures the cells of one column that are not missing, at least one; they may be put into another order.
    fn measure(&self, cells: &mut [f64]) -> Affine;
}

impl<T: Scaler> Prepare for T {
    fn fit(&self, frame: &Frame, notes: &mut Vec<String>) -> Result<Table, Error> {
        let mut state = Table::new();
        let mut flat = Vec::new();
        let mut cells = Vec::new();
        for column in chosen(frame, self.columns(), is_numeric, "numbers")? {
            let numbers = column.values.numbers().expect("chosen for being numeric");
            cells.clear();
            cells.extend(numbers.iter().filter(|x| !x.is_nan()));
            let mut affine = Affine { center: 0.0, scale: 1.0 };
            if !cells.is_empty() {
                affine = self.measure(&mut cells);
                if !affine.center.is_finite() || !affine.scale.is_finite() {
                    let place = "training rows".to_owned();
                    return Err(Why::NotFinite { column: column.name.clone(), place }.into());
                }
                if affine.scale == 0.0 {
                    affine.scale = 1.0;
                    flat.push(column.name.as_str());
                }
            }
            let pairs = [("center", affine.center.into()), ("scale", affine.scale.into())];
            state.extend([learnt(column, pairs)]);
        }
        if !flat.is_empty() {
            notes.push(format!(
                "{}: no spread over the training rows in {}; centred and not scaled, so a constant becomes 0",
                T::NAME,
                listed(&flat, 5)
            ));
        }
        Ok(state)
    }

    fn apply(&self, state: &Table, frame: &mut Frame) -> Result<(), Error> {
        each(state, frame, |x, affine| (x - affine.center) / affine.scale)
    }

    fn inverts(&self) -> bool {
        true
    }

    fn invert(&self, state: &Table, frame: &mut Frame) -> Result<(), Error> {
        each(state, frame, |x, affine| x * affine.scale + affine.center)
    }
}

fn each(state: &Table, frame: &mut Frame, change: fn(f64, Affine) -> f64) -> Result<(), Error> {
    frame.map(|mut column| {
        let affine = Learnt::of(state, &column.name)?.map(|learnt| {
            Ok::<_, Error>(Affine { center: learnt.number("center")?, scale: learnt.number("scale")? })
        });
        if let (Some(affine), Some(numbers)) = (affine.transpose()?, column.values.numbers()) {
            column.values = Values::Numbers(numbers.iter().map(|&x| change(x, affine)).collect());
        }
        Ok(vec![column])
    })
}
