//! What is printed, and where: JSON alone on stdout, people's output on stdout or, beside JSON, on stderr.

use std::io::Write;

use tunesmith::core::{Table, Value};

/// Where results go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    json: bool,
}

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        Self { json }
    }

    /// Whether JSON was asked for.
    pub(crate) fn json(&self) -> bool {
        self.json
    }

    /// Prints a result: the object when JSON was asked for, else the text.
    pub(crate) fn result(&self, object: impl FnOnce() -> Value, text: impl FnOnce() -> String) {
        let line = if self.json {
            serde_json::to_string(&object()).expect("texts, numbers, lists and tables are JSON")
        } else {
            text().trim_end().to_owned()
        };
        // A closed pipe (`| head`) is the reader's right, not an error.
        let _ = writeln!(std::io::stdout().lock(), "{line}");
    }

    /// Says something on the way.
    pub(crate) fn say(&self, text: &str) {
        let _ = writeln!(std::io::stderr().lock(), "{text}");
    }

    /// Prints an error.
    pub(crate) fn error(&self, kind: &str, message: &str, at: Option<&str>) {
        if self.json {
            let at = at.map_or(Value::Null, Value::from);
            let error = object([("kind", kind.into()), ("message", message.into()), ("at", at)]);
            self.result(|| object([("error", error)]), String::new);
        } else {
            let at = at.map_or_else(String::new, |at| format!("{at}: "));
            self.say(&format!("error: {at}{message}"));
        }
    }
}

/// A table from pairs.
pub(crate) fn object<const N: usize>(pairs: [(&str, Value); N]) -> Value {
    Value::Table(pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Table>())
}

/// A number for JSON: null when it is none.
pub(crate) fn number(x: f64) -> Value {
    if x.is_finite() { Value::Float(x) } else { Value::Null }
}

/// A number for people: four significant digits.
pub(crate) fn short(x: f64) -> String {
    if !x.is_finite() {
        return "-".into();
    }
    if x != 0.0 && (x.abs() < 1e-3 || x.abs() >= 1e6) {
        return format!("{x:.3e}");
    }
    let text = format!("{x:.4}");
    if x.abs() >= 100.0 { format!("{x:.1}") } else { text }
}

/// Rows as columns, the first row a head; numbers to the right.
pub(crate) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let is_number = |cell: &String| cell.parse::<f64>().is_ok() || cell == "-";
    let mut out = String::new();
    for row in rows {
        let cells = row.iter().zip(&widths).map(|(cell, &width)| {
            let pad = " ".repeat(width - cell.chars().count());
            if is_number(cell) { format!("{pad}{cell}") } else { format!("{cell}{pad}") }
        });
        out.push_str(&format!("  {}\n", cells.collect::<Vec<_>>().join("  ").trim_end()));
    }
    out
}

/// Seconds for people.
pub(crate) fn seconds(seconds: f64) -> String {
    match seconds {
        s if s < 10.0 => format!("{s:.1} s"),
        s if s < 120.0 => format!("{s:.0} s"),
        s => format!("{:.0} min {:02.0} s", (s / 60.0).floor(), s % 60.0),
    }
}
