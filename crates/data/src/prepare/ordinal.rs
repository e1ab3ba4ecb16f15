//! `ordinal`: categories as numbers 0, 1, 2, ... in their order.

use tunesmith_core::{Describe, Param, Table, register};

use super::columns::{Learnt, chosen, is_categorical, learnt, places};
use super::{Prepare, PrepareEntry};
use crate::levels::seen;
use crate::{Error, Frame, Values};

/// Categories as numbers 0, 1, 2, ... in the order given, or in sorted order.
///
/// A category that is not in that order, or that training did not see, becomes -1; a missing value stays missing.
///
/// ```
/// use tunesmith_data::{Column, Frame, Ordinal, Prepare};
/// let mut frame = Frame::new(vec![Column::categories("size", [Some("small"), Some("large"), Some("tiny")])]);
/// let levels = ["tiny", "small", "large"].map(str::to_owned).to_vec();
/// let step = Ordinal { columns: vec!["size".into()], levels };
/// let state = step.fit(&frame, &mut Vec::new()).unwrap();
/// step.apply(&state, &mut frame).unwrap();
/// assert_eq!(frame.columns()[0].values.numbers().unwrap()[..], [1.0, 2.0, 0.0]);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Ordinal {
    /// The columns it works on; all columns of categories when empty.
    pub columns: Vec<String>,
    /// The categories in order, lowest first; sorted when empty.
    pub levels: Vec<String>,
}

impl Describe for Ordinal {
    const NAME: &'static str = "ordinal";
    const ABOUT: &'static str = "categories as numbers in their order";
    const PARAMS: &'static [Param<Self>] = &[
        Param::texts("columns", |s: &mut Self| &mut s.columns, "which columns; all of categories when empty"),
        Param::texts(
            "levels",
            |s: &mut Self| &mut s.levels,
            "the categories, lowest first; sorted when empty",
        ),
    ];
}

impl Prepare for Ordinal {
    fn fit(&self, frame: &Frame, _notes: &mut Vec<String>) -> Result<Table, Error> {
        let columns = chosen(frame, &self.columns, is_categorical, "categories")?;
        let levels = |column| if self.levels.is_empty() { seen(column) } else { self.levels.clone() };
        Ok(columns.into_iter().map(|column| learnt(column, [("levels", levels(column).into())])).collect())
    }

    fn apply(&self, state: &Table, frame: &mut Frame) -> Result<(), Error> {
        frame.map(|mut column| {
            if let (Some(learnt), Values::Categories { levels, codes }) =
                (Learnt::of(state, &column.name)?, &column.values)
            {
                let places = places(levels, &learnt.texts("levels")?);
                let number = |code: u32| places[code as usize].map_or(-1.0, |place| place as f64);
                column.values =
                    Values::Numbers(codes.iter().map(|code| code.map_or(f64::NAN, number)).collect());
            }
            Ok(vec![column])
        })
    }
}

register!(PrepareEntry, Ordinal);
