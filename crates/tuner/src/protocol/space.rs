//! Spaces as messages write them: a table of ranges, some of which exist only under conditions.

use tunesmith_core::{Condition, Dimension, Domain, Error, Space, Table, Test, Value, Why};

/// How a dimension is written, for messages.
const EXAMPLE: &str =
    "{\"float\": [low, high]}, {\"int\": [low, high]}, {\"choice\": [...]} or {\"switch\": true}";

/// What stands beside a range: when it exists, and where good values are thought to lie.
const BESIDE: &[&str] = &["when", "around"];

/// Reads a space from a table of ranges: `{"lr": {"float": [1e-5, 1], "scale": "log"}, "beta": {"float": [0.5, 0.99],
/// "when": {"opt": "adam"}}, ...}`.
///
/// JSON's tables have no order that can be relied on: dimensions stand in the order of their names, those that others
/// depend on first. `"around": 3e-4` says where good values are thought to lie.
///
/// ```
/// use tunesmith_tuner::protocol::read_space;
/// let written = r#"{"beta": {"float": [0.5, 0.99], "when": {"opt": "adam"}}, "opt": {"choice": ["sgd", "adam"]}}"#;
/// let space = read_space(&serde_json::from_str(written).unwrap()).unwrap();
/// assert_eq!(space.dimensions()[1].key, "beta");
/// assert_eq!(space.complete(|dimension| dimension.domain.place(0.0)).len(), 1); // sgd has no beta
/// ```
///
/// # Errors
/// The first range that is not written like one, or a condition that can never hold.
pub fn read_space(table: &Table) -> Result<Space, Error> {
    let bad = |at: &str, because: String| Error::new(at, Why::BadRange { because });
    if table.is_empty() {
        return Err(bad("space", format!("nothing to search: write \"name\": {EXAMPLE}")));
    }
    let mut waiting = Vec::new();
    for (key, written) in table {
        let at = format!("space.{key}");
        let Value::Table(written) = written else {
            return Err(bad(&at, format!("write {EXAMPLE}, found {written}")));
        };
        if key.is_empty() {
            return Err(bad("space", "a dimension needs a name".into()));
        }
        waiting.push((key, domain(written, &at)?, when(written, table, &at)?));
    }
    let mut space = Space::new();
    while !waiting.is_empty() {
        let ready = |(_, _, when): &(&String, Domain, Vec<Condition>)| {
            when.iter().all(|condition| space.dimension(&condition.key).is_some())
        };
        let Some(place) = waiting.iter().position(ready) else {
            let (key, ..) = waiting[0];
            let because = "its conditions lead back to itself, so it can never exist".to_owned();
            return Err(bad(&format!("space.{key}.when"), because));
        };
        let (key, domain, own) = waiting.remove(place);
        let mut when = Vec::new();
        for condition in own {
            let parent = space.dimension(&condition.key).expect("it is ready");
            possible(&condition, parent, &format!("space.{key}.when.{}", condition.key))?;
            // What a parent needs, its child needs too.
            for inherited in parent.when.iter().chain([&condition]) {
                if !when.contains(inherited) {
                    when.push(inherited.clone());
                }
            }
        }
        space.push(Dimension { key: key.clone(), domain, when });
        if let Some(value) = table[key].as_table().and_then(|written| written.get("around")) {
            let domain = space.dimension(key).map(|dimension| &dimension.domain);
            if let Some(domain) = domain.filter(|domain| !domain.contains(value)) {
                let allowed = domain.to_string();
                let why = Why::OutOfRange { value: value.to_string(), allowed };
                return Err(Error::new(format!("space.{key}.around"), why));
            }
            space.set_around(key, value.clone());
        }
    }
    Ok(space)
}

fn domain(written: &Table, at: &str) -> Result<Domain, Error> {
    let mut range = written.clone();
    for beside in BESIDE {
        range.remove(*beside);
    }
    let kinds = ["float", "int", "choice", "switch"];
    let mut named = kinds.iter().filter(|kind| range.contains_key(**kind));
    let bad = |because: String| Error::new(at, Why::BadRange { because });
    match (named.next(), named.next()) {
        (None, _) => {
            let other = range.keys().find(|key| !["scale", "step"].contains(&key.as_str()));
            Err(match other {
                Some(key) => Error::unknown_key(
                    at,
                    key,
                    kinds.iter().copied().chain(["scale", "step", "when", "around"]),
                ),
                None => bad(format!("write {EXAMPLE}")),
            })
        }
        (Some(one), Some(another)) => {
            Err(bad(format!("`{one}` and `{another}` exclude each other, write one of them")))
        }
        (Some(&"switch"), None) => match (range.get("switch"), range.len()) {
            (Some(Value::Bool(true)), 1) => Ok(Domain::switch()),
            _ => Err(bad("write a switch as {\"switch\": true}".into())),
        },
        (Some(_), None) => Domain::read(&range, at),
    }
}

/// The conditions as they are written: `"when": {"opt": "adam"}` or `{"layers": {"at_least": 2}}`.
fn when(written: &Table, space: &Table, at: &str) -> Result<Vec<Condition>, Error> {
    let at = format!("{at}.when");
    let conditions = match written.get("when") {
        None => return Ok(Vec::new()),
        Some(Value::Table(conditions)) => conditions,
        Some(other) => return Err(Error::wrong_type(at, "a table {\"other\": value}", other)),
    };
    let mut when = Vec::new();
    for (key, wanted) in conditions {
        if !space.contains_key(key) {
            return Err(Error::unknown_key(at, key, space.keys().map(String::as_str)));
        }
        let test = match wanted {
            Value::Table(test) => match (test.get("at_least").and_then(Value::as_i64), test.len()) {
                (Some(least), 1) => Test::AtLeast(least),
                _ => {
                    return Err(Error::wrong_type(
                        format!("{at}.{key}"),
                        "a value or {\"at_least\": 2}",
                        wanted,
                    ));
                }
            },
            value => Test::Is(value.clone()),
        };
        when.push(Condition { key: key.clone(), test });
    }
    Ok(when)
}

/// Refuses a condition that can never hold.
fn possible(condition: &Condition, parent: &Dimension, at: &str) -> Result<(), Error> {
    let (possible, value) = match &condition.test {
        Test::Is(value) => (parent.domain.contains(value), value.to_string()),
        Test::AtLeast(least) => {
            let highest = match &parent.domain {
                Domain::Float { high, .. } => Some(*high),
                Domain::Int { high, .. } => Some(*high as f64),
                Domain::Choice { options } => options.iter().filter_map(Value::as_f64).max_by(f64::total_cmp),
                _ => None,
            };
            (highest.is_some_and(|high| high >= *least as f64), format!("at least {least}"))
        }
        _ => (true, String::new()),
    };
    if possible {
        return Ok(());
    }
    Err(Error::new(at, Why::OutOfRange { value, allowed: parent.domain.to_string() }))
}
