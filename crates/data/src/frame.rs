//! `Frame`: typed, named columns of equal length; what a source yields and what preparing works on.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::levels::Levels;
use crate::{Error, Why, Written};

/// The cells of a column.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Values {
    /// Real numbers; NaN is a missing one.
    Numbers(Vec<f64>),
    /// Whole numbers 0 to 255 in one byte each: pixels.
    Bytes(Vec<u8>),
    /// 0 or 1, made from something else; scalers leave these alone.
    Indicator(Vec<u8>),
    /// Names out of a list; `None` is a missing one.
    Categories {
        /// The names, sorted, each once.
        levels: Vec<String>,
        /// Positions in `levels`.
        codes: Vec<Option<u32>>,
    },
}

/// What a column holds, without its cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Numbers.
    Number,
    /// Names out of a list.
    Category,
}

impl Values {
    /// How many cells there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Numbers(cells) => cells.len(),
            Self::Bytes(cells) | Self::Indicator(cells) => cells.len(),
            Self::Categories { codes, .. } => codes.len(),
        }
    }

    /// Whether there is no cell.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether these are numbers or names.
    #[must_use]
    pub fn kind(&self) -> Kind {
        if matches!(self, Self::Categories { .. }) { Kind::Category } else { Kind::Number }
    }

    /// The cells as numbers; nothing for categories.
    #[must_use]
    pub fn numbers(&self) -> Option<Cow<'_, [f64]>> {
        match self {
            Self::Numbers(cells) => Some(Cow::Borrowed(cells)),
            Self::Bytes(cells) | Self::Indicator(cells) => {
                Some(cells.iter().copied().map(f64::from).collect())
            }
            Self::Categories { .. } => None,
        }
    }

    /// How many cells are missing.
    #[must_use]
    pub fn missing(&self) -> usize {
        match self {
            Self::Numbers(cells) => cells.iter().filter(|x| x.is_nan()).count(),
            Self::Bytes(_) | Self::Indicator(_) => 0,
            Self::Categories { codes, .. } => codes.iter().filter(|code| code.is_none()).count(),
        }
    }

    pub(crate) fn is_missing(&self, row: usize) -> bool {
        match self {
            Self::Numbers(cells) => cells[row].is_nan(),
            Self::Bytes(_) | Self::Indicator(_) => false,
            Self::Categories { codes, .. } => codes[row].is_none(),
        }
    }

    fn pick(&self, rows: &[usize]) -> Self {
        match self {
            Self::Numbers(cells) => Self::Numbers(rows.iter().map(|&row| cells[row]).collect()),
            Self::Bytes(cells) => Self::Bytes(rows.iter().map(|&row| cells[row]).collect()),
            Self::Indicator(cells) => Self::Indicator(rows.iter().map(|&row| cells[row]).collect()),
            Self::Categories { levels, codes } => Self::Categories {
                levels: levels.clone(),
                codes: rows.iter().map(|&row| codes[row]).collect(),
            },
        }
    }
}

/// The name and the kind of a column: what a fitted pipeline asks of a new file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The name.
    pub name: String,
    /// Numbers or names.
    pub kind: Kind,
    /// How its numbers are written in a file.
    pub written: Written,
}

/// A named column.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// The name.
    pub name: String,
    /// The cells.
    pub values: Values,
    /// How its numbers were written in a file.
    pub written: Written,
}

impl Column {
    /// A column with these cells.
    #[must_use]
    pub fn new(name: impl Into<String>, values: Values) -> Self {
        Self { name: name.into(), values, written: Written::PLAIN }
    }

    /// The same column, whose numbers were written like this.
    #[must_use]
    pub const fn written(mut self, written: Written) -> Self {
        self.written = written;
        self
    }

    /// A column of real numbers; NaN is a missing one.
    #[must_use]
    pub fn numbers(name: impl Into<String>, cells: Vec<f64>) -> Self {
        Self::new(name, Values::Numbers(cells))
    }

    /// A column of names; levels are what occurs, in order (by value when all of them are numbers, else by letter).
    ///
    /// ```
    /// use tunesmith_data::{Column, Values};
    /// let sizes = Column::categories("size", [Some("10"), None, Some("9"), Some("10")]);
    /// let Values::Categories { levels, codes } = sizes.values else { panic!() };
    /// assert_eq!(levels, ["9", "10"]);
    /// assert_eq!(codes, [Some(1), None, Some(0), Some(1)]);
    /// ```
    #[must_use]
    pub fn categories<'a>(name: impl Into<String>, cells: impl IntoIterator<Item = Option<&'a str>>) -> Self {
        let mut collected = Levels::default();
        cells.into_iter().for_each(|cell| collected.push(cell));
        Self::new(name, collected.finish())
    }
}

/// Named columns of equal length.
///
/// ```
/// use tunesmith_data::{Column, Frame};
/// let frame = Frame::new(vec![
///     Column::numbers("age", vec![31.0, 54.0, 29.0]),
///     Column::categories("city", [Some("Oslo"), Some("Bergen"), None]),
/// ]);
/// assert_eq!((frame.rows(), frame.width()), (3, 2));
/// assert_eq!(frame.take(&[2, 0]).column("age").unwrap().values.numbers().unwrap()[..], [29.0, 31.0]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    columns: Vec<Column>,
    rows: usize,
}

impl Frame {
    /// A frame of these columns.
    ///
    /// # Panics
    /// When there is no column, lengths differ, or two columns have one name.
    #[track_caller]
    #[must_use]
    pub fn new(columns: Vec<Column>) -> Self {
        assert!(!columns.is_empty(), "Frame::new: a frame needs at least one column");
        let rows = columns[0].values.len();
        let mut names = BTreeSet::new();
        for column in &columns {
            check_length(column, rows);
            assert!(names.insert(&column.name), "Frame::new: two columns are called `{}`", column.name);
        }
        Self { columns, rows }
    }

    /// How many rows there are.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// How many columns there are.
    #[must_use]
    pub fn width(&self) -> usize {
        self.columns.len()
    }

    /// The columns in order.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The names of the columns in order.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.columns.iter().map(|column| column.name.clone()).collect()
    }

    /// The names and kinds of the columns in order.
    #[must_use]
    pub fn fields(&self) -> Vec<Field> {
        let field = |column: &Column| Field {
            name: column.name.clone(),
            kind: column.values.kind(),
            written: column.written,
        };
        self.columns.iter().map(field).collect()
    }

    /// The column of that name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// These rows, in this order, as a frame of their own.
    ///
    /// # Panics
    /// When a row does not exist.
    #[track_caller]
    #[must_use]
    pub fn take(&self, rows: &[usize]) -> Self {
        self.select(&(0..self.columns.len()).collect::<Vec<_>>(), rows)
    }

    /// Some rows of some columns, given by position.
    pub(crate) fn select(&self, columns: &[usize], rows: &[usize]) -> Self {
        let pick = |&place: &usize| {
            let column = &self.columns[place];
            Column::new(column.name.clone(), column.values.pick(rows)).written(column.written)
        };
        Self { columns: columns.iter().map(pick).collect(), rows: rows.len() }
    }

    /// Replaces every column by what `change` makes of it: one column, several or none.
    ///
    /// # Errors
    /// The first that `change` returns, or [`Why::DuplicateColumn`]; the frame has then lost its columns.
    ///
    /// # Panics
    /// When a new column is longer or shorter than the others.
    #[track_caller]
    pub fn map(&mut self, mut change: impl FnMut(Column) -> Result<Vec<Column>, Error>) -> Result<(), Error> {
        let mut columns = Vec::with_capacity(self.columns.len());
        for column in std::mem::take(&mut self.columns) {
            columns.extend(change(column)?);
        }
        let mut names = BTreeSet::new();
        for column in &columns {
            check_length(column, self.rows);
            if !names.insert(&column.name) {
                return Err(Why::DuplicateColumn { name: column.name.clone() }.into());
            }
        }
        self.columns = columns;
        Ok(())
    }
}

#[track_caller]
fn check_length(column: &Column, rows: usize) {
    let found = column.values.len();
    assert!(found == rows, "column `{}` has {found} cells, the frame has {rows} rows", column.name);
}
