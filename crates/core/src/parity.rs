//! Reproducing other libraries' numbers: a case of a fixture file is read, and what is found is compared.
//!
//! A fixture file is `{"source": ..., "cases": [...]}`; its name says what the cases are about. Each crate runs the
//! files of its own subject. Null stands for what is not there.

use crate::{ParamSpec, Table, Value};

/// What became of one case.
#[derive(Clone, Debug, PartialEq)]
pub enum Parity {
    /// The largest relative error (see [`relative_error`]); NaN when something found is.
    Error(f64),
    /// The same for what is here, and the names of what is not.
    Partly(f64, Vec<String>),
    /// The case is about something that is not here, or it cannot be read; why.
    Unsupported(String),
}

impl From<Result<f64, String>> for Parity {
    fn from(result: Result<f64, String>) -> Self {
        result.map_or_else(Self::Unsupported, Self::Error)
    }
}

/// Numbers of nested lists, row-major.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Numbers {
    /// The lengths of the lists, outermost first; empty for a single number.
    pub shape: Vec<usize>,
    /// All numbers.
    pub values: Vec<f64>,
}

/// A case of a fixture file.
///
/// ```
/// use tunesmith_core::{Value, parity::Case};
/// let value: Value = serde_json::from_str(r#"{"rule": "sgd", "x": [[1, 2], [3, 4]], "note": null}"#).unwrap();
/// let case = Case::new(&value).unwrap();
/// assert_eq!(case.text("rule").unwrap(), "sgd");
/// assert_eq!(case.numbers("x").unwrap().shape, [2, 2]);
/// assert_eq!(case.text("note").unwrap_err(), "the case has no `note`");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Case<'a>(&'a Table);

impl<'a> Case<'a> {
    /// A case as it stands in a file.
    ///
    /// # Errors
    /// When it is no table.
    pub fn new(value: &'a Value) -> Result<Self, String> {
        value.as_table().map(Self).ok_or_else(|| format!("the case is {}, not a table", value.kind()))
    }

    /// The names of what is there.
    pub fn keys(&self) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(|(_, value)| **value != Value::Null).map(|(key, _)| key.as_str())
    }

    /// Whether something of that name is there.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.value(key).is_ok()
    }

    /// What stands under a name.
    ///
    /// # Errors
    /// When nothing does; so for all that follow.
    pub fn value(&self, key: &str) -> Result<&'a Value, String> {
        let value = self.0.get(key).filter(|value| **value != Value::Null);
        value.ok_or_else(|| format!("the case has no `{key}`"))
    }

    /// A text.
    ///
    /// # Errors
    /// When there is none.
    pub fn text(&self, key: &str) -> Result<&'a str, String> {
        self.value(key)?.as_str().ok_or_else(|| format!("`{key}` is not a text"))
    }

    /// A number.
    ///
    /// # Errors
    /// When there is none.
    pub fn number(&self, key: &str) -> Result<f64, String> {
        self.value(key)?.as_f64().ok_or_else(|| format!("`{key}` is not a number"))
    }

    /// Numbers of nested lists.
    ///
    /// # Errors
    /// When there are none, or lists side by side differ in length.
    pub fn numbers(&self, key: &str) -> Result<Numbers, String> {
        numbers(self.value(key)?).map_err(|why| format!("`{key}` {why}"))
    }

    /// A list whose items are numbers or nested lists of them.
    ///
    /// # Errors
    /// When there is none.
    pub fn list(&self, key: &str) -> Result<Vec<Numbers>, String> {
        let Value::List(items) = self.value(key)? else { return Err(format!("`{key}` is not a list")) };
        items.iter().map(|item| numbers(item).map_err(|why| format!("`{key}` {why}"))).collect()
    }

    /// Named arguments; none when they are not there.
    ///
    /// # Errors
    /// When something else stands there.
    pub fn arguments(&self, key: &str) -> Result<Table, String> {
        let Ok(value) = self.value(key) else { return Ok(Table::new()) };
        let table = value.as_table().ok_or_else(|| format!("`{key}` is not a table"))?;
        let given = table.iter().filter(|(_, value)| **value != Value::Null);
        Ok(given.map(|(name, value)| (name.clone(), value.clone())).collect())
    }
}

/// Leaves out switches that are off and have no meaning here: what is off changes nothing.
pub fn drop_switched_off(arguments: &mut Table, known: &[ParamSpec]) {
    arguments
        .retain(|name, value| *value != Value::Bool(false) || known.iter().any(|spec| spec.name == name));
}

/// Arguments that are read one by one; [`Arguments::finish`] finds what was not read.
#[derive(Clone, Debug)]
pub struct Arguments(Table);

impl Arguments {
    /// Arguments of a case.
    #[must_use]
    pub fn new(table: Table) -> Self {
        Self(table)
    }

    /// Takes one out.
    pub fn take(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name)
    }

    /// Takes a number out, or gives what the other library takes where none is given.
    ///
    /// # Errors
    /// When it is not a number, or must be given.
    pub fn number(&mut self, name: &str, default: Option<f64>) -> Result<f64, String> {
        let given = self.take(name);
        match (&given, default) {
            (Some(value), _) => {
                value.as_f64().ok_or_else(|| format!("the argument `{name}` is not a number"))
            }
            (None, Some(default)) => Ok(default),
            (None, None) => Err(format!("the case has no argument `{name}`")),
        }
    }

    /// Checks that all arguments were taken, but for switches that are off.
    ///
    /// # Errors
    /// The first that was not: it would change a result here without being heeded.
    pub fn finish(mut self) -> Result<(), String> {
        drop_switched_off(&mut self.0, &[]);
        self.0.keys().next().map_or(Ok(()), |name| Err(format!("the argument `{name}` has no meaning here")))
    }
}

fn numbers(value: &Value) -> Result<Numbers, String> {
    let Value::List(items) = value else {
        let number = value.as_f64().ok_or_else(|| format!("holds {}, not a number", value.kind()))?;
        return Ok(Numbers { shape: Vec::new(), values: vec![number] });
    };
    let mut all = Numbers { shape: vec![items.len()], values: Vec::new() };
    for (i, item) in items.iter().enumerate() {
        let inner = numbers(item)?;
        if i == 0 {
            all.shape.extend(&inner.shape);
        } else if all.shape[1..] != inner.shape {
            return Err("holds lists of unequal length".into());
        }
        all.values.extend(inner.values);
    }
    Ok(all)
}

/// The largest difference, relative to the largest expected number (at least 1e-12); infinite when there are more or
/// fewer numbers than expected, NaN when one is NaN.
///
/// ```
/// use tunesmith_core::parity::relative_error;
/// assert_eq!(relative_error(&[1.0, 2.5], &[1.0, 2.0]), 0.25);
/// assert!(relative_error(&[f64::NAN], &[0.0]).is_nan());
/// ```
#[must_use]
pub fn relative_error(found: &[f64], expected: &[f64]) -> f64 {
    if found.len() != expected.len() {
        return f64::INFINITY;
    }
    let size = expected.iter().fold(1e-12, |size: f64, x| size.max(x.abs()));
    let errors = found.iter().zip(expected).map(|(a, b)| if a == b { 0.0 } else { (a - b).abs() / size });
    errors.fold(0.0, worse)
}

/// The larger of two errors; NaN is larger than any.
#[must_use]
pub fn worse(a: f64, b: f64) -> f64 {
    if a.is_nan() || a >= b { a } else { b }
}
