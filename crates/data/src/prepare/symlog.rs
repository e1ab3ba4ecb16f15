//! `symlog`: a logarithm for numbers of either sign.

use tunesmith_core::{Describe, Param, Table, register};

use super::columns::{chosen, is_numeric, learnt};
use super::{Prepare, PrepareEntry};
use crate::{Error, Frame, Values};

/// `sign(x) ln(1 + |x|)`: prices, counts and other numbers that span magnitudes.
///
/// ```
/// use tunesmith_data::{Column, Frame, Prepare, Symlog};
/// let mut frame = Frame::new(vec![Column::numbers("price", vec![0.0, -7.0, 999.0])]);
/// let state = Symlog::default().fit(&frame, &mut Vec::new()).unwrap();
/// Symlog::default().apply(&state, &mut frame).unwrap();
/// assert_eq!(frame.columns()[0].values.numbers().unwrap()[..], [0.0, -(8.0_f64.ln()), 1000.0_f64.ln()]);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Symlog {
    /// The columns it works on; all columns of numbers when empty.
    pub columns: Vec<String>,
}

impl Describe for Symlog {
    const NAME: &'static str = "symlog";
    const ABOUT: &'static str = "sign(x) ln(1 + |x|)";
    const SOURCE: &'static str =
        "Hafner, Pasukonis, Ba & Lillicrap 2023, Mastering Diverse Domains through World Models, eq. 9";
    const PARAMS: &'static [Param<Self>] =
        &[Param::texts("columns", |s: &mut Self| &mut s.columns, "which columns; all of numbers when empty")];
}

impl Prepare for Symlog {
    fn fit(&self, frame: &Frame, _notes: &mut Vec<String>) -> Result<Table, Error> {
        let columns = chosen(frame, &self.columns, is_numeric, "numbers")?;
        Ok(columns.into_iter().map(|column| learnt(column, [])).collect())
    }

    fn apply(&self, state: &Table, frame: &mut Frame) -> Result<(), Error> {
        each(state, frame, |x| x.abs().ln_1p().copysign(x))
    }

    fn inverts(&self) -> bool {
        true
    }

    fn invert(&self, state: &Table, frame: &mut Frame) -> Result<(), Error> {
        each(state, frame, |x| x.abs().exp_m1().copysign(x))
    }
}

fn each(state: &Table, frame: &mut Frame, change: fn(f64) -> f64) -> Result<(), Error> {
    frame.map(|mut column| {
        if let (true, Some(numbers)) = (state.contains_key(&column.name), column.values.numbers()) {
            column.values = Values::Numbers(numbers.iter().map(|&x| change(x)).collect());
        }
        Ok(vec![column])
    })
}

register!(PrepareEntry, Symlog);
