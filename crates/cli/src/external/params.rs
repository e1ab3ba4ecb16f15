//! The space of a run: `--param 'lr=log(1e-5,1e-1)'` and the file of `--space`.

use std::path::Path;

use tunesmith::core::{Space, Table, Value};
use tunesmith::tuner::protocol::read_space;
use tunesmith::{Error, Kind};

use super::template::RESERVED;

/// How a parameter is written, for messages.
const EXAMPLES: &str = "lr=log(1e-5,1e-1), rate=float(0,0.5), units=int(16,256,log), size=int(8,64,step=8), \
                        act=choice(relu,tanh) or bias=switch";

/// The space that a file and arguments describe; an argument replaces what the file says of its name.
pub(crate) fn space<'a>(
    file: Option<&Path>,
    arguments: impl Iterator<Item = &'a str>,
) -> Result<Space, Error> {
    let mut table = match file {
        None => Table::new(),
        Some(path) => {
            let text = std::fs::read_to_string(path).map_err(|error| Error::file(path, error))?;
            let bad = |error: toml::de::Error| {
                Error::new(Kind::Usage, error.to_string().trim().to_owned()).at(path.display().to_string())
            };
            toml::from_str(&text).map_err(bad)?
        }
    };
    let mut given: Vec<String> = Vec::new();
    for argument in arguments {
        let (name, range) = parameter(argument)
            .map_err(|why| Error::new(Kind::Usage, why).at(format!("--param '{argument}'")))?;
        if given.contains(&name) {
            return Err(Error::new(Kind::Usage, format!("`{name}` stands there twice")).at("--param"));
        }
        table.insert(name.clone(), Value::Table(range));
        given.push(name);
    }
    if table.is_empty() {
        return Err(Error::new(Kind::Usage, format!("nothing to search, write {EXAMPLES}")).at("--param"));
    }
    if let Some(name) = table.keys().find(|name| RESERVED.contains(&name.as_str())) {
        let message =
            format!("`{{{name}}}` means something else in a command, give the parameter another name");
        return Err(Error::new(Kind::Usage, message).at("--param"));
    }
    read_space(&table).map_err(|error| {
        let mut at = error.at.clone();
        if let Some(name) = error.at.strip_prefix("space.") {
            let parameter = name.split('.').next().unwrap_or(name);
            at = if given.iter().any(|given| given == parameter) {
                format!("--param {name}")
            } else {
                format!("{}: {name}", file.map_or_else(String::new, |path| path.display().to_string()))
            };
        }
        let whole = error.to_string();
        let message = whole.strip_prefix(&format!("{}: ", error.at)).unwrap_or(&whole);
        Error::new(Kind::Usage, message).at(at)
    })
}

/// `name=kind(arguments)` as the table that a message or a file would hold.
fn parameter(text: &str) -> Result<(String, Table), String> {
    let unclear = || format!("write a parameter as {EXAMPLES}");
    let (name, range) = text.split_once('=').ok_or_else(unclear)?;
    let (name, range) = (name.trim(), range.trim());
    let sound = |c: char| c.is_alphanumeric() || "_-.".contains(c);
    if name.is_empty() || !name.chars().all(sound) {
        return Err(format!("`{name}` is no name: letters, digits, _, - and . make one"));
    }
    let (kind, arguments) = match range.split_once('(') {
        Some((kind, rest)) => (kind.trim(), rest.trim_end().strip_suffix(')').ok_or_else(unclear)?),
        None => (range, ""),
    };
    let arguments = split(arguments)?;
    let table = match kind {
        "choice" => Table::from([(
            "choice".to_owned(),
            arguments.iter().map(|option| scalar(option)).collect::<Vec<_>>().into(),
        )]),
        "switch" if arguments.is_empty() => Table::from([("switch".to_owned(), Value::Bool(true))]),
        "float" | "int" | "log" | "reverse_log" => range_of(kind, &arguments)?,
        _ => return Err(unclear()),
    };
    Ok((name.to_owned(), table))
}

/// `float(low, high, log, step=1)` as a table.
fn range_of(kind: &str, arguments: &[String]) -> Result<Table, String> {
    let [low, high, more @ ..] = arguments else {
        return Err(format!("write the ends of the range: {kind}(low,high)"));
    };
    let ends = [low, high].map(|end| scalar_number(end));
    let mut table = Table::new();
    let (kind, scale) = match kind {
        "log" | "reverse_log" => ("float", Some(kind)),
        kind => (kind, None),
    };
    table.insert(kind.to_owned(), Value::List(ends.to_vec()));
    if let Some(scale) = scale {
        table.insert("scale".to_owned(), Value::from(scale));
    }
    for word in more {
        match word.split_once('=') {
            Some((key, value)) => table.insert(key.trim().to_owned(), scalar_number(value.trim())),
            None => table.insert("scale".to_owned(), Value::from(word.as_str())),
        };
    }
    Ok(table)
}

/// A number if it is one, else the text: what follows says what is wrong with it.
fn scalar_number(text: &str) -> Value {
    let number = text.parse::<i64>().map(Value::Int).or_else(|_| text.parse::<f64>().map(Value::Float));
    number.unwrap_or_else(|_| Value::from(text))
}

/// An option: a text in quotes, a switch, a number that is written as it would be printed, else a text.
fn scalar(text: &str) -> Value {
    if let Ok(quoted) = serde_json::from_str::<String>(text) {
        return Value::Text(quoted);
    }
    let value = match text {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        other => scalar_number(other),
    };
    // `007` and `1e-3` reach the program as they were written.
    if value.to_string() == text { value } else { Value::from(text) }
}

/// Splits at commas outside of double quotes.
fn split(text: &str) -> Result<Vec<String>, String> {
    let (mut parts, mut part, mut quoted, mut escaped) = (Vec::new(), String::new(), false, false);
    if text.trim().is_empty() {
        return Ok(parts);
    }
    for c in text.chars() {
        match c {
            ',' if !quoted => parts.push(std::mem::take(&mut part).trim().to_owned()),
            '"' if !escaped => {
                quoted = !quoted;
                part.push(c);
            }
            c => part.push(c),
        }
        escaped = c == '\\' && !escaped;
    }
    parts.push(part.trim().to_owned());
    match parts.iter().any(String::is_empty) || quoted {
        true => Err("an empty place between commas, or a quote that does not end".into()),
        false => Ok(parts),
    }
}

#[cfg(test)]
mod tests {
    use super::{parameter, space};
    use tunesmith::core::{Domain, Scale, Value};

    fn domain(text: &str) -> Domain {
        let space = space(None, [text].into_iter()).unwrap();
        space.dimensions()[0].domain.clone()
    }

    #[test]
    fn parameters_are_read_as_they_are_written() {
        assert_eq!(domain("lr=log(1e-5,1e-1)"), Domain::float(1e-5, 1e-1, Scale::Log, None).unwrap());
        assert_eq!(
            domain("b = reverse_log(0.5, 0.99)"),
            Domain::float(0.5, 0.99, Scale::ReverseLog, None).unwrap()
        );
        assert_eq!(
            domain("x=float(0,0.5,step=0.1)"),
            Domain::float(0.0, 0.5, Scale::Linear, Some(0.1)).unwrap()
        );
        assert_eq!(domain("units=int(16,256,log)"), Domain::int(16, 256, Scale::Log, 1).unwrap());
        assert_eq!(domain("bias=switch"), Domain::switch());
        let options = vec![
            Value::from("relu"),
            Value::Int(3),
            Value::from("007"),
            Value::from("a, \"b\""),
            Value::Bool(true),
        ];
        assert_eq!(domain(r#"act=choice(relu, 3, 007, "a, \"b\"", true)"#), Domain::Choice { options });
    }

    #[test]
    fn mistakes_name_the_parameter_and_the_cure() {
        let said = |text: &str| space(None, [text].into_iter()).unwrap_err().to_string();
        assert_eq!(said("lr=log(0,1)"), "--param lr: a log range must start above zero, found 0");
        assert_eq!(
            said("lr=int(1,9,lgo)"),
            "--param lr: a scale is \"linear\", \"log\" or \"reverse_log\", found lgo"
        );
        assert_eq!(said("lr=float(1,9,setp=2)"), "--param lr: unknown key `setp`, did you mean `step`?");
        assert!(said("lr=flaot(0,1)").starts_with("--param 'lr=flaot(0,1)': write a parameter as lr=log("));
        assert_eq!(
            said("seed=int(0,1)"),
            "--param: `{seed}` means something else in a command, give the parameter another name"
        );
        assert!(parameter("lr").is_err() && parameter("a b=int(0,1)").is_err());
    }
}
