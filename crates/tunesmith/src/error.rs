//! `Error`: what can go wrong between a recipe and its result, in one line.

use std::error::Error as StdError;
use std::fmt;
use std::path::Path;

use tunesmith_tuner::StorageError;

/// What kind of thing went wrong; it decides the exit code of the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// The recipe or the command asks for what is not possible.
    Usage,
    /// The data cannot be used.
    Data,
    /// The place where studies live fails.
    Storage,
    /// A file cannot be read or written.
    File,
    /// The training gave nothing that could be kept.
    Training,
}

impl Kind {
    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Usage => "usage",
            Self::Data => "data",
            Self::Storage => "storage",
            Self::File => "file",
            Self::Training => "training",
        }
    }
}

/// What went wrong: one line that names the place and the cure.
#[derive(Debug)]
pub struct Error {
    /// What kind of thing it is.
    pub kind: Kind,
    /// Where: a file, and the key in it.
    pub at: Option<String>,
    /// What, and what would be right.
    pub message: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// An error of a kind.
    #[must_use]
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, at: None, message: message.into(), source: None }
    }

    /// The same error with its place.
    #[must_use]
    pub fn at(mut self, at: impl Into<String>) -> Self {
        self.at = Some(at.into());
        self
    }

    /// A file that cannot be read or written.
    #[must_use]
    pub fn file(path: &Path, error: std::io::Error) -> Self {
        let at = path.display().to_string();
        let said = error.to_string();
        let message = said.strip_prefix(&format!("{at}: ")).unwrap_or(&said).to_owned();
        Self { kind: Kind::File, at: Some(at), message, source: Some(Box::new(error)) }
    }

    /// A setting of a recipe that cannot be used.
    #[must_use]
    pub fn setting(recipe: &str, error: tunesmith_core::Error) -> Self {
        let whole = error.to_string();
        let message = whole.strip_prefix(&format!("{}: ", error.at)).unwrap_or(&whole).to_owned();
        let at = if error.at.is_empty() { recipe.to_owned() } else { format!("{recipe}: {}", error.at) };
        Self { kind: Kind::Usage, at: Some(at), message, source: Some(Box::new(error)) }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.at {
            Some(at) => write!(f, "{at}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

impl From<tunesmith_data::Error> for Error {
    fn from(error: tunesmith_data::Error) -> Self {
        let whole = error.to_string();
        let message = whole.strip_prefix(&format!("{}: ", error.at)).unwrap_or(&whole).to_owned();
        let at = (!error.at.is_empty()).then(|| error.at.clone());
        Self { kind: Kind::Data, at, message, source: Some(Box::new(error)) }
    }
}

impl From<tunesmith_store::Error> for Error {
    fn from(error: tunesmith_store::Error) -> Self {
        let wrong_use = matches!(error, tunesmith_store::Error::UnsupportedUrl { .. });
        let kind = if wrong_use { Kind::Usage } else { Kind::Storage };
        Self { kind, at: None, message: error.to_string(), source: Some(Box::new(error)) }
    }
}

impl From<StorageError> for Error {
    fn from(error: StorageError) -> Self {
        Self { kind: Kind::Storage, at: None, message: error.to_string(), source: Some(Box::new(error)) }
    }
}
