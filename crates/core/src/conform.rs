//! The suite every plug-in of every kind passes: it is documented, its defaults hold, its settings survive the way
//! to a config and back.

use crate::{Domain, KindEntry, Meta, Role, Shape, Table, Value, kinds};

/// Checks every linked plug-in of every kind; returns what is wrong, one line each.
///
/// ```
/// assert_eq!(tunesmith_core::conform::check_all(), Vec::<String>::new());
/// ```
#[must_use]
pub fn check_all() -> Vec<String> {
    let check = |kind: &KindEntry| {
        (kind.list)().into_iter().flat_map(|meta| check(kind.label, meta)).collect::<Vec<_>>()
    };
    kinds().into_iter().flat_map(check).collect()
}

/// Checks one plug-in; returns what is wrong, one line each.
#[must_use]
pub fn check(kind: &str, meta: &Meta) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut say = |what: String| {
        wrong.push(format!("{kind} `{}` ({}:{}): {what}", meta.name, meta.place.file, meta.place.line))
    };
    let plain = |text: &str| text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if meta.name.is_empty() || !plain(meta.name) {
        say("a name is lower case letters, digits and underscores".into());
    }
    if ["float", "int", "choice", "off"].contains(&meta.name) {
        say("the name has a meaning of its own in a recipe".into());
    }
    if meta.about.is_empty() || meta.about.ends_with('.') || meta.about.len() > 110 {
        say("`ABOUT` is a few words without a full stop".into());
    }
    let defaults = (meta.defaults)();
    match (meta.check)(&defaults, meta.name) {
        Ok(()) => {}
        Err(error) => say(format!("its defaults are not possible: {error}")),
    }
    let specs = (meta.specs)();
    for (i, spec) in specs.iter().enumerate() {
        if specs[..i].iter().any(|other| other.name == spec.name) {
            say(format!("two settings are called `{}`", spec.name));
        }
        if spec.about.is_empty() {
            say(format!("`{}` is not documented", spec.name));
        }
        if let (Some(range), true) = (spec.range, spec.role != Role::Fixed) {
            if range.low < spec.valid.0 || range.high > spec.valid.1 {
                say(format!("`{}` is searched where it is not possible", spec.name));
            }
            let whole = matches!(spec.shape, Shape::Int | Shape::OptionalInt | Shape::Count { .. });
            let domain = if whole {
                Domain::int(range.low as i64, range.high as i64, range.scale, 1)
            } else {
                Domain::float(range.low, range.high, range.scale, None)
            };
            match domain {
                Err(why) => say(format!("the range of `{}` cannot be searched: {why:?}", spec.name)),
                Ok(domain) => {
                    for u in [0.0, 0.5, 1.0] {
                        let table = nested(spec.name, domain.place(u));
                        if let Err(error) = (meta.check)(&table, meta.name) {
                            say(format!("its own range is refused: {error}"));
                        }
                    }
                }
            }
            let default = Value::Table(defaults.clone()).at(spec.name).and_then(Value::as_f64);
            if spec.role == Role::Tune && default.is_some_and(|x| x < range.low || x > range.high) {
                say(format!("the default of `{}` lies outside the range a search uses", spec.name));
            }
        }
    }
    wrong
}

fn nested(name: &str, value: Value) -> Table {
    match name.split_once('.') {
        None => [(name.to_owned(), value)].into(),
        Some((head, rest)) => [(head.to_owned(), Value::Table(nested(rest, value)))].into(),
    }
}
