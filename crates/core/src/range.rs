//! Ranges as they are written: `{ float = [1e-5, 1e-1], scale = "log" }`, `{ int = [16, 256] }`, `{ choice = [...] }`.

use crate::{Domain, Error, Scale, Table, Value, Why};

impl Domain {
    /// Reads a range of numbers, or a choice of names, numbers and switches, as a recipe writes it.
    ///
    /// ```
    /// use tunesmith_core::{Domain, Scale, Value};
    /// let Value::Table(range) = serde_json::from_str(r#"{"int": [16, 256], "scale": "log"}"#).unwrap() else { panic!() };
    /// assert_eq!(Domain::read(&range, "units"), Ok(Domain::int(16, 256, Scale::Log, 1).unwrap()));
    /// ```
    ///
    /// # Errors
    /// An unknown key, or a range that is not written like one or holds nothing.
    pub fn read(range: &Table, at: &str) -> Result<Self, Error> {
        if let Some(options) = range.get("choice") {
            known_keys(range, &["choice"], at)?;
            let Value::List(options) = options else {
                return Err(bad(at, "write a choice as { choice = [\"one\", \"another\"] }".into()));
            };
            return Self::choice(options.iter().cloned()).map_err(|why| Error::new(at, why));
        }
        let kind = if range.contains_key("int") { "int" } else { "float" };
        known_keys(range, &[kind, "scale", "step"], at)?;
        numbers(range, kind, at)
    }
}

fn bad(at: &str, because: String) -> Error {
    Error::new(at, Why::BadRange { because })
}

/// Refuses keys that a range does not have.
pub(crate) fn known_keys(range: &Table, known: &[&str], at: &str) -> Result<(), Error> {
    match range.keys().find(|key| !known.contains(&key.as_str())) {
        None => Ok(()),
        Some(key) => Err(Error::unknown_key(at, key, known.iter().copied())),
    }
}

fn numbers(range: &Table, kind: &str, at: &str) -> Result<Domain, Error> {
    let bad = |because| bad(at, because);
    let ends = match range.get(kind) {
        Some(Value::List(ends)) if ends.len() == 2 => ends,
        other => {
            let found = other.unwrap_or(&Value::Null);
            return Err(bad(format!("write a range as {{ {kind} = [low, high] }}, found {found}")));
        }
    };
    let scale = match range.get("scale") {
        None => Scale::Linear,
        Some(value) => value.as_str().and_then(Scale::parse).ok_or_else(|| {
            bad(format!("a scale is \"linear\", \"log\" or \"reverse_log\", found {value}"))
        })?,
    };
    let step = range.get("step");
    if kind == "int" {
        let whole = |v: &Value| {
            v.as_i64().ok_or_else(|| bad(format!("{v} is not a whole number, for others write float")))
        };
        let step = step.map_or(Ok(1), whole)?;
        Domain::int(whole(&ends[0])?, whole(&ends[1])?, scale, step)
    } else {
        let real = |v: &Value| v.as_f64().ok_or_else(|| bad(format!("{v} is not a number")));
        let step = step.map(real).transpose()?;
        Domain::float(real(&ends[0])?, real(&ends[1])?, scale, step)
    }
    .map_err(|why| Error::new(at, why))
}
