//! What can be wrong with a description, a setting or a range, and how it is said.

use std::fmt;

/// A setting that cannot be used: where it stands and why.
///
/// ```
/// use tunesmith_core::{Error, Why};
/// let error = Error::new("training.epochs", Why::WrongType { expected: "a whole number", found: "a text".into() });
/// assert_eq!(error.to_string(), "training.epochs: expected a whole number, found a text");
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Error {
    /// The dotted path of the setting; empty when the whole is meant.
    pub at: String,
    /// What is wrong there.
    pub why: Why,
}

/// What is wrong with a setting.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Why {
    /// No setting of that name exists here.
    UnknownKey {
        /// The name as written.
        key: String,
        /// The likeliest meant name.
        nearest: Option<String>,
        /// Every name that would do.
        known: Vec<String>,
    },
    /// No plug-in of that kind and name is linked.
    UnknownPlugin {
        /// "optimizer", "layer", ...
        kind: String,
        /// The name as written.
        name: String,
        /// The likeliest meant name.
        nearest: Option<String>,
        /// Every linked name.
        linked: Vec<String>,
    },
    /// The value is of another type.
    WrongType {
        /// What would do.
        expected: &'static str,
        /// What stands there.
        found: String,
    },
    /// The value is of the right type but impossible.
    OutOfRange {
        /// The value as written.
        value: String,
        /// What would do.
        allowed: String,
    },
    /// A setting that has no default is missing.
    Missing {
        /// What to write.
        expected: String,
    },
    /// A range that holds nothing or cannot be searched.
    BadRange {
        /// What is wrong with it, and the cure.
        because: String,
    },
    /// A rule between settings is broken.
    Conflict {
        /// What is wrong, and the cure.
        because: String,
    },
}

impl Error {
    /// An error at a dotted path.
    #[must_use]
    pub fn new(at: impl Into<String>, why: Why) -> Self {
        Self { at: at.into(), why }
    }

    /// A value of the wrong type.
    #[must_use]
    pub fn wrong_type(at: impl Into<String>, expected: &'static str, found: &crate::Value) -> Self {
        let found = match found {
            crate::Value::Text(s) => format!("the text {s:?}"),
            crate::Value::Int(_) if expected == "a text" => format!("{found}, write \"{found}\""),
            crate::Value::Int(_) | crate::Value::Float(_) | crate::Value::Bool(_) => format!("{found}"),
            other => other.kind().to_owned(),
        };
        Self::new(at, Why::WrongType { expected, found })
    }

    /// An unknown key, with the nearest of the known ones.
    #[must_use]
    pub fn unknown_key<'a>(
        at: impl Into<String>,
        key: &str,
        known: impl IntoIterator<Item = &'a str> + Clone,
    ) -> Self {
        let nearest = crate::nearest(key, known.clone()).map(str::to_owned);
        let known = known.into_iter().map(str::to_owned).collect();
        Self::new(at, Why::UnknownKey { key: key.to_owned(), nearest, known })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.at.is_empty() {
            write!(f, "{}: ", self.at)?;
        }
        match &self.why {
            Why::UnknownKey { key, nearest, known } => {
                write!(f, "unknown key `{key}`")?;
                hint(f, nearest.as_deref(), known, "known here")
            }
            Why::UnknownPlugin { kind, name, nearest, linked } => {
                write!(f, "no {kind} is called `{name}`")?;
                hint(f, nearest.as_deref(), linked, "linked")?;
                if nearest.is_none() {
                    f.write_str("; is its crate named in your code (`use my_plugin as _;`)?")?;
                }
                Ok(())
            }
            Why::WrongType { expected, found } => write!(f, "expected {expected}, found {found}"),
            Why::OutOfRange { value, allowed } => write!(f, "{value} is not possible, allowed is {allowed}"),
            Why::Missing { expected } => write!(f, "missing, write {expected}"),
            Why::BadRange { because } | Why::Conflict { because } => f.write_str(because),
        }
    }
}

fn hint(f: &mut fmt::Formatter<'_>, nearest: Option<&str>, known: &[String], label: &str) -> fmt::Result {
    match nearest {
        Some(word) => write!(f, ", did you mean `{word}`?"),
        None if known.is_empty() => write!(f, ", nothing is {label}"),
        None => write!(f, ", {label}: {}", known.join(", ")),
    }
}

impl std::error::Error for Error {}
