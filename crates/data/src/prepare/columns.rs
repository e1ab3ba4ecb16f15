//! Which columns a step works on, and what it has learnt of one.

use tunesmith_core::{Table, Value, nearest};

use crate::{Column, Error, Frame, Values, Why};

/// The columns a step works on: those it names, or all it accepts when it names none.
pub(super) fn chosen<'a>(
    frame: &'a Frame,
    named: &[String],
    accepts: fn(&Values) -> bool,
    expected: &'static str,
) -> Result<Vec<&'a Column>, Error> {
    if named.is_empty() {
        return Ok(frame.columns().iter().filter(|column| accepts(&column.values)).collect());
    }
    let find = |name: &String| {
        let column = frame.column(name).ok_or_else(|| {
            let known = frame.names();
            let nearest = nearest(name, known.iter().map(String::as_str)).map(str::to_owned);
            Error::from(Why::UnknownColumn { setting: "columns", name: name.clone(), nearest, known })
        })?;
        if accepts(&column.values) {
            Ok(column)
        } else {
            Err(Why::WrongKind { column: name.clone(), expected }.into())
        }
    };
    named.iter().map(find).collect()
}

/// Columns of numbers that are not indicators.
pub(super) fn is_numeric(values: &Values) -> bool {
    matches!(values, Values::Numbers(_) | Values::Bytes(_))
}

/// Columns of categories.
pub(super) fn is_categorical(values: &Values) -> bool {
    matches!(values, Values::Categories { .. })
}

/// What a step has learnt of one column.
pub(super) struct Learnt<'column, 'state> {
    column: &'column str,
    table: &'state Table,
}

impl<'column, 'state> Learnt<'column, 'state> {
    /// Nothing when the step does not work on that column.
    pub(super) fn of(state: &'state Table, column: &'column str) -> Result<Option<Self>, Error> {
        match state.get(column) {
            None => Ok(None),
            Some(Value::Table(table)) => Ok(Some(Self { column, table })),
            Some(_) => Err(damaged(column.to_owned(), "a table")),
        }
    }

    pub(super) fn number(&self, key: &str) -> Result<f64, Error> {
        let number = self.table.get(key).and_then(Value::as_f64).filter(|x| x.is_finite());
        number.ok_or_else(|| damaged(format!("{}.{key}", self.column), "a finite number"))
    }

    pub(super) fn text(&self, key: &str) -> Result<&'state str, Error> {
        let text = self.table.get(key).and_then(Value::as_str);
        text.ok_or_else(|| damaged(format!("{}.{key}", self.column), "a text"))
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    pub(super) fn texts(&self, key: &str) -> Result<Vec<&'state str>, Error> {
        let texts = match self.table.get(key) {
            Some(Value::List(list)) => list.iter().map(Value::as_str).collect::<Option<Vec<_>>>(),
            _ => None,
        };
        texts.ok_or_else(|| damaged(format!("{}.{key}", self.column), "a list of texts"))
    }
}

/// What a step says it has learnt of one column.
pub(super) fn learnt<const N: usize>(column: &Column, pairs: [(&str, Value); N]) -> (String, Value) {
    let table: Table = pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    (column.name.clone(), Value::Table(table))
}

fn damaged(key: String, expected: &'static str) -> Error {
    Why::Damaged { key, expected }.into()
}

/// For the codes of a column, its levels' places in the levels that were learnt; `None` for a level not seen then.
pub(super) fn places(levels: &[String], known: &[&str]) -> Vec<Option<usize>> {
    let sorted: std::collections::BTreeMap<&str, usize> =
        known.iter().enumerate().map(|(place, &level)| (level, place)).collect();
    levels.iter().map(|level| sorted.get(level.as_str()).copied()).collect()
}
