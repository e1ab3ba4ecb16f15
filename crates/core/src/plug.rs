//! `Plug`: a plug-in as it stands in a recipe: its name and its settings.

use crate::describe::is_range;
use crate::registry::{Meta, kind_of};
use crate::{Error, Table, Value, Why};

/// A whole number, or a word that becomes one once the data is known ("classes").
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Count {
    /// The number itself.
    Fixed(usize),
    /// A word the owner of the setting resolves.
    Word(String),
}

/// A plug-in by name, with the settings that differ from its defaults.
///
/// A recipe writes it in one of four ways, shortest first:
///
/// | written | means |
/// |---|---|
/// | `"relu"` | the plug-in with its defaults |
/// | `{ dropout = 0.5 }` | its first setting |
/// | `{ csv = "train.csv", target = "label" }` | its first setting and others beside it |
/// | `{ dense = { units = 64, activation = "relu" } }` | its settings in a table |
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Plug {
    /// The registered name.
    pub name: String,
    /// The settings, by key.
    pub config: Table,
}

impl Plug {
    /// A plug-in with its defaults.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), config: Table::new() }
    }

    /// The same plug-in with one setting changed.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.config.insert(key.to_owned(), value.into());
        self
    }

    /// Reads one of the four written forms; settings are not checked yet (see [`Plug::check`]).
    ///
    /// # Errors
    /// When no linked plug-in of that kind is meant, or more than one.
    pub fn parse(value: &Value, kind: &str, at: &str) -> Result<Self, Error> {
        match value {
            Value::Text(name) => meta(kind, name, at).map(|meta| Self::new(meta.name)),
            Value::Table(table) => {
                let name = named_by(table, kind, at)?;
                let meta = meta(kind, name, at)?;
                let mut config = table.clone();
                let main = config.remove(name).unwrap_or(Value::Null);
                match main {
                    Value::Table(settings) if !is_range(&settings) => config.extend(settings),
                    main => {
                        let Some(first) = (meta.specs)().first().copied() else {
                            return Err(Error::new(
                                format!("{at}.{name}"),
                                Why::Conflict {
                                    because: format!("the {kind} `{name}` has no settings, write \"{name}\""),
                                },
                            ));
                        };
                        config.insert(first.name.to_owned(), main);
                    }
                }
                Ok(Self { name: name.to_owned(), config })
            }
            other => Err(Error::wrong_type(at, "a name or a table { name = { ... } }", other)),
        }
    }

    /// Checks that the plug-in is linked and takes these settings.
    ///
    /// # Errors
    /// The first setting that it does not take.
    pub fn check(&self, kind: &str, at: &str) -> Result<(), Error> {
        let meta = meta(kind, &self.name, at)?;
        (meta.check)(&self.config, &format!("{at}.{}", self.name))
    }

    /// The shortest written form.
    #[must_use]
    pub fn to_value(&self) -> Value {
        if self.config.is_empty() {
            Value::Text(self.name.clone())
        } else {
            Value::Table([(self.name.clone(), Value::Table(self.config.clone()))].into())
        }
    }
}

/// Which key of a table names the plug-in.
fn named_by<'a>(table: &'a Table, kind: &str, at: &str) -> Result<&'a str, Error> {
    if table.len() == 1 {
        return Ok(table.keys().next().expect("one key"));
    }
    let linked: Vec<&str> =
        kind_of(kind).map(|k| (k.list)().iter().map(|m| m.name).collect()).unwrap_or_default();
    let named: Vec<&String> = table.keys().filter(|key| linked.contains(&key.as_str())).collect();
    match named[..] {
        [name] => Ok(name),
        [] => {
            // The likeliest slip: a misspelt name among its settings.
            let name = table.keys().find(|key| crate::nearest(key, linked.iter().copied()).is_some());
            match name.or_else(|| table.keys().next()) {
                Some(name) => Err(unknown(kind, name, at)),
                None => Err(Error::new(
                    at,
                    Why::Missing { expected: format!("the name of a {kind}: {}", linked.join(", ")) },
                )),
            }
        }
        _ => {
            let both = named.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(" and ");
            let because =
                format!("{both} are both names of a {kind}, write one of them as {{ name = {{ ... }} }}");
            Err(Error::new(at, Why::Conflict { because }))
        }
    }
}

/// What the linked plug-in of that kind and name says of itself.
pub(crate) fn meta(kind: &str, name: &str, at: &str) -> Result<&'static Meta, Error> {
    kind_of(kind)
        .and_then(|k| (k.list)().into_iter().find(|meta| meta.name == name))
        .ok_or_else(|| unknown(kind, name, at))
}

/// "No such plug-in", with what is linked and the nearest name.
pub(crate) fn unknown(kind: &str, name: &str, at: &str) -> Error {
    let linked: Vec<&'static str> =
        kind_of(kind).map(|k| (k.list)().iter().map(|meta| meta.name).collect()).unwrap_or_default();
    let nearest = crate::nearest(name, linked.iter().copied()).map(str::to_owned);
    let linked = linked.into_iter().map(str::to_owned).collect();
    Error::new(at, Why::UnknownPlugin { kind: kind.to_owned(), name: name.to_owned(), nearest, linked })
}
