//! `Fields`: the keys of one table of a message, read with errors that name the place and the cure.

use tunesmith_core::{Error, Table, Value, Why};

use super::Refused;

/// One table of a message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields<'a> {
    /// Where the table stands: "tell".
    at: &'a str,
    table: &'a Table,
}

impl<'a> Fields<'a> {
    /// A table whose keys must be among the known ones.
    pub(super) fn of(value: &'a Value, at: &'a str, known: &[&str]) -> Result<Self, Refused> {
        let Value::Table(table) = value else {
            return Err(Error::wrong_type(at, "a table", value).into());
        };
        Self::in_table(table, at, known)
    }

    pub(super) fn in_table(table: &'a Table, at: &'a str, known: &[&str]) -> Result<Self, Refused> {
        match table.keys().find(|key| !known.contains(&key.as_str())) {
            Some(key) => Err(Error::unknown_key(at, key, known.iter().copied()).into()),
            None => Ok(Self { at, table }),
        }
    }

    pub(super) fn get(&self, key: &str) -> Option<&'a Value> {
        self.table.get(key)
    }

    /// The dotted path of a key.
    pub(super) fn path(&self, key: &str) -> String {
        if self.at.is_empty() { key.to_owned() } else { format!("{}.{key}", self.at) }
    }

    /// A key that must be there; `example` is what to write.
    pub(super) fn needed(&self, key: &str, example: &str) -> Result<&'a Value, Refused> {
        let missing = || Error::new(self.path(key), Why::Missing { expected: example.to_owned() });
        self.get(key).ok_or_else(|| missing().into())
    }

    /// A whole number that is not negative.
    pub(super) fn whole(&self, key: &str) -> Result<Option<u64>, Refused> {
        let Some(value) = self.get(key) else { return Ok(None) };
        let whole = value.as_i64().and_then(|number| u64::try_from(number).ok());
        let wrong = || Error::wrong_type(self.path(key), "a whole number, 0 or more", value);
        whole.map(Some).ok_or_else(|| wrong().into())
    }

    /// A whole number of at least one.
    pub(super) fn positive(&self, key: &str) -> Result<Option<u64>, Refused> {
        match self.whole(key)? {
            Some(0) => {
                let allowed = "1 or more".to_owned();
                Err(Error::new(self.path(key), Why::OutOfRange { value: "0".into(), allowed }).into())
            }
            other => Ok(other),
        }
    }

    pub(super) fn text(&self, key: &str) -> Result<Option<&'a str>, Refused> {
        let Some(value) = self.get(key) else { return Ok(None) };
        value.as_str().map(Some).ok_or_else(|| Error::wrong_type(self.path(key), "a text", value).into())
    }

    /// A table of anything; empty when it is not there.
    pub(super) fn table(&self, key: &str) -> Result<Option<&'a Table>, Refused> {
        let Some(value) = self.get(key) else { return Ok(None) };
        value.as_table().map(Some).ok_or_else(|| Error::wrong_type(self.path(key), "a table", value).into())
    }

    /// A list of anything.
    pub(super) fn list(&self, key: &str) -> Result<Option<&'a [Value]>, Refused> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::List(list)) => Ok(Some(list)),
            Some(other) => Err(Error::wrong_type(self.path(key), "a list", other).into()),
        }
    }
}

/// The value of `ask`, `best` and others that say nothing more.
pub(super) fn only_true(value: &Value, verb: &str) -> Result<(), Refused> {
    match value {
        Value::Bool(true) => Ok(()),
        other => Err(Error::wrong_type(verb, "true", other).into()),
    }
}

/// A number that need not be finite: JSON has no NaN and no infinities, so those are texts, and null is NaN.
pub(super) fn number(value: &Value, at: &str) -> Result<f64, Refused> {
    let named = |text: &str| match text.to_ascii_lowercase().as_str() {
        "nan" => Some(f64::NAN),
        "inf" | "+inf" | "infinity" | "+infinity" => Some(f64::INFINITY),
        "-inf" | "-infinity" => Some(f64::NEG_INFINITY),
        _ => None,
    };
    let number = match value {
        Value::Null => Some(f64::NAN),
        Value::Text(text) => named(text),
        other => other.as_f64(),
    };
    number.ok_or_else(|| Error::wrong_type(at, "a number (or \"nan\", \"inf\", \"-inf\")", value).into())
}
