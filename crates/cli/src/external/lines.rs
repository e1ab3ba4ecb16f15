//! JSON lines as a program prints them: Python's bare NaN and Infinity among them.

use tunesmith::core::{Table, Value};

use super::numbers::number;

/// A JSON object, if the text is one.
pub(crate) fn table(text: &str) -> Option<Table> {
    let text = text.trim();
    let read = |text: &str| serde_json::from_str::<Table>(text).ok();
    if !text.starts_with('{') {
        return None;
    }
    read(text).or_else(|| {
        // Python's json writes numbers that JSON does not have.
        let quoted = [("-Infinity", "\"-inf\""), ("Infinity", "\"inf\""), ("NaN", "\"nan\"")];
        let quoted =
            quoted.into_iter().fold(text.to_owned(), |text, (bare, quoted)| text.replace(bare, quoted));
        read(&quoted)
    })
}

/// A value as a number: null and "nan" are not numbers, but they are values.
pub(crate) fn value(value: &Value) -> Option<f64> {
    match value {
        Value::Null => Some(f64::NAN),
        Value::Text(text) => number(text),
        other => other.as_f64(),
    }
}

/// The steps and values in a program's JSON lines.
#[derive(Clone, Debug)]
pub(crate) struct Lines {
    key: String,
    /// The program's number of its first step: some count from 0, some from 1.
    first: Option<u64>,
    seen: u64,
}

impl Lines {
    pub(crate) fn new(key: &str) -> Self {
        Self { key: key.to_owned(), first: None, seen: 0 }
    }

    /// The step, counted from 0, and the value in one line, if it has one. Without "step" lines count themselves.
    pub(crate) fn read(&mut self, line: &str) -> Option<(u64, f64)> {
        let table = table(line)?;
        let value = value(table.get(&self.key)?)?;
        let said = table.get("step").and_then(Value::as_i64).and_then(|step| u64::try_from(step).ok());
        let first = *self.first.get_or_insert(u64::from(said.is_some_and(|step| step > 0)));
        let step = said.map_or(self.seen, |step| step.saturating_sub(first));
        self.seen = self.seen.max(step + 1);
        Some((step, value))
    }
}

#[cfg(test)]
mod tests {
    use super::Lines;

    #[test]
    fn steps_count_from_where_the_program_begins() {
        let read = |lines: &[&str]| {
            let mut reader = Lines::new("loss");
            lines.iter().filter_map(|line| reader.read(line)).collect::<Vec<_>>()
        };
        assert_eq!(
            read(&[r#"{"step":0,"loss":3}"#, "hello", r#"{"step":1,"loss":2}"#]),
            [(0, 3.0), (1, 2.0)]
        );
        assert_eq!(
            read(&[r#" {"step":1,"loss":3}"#, "{}", r#"{"step":5,"loss":"2"}"#]),
            [(0, 3.0), (4, 2.0)]
        );
        assert_eq!(read(&[r#"{"loss":3}"#, r#"{"acc":1}"#, r#"{"loss":2}"#]), [(0, 3.0), (1, 2.0)]);
        assert!(read(&[r#"{"step":3,"loss":NaN}"#])[0].1.is_nan());
        assert_eq!(read(&[r#"{"step":3,"loss":-Infinity}"#]), [(2, f64::NEG_INFINITY)]);
    }
}
