//! `one_hot`: a column of 0 and 1 for every category.

use tunesmith_core::{Describe, Param, Table, register};

use super::columns::{Learnt, chosen, is_categorical, learnt, places};
use super::{Prepare, PrepareEntry};
use crate::levels::seen;
use crate::{Column, Error, Frame, Values, Why};

/// A column of 0 and 1 for every category that the training rows have, called `column=category`, in sorted order.
///
/// A missing value and a category that training did not see are zeros in all of them.
///
/// ```
/// use tunesmith_data::{Column, Frame, OneHot, Prepare};
/// let train = Frame::new(vec![Column::categories("city", [Some("Oslo"), Some("Bergen")])]);
/// let state = OneHot::default().fit(&train, &mut Vec::new()).unwrap();
/// let mut new = Frame::new(vec![Column::categories("city", [Some("Oslo"), Some("Hamar")])]);
/// OneHot::default().apply(&state, &mut new).unwrap();
/// assert_eq!(new.names(), ["city=Bergen", "city=Oslo"]);
/// assert_eq!(new.column("city=Oslo").unwrap().values.numbers().unwrap()[..], [1.0, 0.0]);
/// assert_eq!(new.column("city=Bergen").unwrap().values.numbers().unwrap()[..], [0.0, 0.0]);
/// ```
#[derive(Clone, Debug)]
pub struct OneHot {
    /// The columns it works on; all columns of categories when empty.
    pub columns: Vec<String>,
    /// Whether the first category goes without a column, being what is left when the others are 0.
    pub drop_first: bool,
    /// A column with more categories is an error.
    pub max_levels: usize,
}

impl Default for OneHot {
    fn default() -> Self {
        Self { columns: Vec::new(), drop_first: false, max_levels: 1_000 }
    }
}

impl Describe for OneHot {
    const NAME: &'static str = "one_hot";
    const ABOUT: &'static str = "a column of 0 and 1 for every category";
    const PARAMS: &'static [Param<Self>] = &[
        Param::texts("columns", |s: &mut Self| &mut s.columns, "which columns; all of categories when empty"),
        Param::switch(
            "drop_first",
            |s: &mut Self| &mut s.drop_first,
            "whether the first category goes without a column",
        ),
        Param::int("max_levels", 2, 10_000, |s: &mut Self| &mut s.max_levels, "more categories are an error")
            .fixed()
            .valid(1.0, 1e9),
    ];
}

impl Prepare for OneHot {
    fn fit(&self, frame: &Frame, _notes: &mut Vec<String>) -> Result<Table, Error> {
        let mut state = Table::new();
        for column in chosen(frame, &self.columns, is_categorical, "categories")? {
            let mut levels = seen(column);
            if levels.len() > self.max_levels {
                let (levels, limit) = (levels.len(), self.max_levels);
                return Err(Why::TooManyLevels { column: column.name.clone(), levels, limit }.into());
            }
            if self.drop_first && !levels.is_empty() {
                levels.remove(0);
            }
            state.extend([learnt(column, [("levels", levels.into())])]);
        }
        Ok(state)
    }

    fn apply(&self, state: &Table, frame: &mut Frame) -> Result<(), Error> {
        frame.map(|column| {
            let (Some(learnt), Values::Categories { levels, codes }) =
                (Learnt::of(state, &column.name)?, &column.values)
            else {
                return Ok(vec![column]);
            };
            let known = learnt.texts("levels")?;
            let places = places(levels, &known);
            let mut cells = vec![vec![0; codes.len()]; known.len()];
            for (row, code) in codes.iter().enumerate() {
                if let Some(place) = code.and_then(|code| places[code as usize]) {
                    cells[place][row] = 1;
                }
            }
            let name = |level: &str| format!("{}={level}", column.name);
            let columns = known.into_iter().zip(cells);
            Ok(columns.map(|(level, cells)| Column::new(name(level), Values::Indicator(cells))).collect())
        })
    }
}

register!(PrepareEntry, OneHot);
