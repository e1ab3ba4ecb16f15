//! What can be wrong with a file, a table or a split.

mod display;

use std::io;
use std::path::Path;

/// Data that cannot be used: where and why.
///
/// ```
/// use tunesmith_data::{Error, Why};
/// let error = Error::new("train.csv", Why::RaggedRow { line: 7, found: 3, expected: 4 });
/// assert_eq!(
///     error.to_string(),
///     "train.csv: line 7 has 3 columns, the first line has 4; check its delimiters and quotes"
/// );
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Error {
    /// The file, the built-in table or the recipe's key; empty when no file is involved.
    pub at: String,
    /// What is wrong there.
    pub why: Why,
}

/// What a column was taken for, which decides what would cure a text in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// A feature whose other cells are numbers.
    Feature,
    /// The target of a regression.
    Target,
    /// A feature that was a number when the pipeline was fitted.
    Fitted,
    /// A feature that was a date when the pipeline was fitted.
    FittedDate,
}

/// What is wrong with the data.
#[derive(Debug)]
#[non_exhaustive]
pub enum Why {
    /// No file of that name exists.
    NotFound {
        /// A file beside it whose name is near.
        nearest: Option<String>,
        /// Where a relative path starts; nothing when that is plain.
        start: Option<&'static str>,
    },
    /// The file exists and cannot be read.
    Unreadable {
        /// What the system says.
        source: io::Error,
    },
    /// The name ends in .gz and the content is not compressed.
    NotGzip,
    /// The text is not UTF-8.
    NotUtf8 {
        /// The line of the first byte that is not, from 1.
        line: u64,
        /// The encoding its first bytes announce.
        looks_like: Option<&'static str>,
    },
    /// The file holds nothing.
    Empty,
    /// The file holds a header and no row.
    HeaderOnly,
    /// A row has more or fewer columns than the first line.
    RaggedRow {
        /// Line in the file, from 1.
        line: u64,
        /// Columns of this row.
        found: usize,
        /// Columns of the first line.
        expected: usize,
    },
    /// Two columns have one name.
    DuplicateColumn {
        /// The name.
        name: String,
    },
    /// A setting names a column that is not there.
    UnknownColumn {
        /// The setting: "target", "drop", ...
        setting: &'static str,
        /// The name as written.
        name: String,
        /// The likeliest meant name.
        nearest: Option<String>,
        /// The names there are.
        known: Vec<String>,
    },
    /// A step is told to work on a column it cannot work on.
    WrongKind {
        /// The column.
        column: String,
        /// "numbers" or "categories".
        expected: &'static str,
    },
    /// A column of numbers holds a text.
    NotANumber {
        /// The column.
        column: String,
        /// Line in the file, from 1.
        line: u64,
        /// The text.
        text: String,
        /// What the column was taken for.
        expected: Expected,
    },
    /// A column is of numbers in two ways that differ.
    AmbiguousNumber {
        /// The column.
        column: String,
        /// One of its cells.
        text: String,
        /// What it is with a point and with a comma before fractions.
        readings: (f64, f64),
    },
    /// A column of numbers holds an infinite one, or one too large for 32 bits.
    NotFinite {
        /// The column.
        column: String,
        /// Where: "line 7" in a file, "row 6" in a table, from 1.
        place: String,
    },
    /// A row has no target.
    MissingTarget {
        /// The target's column.
        column: String,
        /// Line of the first such row, from 1.
        line: u64,
        /// How many rows have none.
        rows: usize,
    },
    /// Every row has the same target.
    ConstantTarget {
        /// The target's column.
        column: String,
        /// The one value.
        value: String,
    },
    /// The target has too many different values for classes.
    TooManyClasses {
        /// The target's column.
        column: String,
        /// How many there are.
        classes: usize,
        /// How many are allowed.
        limit: usize,
    },
    /// A column has too many categories for a column each.
    TooManyLevels {
        /// The column.
        column: String,
        /// How many there are.
        levels: usize,
        /// How many are allowed.
        limit: usize,
    },
    /// The column to predict is to be left out.
    DroppedTarget {
        /// The column.
        column: String,
    },
    /// No column is left to learn from.
    NoFeatures,
    /// No column is left to learn from once those of identifiers and free text are left out.
    OnlyTexts {
        /// One of them.
        column: String,
        /// How many different texts it has.
        distinct: usize,
        /// In how many rows.
        rows: usize,
    },
    /// Values are missing where that was refused or nothing fills them.
    MissingValues {
        /// The column.
        column: String,
        /// How many are missing.
        rows: usize,
    },
    /// A new file lacks a column the pipeline was fitted on.
    MissingColumn {
        /// The column.
        name: String,
        /// A column of the file whose name is near.
        nearest: Option<String>,
    },
    /// A class has too few rows to be in every part.
    ClassTooSmall {
        /// The class.
        class: String,
        /// How many rows it has.
        rows: usize,
        /// How many parts or folds want one.
        parts: usize,
    },
    /// A part would have fewer rows than it needs.
    PartTooSmall {
        /// "training", "validation" or "test".
        part: &'static str,
        /// How many rows it would have.
        rows: usize,
        /// How many it needs.
        needed: usize,
        /// How many rows there are in all.
        total: usize,
    },
    /// Test and validation leave nothing to train on.
    Shares {
        /// The test part, as written.
        test: f64,
        /// The validation part, as written.
        validation: f64,
        /// How many rows there are in all.
        total: usize,
    },
    /// A part is neither a share nor a count.
    BadShare {
        /// The setting.
        setting: &'static str,
        /// The number as written.
        value: f64,
    },
    /// The step has no inverse, so it cannot prepare a target.
    NoInverse {
        /// The step.
        step: String,
    },
    /// A file in IDX form whose content contradicts its header.
    BadIdx {
        /// What is wrong.
        because: String,
    },
    /// A saved pipeline lacks something or holds something else there.
    Damaged {
        /// The dotted path inside the saved table.
        key: String,
        /// What should be there.
        expected: &'static str,
    },
    /// A setting of the recipe.
    Setting(Box<tunesmith_core::Error>),
}

impl Error {
    /// An error at a place.
    #[must_use]
    pub fn new(at: impl Into<String>, why: Why) -> Self {
        Self { at: at.into(), why }
    }

    /// The same error of a file that no recipe names.
    pub(crate) fn of_new_file(mut self) -> Self {
        if let Why::NotFound { start, .. } = &mut self.why {
            *start = (!Path::new(&self.at).is_absolute()).then_some("the working folder");
        }
        self
    }

    /// The same error with its place, when it has none yet.
    #[must_use]
    pub fn within(mut self, at: &str) -> Self {
        if self.at.is_empty() && !matches!(self.why, Why::Setting(_)) {
            at.clone_into(&mut self.at);
        }
        self
    }
}

impl From<Why> for Error {
    fn from(why: Why) -> Self {
        Self::new("", why)
    }
}

impl From<tunesmith_core::Error> for Error {
    fn from(error: tunesmith_core::Error) -> Self {
        Self::new("", Why::Setting(Box::new(error))) // it carries its own place
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.why {
            Why::Unreadable { source } => Some(source),
            Why::Setting(error) => Some(error.as_ref()),
            _ => None,
        }
    }
}

/// Names in backquotes, the first few of them: for messages and notes.
pub(crate) fn listed<S: AsRef<str>>(names: &[S], most: usize) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{}`", name.as_ref())).collect();
    joined(&quoted, most)
}

/// The first few of texts that quote names themselves.
pub(crate) fn joined(texts: &[String], most: usize) -> String {
    let (shown, more) = texts.split_at(most.min(texts.len()));
    match more.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
