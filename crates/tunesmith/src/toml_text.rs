//! Values as TOML writes them inside a line.

use tunesmith_core::Value;

/// A value as TOML writes it inside a line.
pub(crate) fn inline(value: &Value) -> String {
    match value {
        Value::Text(text) => toml_text(text),
        Value::Float(x) if x.is_nan() => "nan".into(),
        Value::Float(x) if x.is_infinite() => (if *x > 0.0 { "inf" } else { "-inf" }).into(),
        Value::List(items) => format!("[{}]", items.iter().map(inline).collect::<Vec<_>>().join(", ")),
        Value::Table(table) => {
            let items: Vec<String> =
                table.iter().map(|(key, value)| format!("{} = {}", toml_key(key), inline(value))).collect();
            if items.is_empty() { "{}".into() } else { format!("{{ {} }}", items.join(", ")) }
        }
        other => other.to_string(),
    }
}

fn toml_key(key: &str) -> String {
    let bare = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if bare { key.to_owned() } else { toml_text(key) }
}

/// A basic string of TOML.
fn toml_text(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if c.is_control() => out.push_str(&format!("\\u{:04X}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::inline;
    use tunesmith_core::{Table, Value};

    #[test]
    fn what_is_written_is_read_back() {
        let hostile = "a \"quoted\" \\ back\\slash\n\ttab \u{1} ü";
        let mut inner = Table::new();
        inner.insert("key with space".into(), Value::from(hostile));
        inner.insert("x".into(), Value::Float(1e-7));
        inner.insert("y".into(), Value::Float(-3.0));
        let value =
            Value::List(vec![Value::Table(inner), Value::Bool(true), Value::Int(-4), Value::List(vec![])]);
        let read: Table = toml::from_str(&format!("value = {}", inline(&value))).unwrap();
        assert_eq!(read["value"], value);
    }
}
