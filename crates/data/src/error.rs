//! What can be wrong with a file, a table or a split, and how it is said: one line, the place first, the cure last.

use std::fmt::{self, Write as _};
use std::io;

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
}

/// What is wrong with the data.
#[derive(Debug)]
#[non_exhaustive]
pub enum Why {
    /// No file of that name exists.
    NotFound {
        /// A file beside it whose name is near.
        nearest: Option<String>,
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
    /// No column is left to learn from.
    NoFeatures,
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

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.at.is_empty() {
            write!(f, "{}: ", self.at)?;
        }
        // Names out of a file may hold line breaks, and a message is one line.
        for c in self.why.to_string().chars() {
            if c.is_control() { write!(f, "{}", c.escape_default())? } else { f.write_char(c)? }
        }
        Ok(())
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound { nearest: Some(near) } => write!(f, "no such file, did you mean `{near}`?"),
            Self::NotFound { nearest: None } => {
                f.write_str("no such file; a relative path starts at the recipe's folder")
            }
            Self::Unreadable { source } => write!(f, "cannot be read: {source}"),
            Self::NotGzip => f.write_str("ends in .gz and is not compressed; rename it or compress it"),
            Self::NotUtf8 { line, looks_like: None } => {
                write!(f, "line {line} is not UTF-8; save the file as UTF-8")
            }
            Self::NotUtf8 { line, looks_like: Some(encoding) } => {
                write!(f, "line {line} is not UTF-8 but looks like {encoding}; save the file as UTF-8")
            }
            Self::Empty => f.write_str("the file is empty; it needs a header line and rows"),
            Self::HeaderOnly => f.write_str("the file has a header line and no rows"),
            Self::RaggedRow { line, found, expected } => {
                let column = if *found == 1 { "column" } else { "columns" };
                write!(
                    f,
                    "line {line} has {found} {column}, the first line has {expected}; check its delimiters and quotes"
                )
            }
            Self::DuplicateColumn { name } => {
                write!(f, "two columns are called `{name}`; rename one of them")
            }
            Self::UnknownColumn { setting, name, nearest, known } => {
                write!(f, "{setting}: no column is called `{name}`")?;
                match nearest {
                    Some(near) => write!(f, ", did you mean `{near}`?"),
                    None => write!(f, "; there are {}", listed(known, 12)),
                }
            }
            Self::WrongKind { column, expected } => {
                write!(f, "column `{column}` does not hold {expected}; leave it out of `columns`")
            }
            Self::NotANumber { column, line, text, expected } => {
                write!(f, "column `{column}`, line {line}: {text:?} is not a number; ")?;
                match expected {
                    Expected::Feature => write!(
                        f,
                        "correct it, or write missing = [{text:?}] if it stands for a missing value, or categorical = [{column:?}]"
                    ),
                    Expected::Target => write!(
                        f,
                        "correct it, or write task = \"classification\" if the target names classes"
                    ),
                    Expected::Fitted => f.write_str("the model was trained with numbers in this column"),
                }
            }
            Self::NotFinite { column, place } => {
                write!(f, "column `{column}`, {place}: the number is infinite or too large; correct the cell")
            }
            Self::MissingTarget { column, line, rows } => {
                let more = match rows - 1 {
                    0 => String::new(),
                    1 => " (and 1 more row)".to_owned(),
                    more => format!(" (and {more} more rows)"),
                };
                write!(
                    f,
                    "target `{column}`, line {line}{more}: the value is missing; fill it or remove the row"
                )
            }
            Self::ConstantTarget { column, value } => {
                write!(f, "target `{column}` is {value} in every row; there is nothing to learn")
            }
            Self::TooManyClasses { column, classes, limit } => write!(
                f,
                "target `{column}` has {classes} different texts, more than {limit} classes are not supported; is it the right column?"
            ),
            Self::TooManyLevels { column, levels, limit } => write!(
                f,
                "column `{column}` has {levels} categories, one_hot makes at most {limit} columns of one; write drop = [{column:?}], prepare = [\"ordinal\", ...] or a larger max_levels"
            ),
            Self::NoFeatures => f.write_str(
                "no column is left to learn from; check the delimiter and the columns that are dropped",
            ),
            Self::MissingValues { column, rows } => write!(
                f,
                "column `{column}` has {rows} missing {}; fill the cells or write prepare = [\"impute\", ...]",
                if *rows == 1 { "value" } else { "values" }
            ),
            Self::MissingColumn { name, nearest } => {
                write!(f, "column `{name}`, which the model was trained on, is missing")?;
                nearest.as_ref().map_or(Ok(()), |near| write!(f, "; is it the column `{near}`?"))
            }
            Self::ClassTooSmall { class, rows, parts } => write!(
                f,
                "class `{class}` has {rows} {}, a stratified split into {parts} parts needs {parts}; add rows, merge the class or write split.stratify = false",
                if *rows == 1 { "row" } else { "rows" }
            ),
            Self::PartTooSmall { part, rows, needed, total } => write!(
                f,
                "the {part} part would get {rows} of {total} rows and needs at least {needed}; add rows or change the split"
            ),
            Self::Shares { test, validation, total } => write!(
                f,
                "split: test = {test} and validation = {validation} leave none of {total} rows to train on; make them smaller"
            ),
            Self::BadShare { setting, value } => write!(
                f,
                "{setting} = {value} is neither a share from 0 to below 1 nor a number of rows from 2"
            ),
            Self::NoInverse { step } => {
                write!(f, "prepare_target: `{step}` cannot be undone on predictions; use a scaler")
            }
            Self::BadIdx { because } => f.write_str(because),
            Self::Damaged { key, expected } => {
                write!(f, "the saved pipeline is damaged at `{key}`: {expected} should stand there")
            }
            Self::Setting(error) => error.fmt(f),
        }
    }
}

/// Names in backquotes, the first few of them: for messages and notes.
pub(crate) fn listed<S: AsRef<str>>(names: &[S], most: usize) -> String {
    let shown: Vec<String> = names.iter().take(most).map(|name| format!("`{}`", name.as_ref())).collect();
    let more = names.len().saturating_sub(most);
    if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
}
