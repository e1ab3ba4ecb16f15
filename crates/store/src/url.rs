//! `Url`: where a storage is, in SQLAlchemy's form.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::Error;

/// Where a storage is.
///
/// ```
/// use tunesmith_store::Url;
/// assert_eq!(Url::parse("sqlite:///runs/a.db").unwrap(), Url::File("runs/a.db".into()));
/// assert_eq!(Url::parse("sqlite:////tmp/a.db").unwrap(), Url::File("/tmp/a.db".into()));
/// assert_eq!(Url::parse("sqlite:///:memory:").unwrap(), Url::Memory);
/// let error = Url::parse("mysql://host/db").unwrap_err();
/// assert!(error.to_string().contains("sqlite:///relative.db"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Url {
    /// A SQLite file.
    File(PathBuf),
    /// A SQLite database in memory, gone with the process.
    Memory,
}

impl Url {
    /// Reads a URL.
    ///
    /// # Errors
    /// When the scheme is not sqlite, the file is missing from it, or it has a query.
    pub fn parse(url: &str) -> Result<Self, Error> {
        let unsupported = || Error::UnsupportedUrl { url: url.to_owned() };
        let path = url.strip_prefix("sqlite://").ok_or_else(unsupported)?;
        match path.strip_prefix('/') {
            None if path.is_empty() => Ok(Self::Memory),
            Some(":memory:" | "") => Ok(Self::Memory),
            Some(path) if !path.contains('?') => Ok(Self::File(PathBuf::from(path))),
            _ => Err(unsupported()),
        }
    }

    /// The URL of a file.
    #[must_use]
    pub fn file(path: &Path) -> Self {
        Self::File(path.to_owned())
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "sqlite:///{}", path.display()),
            Self::Memory => f.write_str("sqlite:///:memory:"),
        }
    }
}
