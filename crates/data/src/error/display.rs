//! How it is said what is wrong: one line, the place first, the cure last.

use std::fmt::{self, Write as _};

use super::{Error, Expected, Why, listed};
use crate::read::looks_like_number;

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
            Self::NotFound { nearest: Some(near), .. } => write!(f, "no such file, did you mean `{near}`?"),
            Self::NotFound { nearest: None, start: None } => f.write_str("no such file; check the path"),
            Self::NotFound { nearest: None, start: Some(start) } => {
                write!(f, "no such file; a relative path starts at {start}")
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
                let what = if *expected == Expected::FittedDate { "date" } else { "number" };
                write!(f, "column `{column}`, line {line}: {text:?} is not a {what}; ")?;
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
                    Expected::FittedDate => {
                        f.write_str("the model was trained with dates such as 2024-02-29 in this column")
                    }
                }
            }
            Self::AmbiguousNumber { column, text, readings: (point, comma) } => write!(
                f,
                "column `{column}`: {text:?} may be {point} or {comma}; write decimal = \".\" or decimal = \",\""
            ),
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
            Self::DroppedTarget { column } => {
                write!(
                    f,
                    "drop: `{column}` is the column to predict; take it out of drop or write another target"
                )
            }
            Self::OnlyTexts { column, distinct, rows } => write!(
                f,
                "no column is left to learn from: column `{column}` ({distinct} distinct texts in {rows} rows) looks like identifiers or free text; write categorical = [{column:?}] to use it all the same"
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
            Self::ClassTooSmall { class, rows, parts } => {
                let word = if *rows == 1 { "row" } else { "rows" };
                write!(
                    f,
                    "class `{class}` has {rows} {word}, a stratified split into {parts} parts needs {parts}; add rows, merge the class or write split.stratify = false"
                )?;
                if looks_like_number(class) {
                    f.write_str(
                        "; the class looks like a number: write task = \"regression\" to predict numbers",
                    )?;
                }
                Ok(())
            }
            Self::PartTooSmall { part, rows, needed, total } => write!(
                f,
                "the {part} part would get {rows} of {total} rows and needs at least {needed}; add rows or change the split"
            ),
            Self::Shares { test, validation, total } => write!(
                f,
                "test = {test} and validation = {validation} leave none of {total} rows to train on; make them smaller"
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
