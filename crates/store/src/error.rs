//! What can be wrong with the place where a study lives, and the cure.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tunesmith_tuner::StorageError;

/// Why a file cannot be used as a storage.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Error {
    /// The URL is of a kind that is not known here.
    UnsupportedUrl {
        /// The URL as written.
        url: String,
    },
    /// The folder of the file does not exist.
    MissingFolder {
        /// The file.
        file: PathBuf,
    },
    /// There is no such file, and it should only be read.
    MissingFile {
        /// The file.
        file: PathBuf,
    },
    /// It cannot be opened.
    CannotOpen {
        /// The file.
        file: PathBuf,
        /// What the system says.
        source: Arc<dyn std::error::Error + Send + Sync>,
    },
    /// It is empty, and it should only be read.
    Empty {
        /// The file.
        file: PathBuf,
    },
    /// It is not a SQLite database.
    NotADatabase {
        /// The file.
        file: PathBuf,
    },
    /// It is a SQLite database with pages missing or broken.
    Corrupt {
        /// The file.
        file: PathBuf,
    },
    /// It is a SQLite database of another program.
    Foreign {
        /// The file.
        file: PathBuf,
        /// The tables found.
        tables: Vec<String>,
    },
    /// It holds studies in another version of Optuna's schema.
    OtherSchema {
        /// The file.
        file: PathBuf,
        /// The version found.
        found: String,
    },
    /// It may not be written.
    ReadOnly {
        /// The file.
        file: PathBuf,
    },
    /// Somebody else is writing, for longer than was waited.
    Locked {
        /// The file.
        file: PathBuf,
        /// How long was waited.
        waited: Duration,
    },
    /// The disk is full.
    Full {
        /// The file.
        file: PathBuf,
    },
    /// The study has several objectives.
    SeveralObjectives {
        /// The file.
        file: PathBuf,
        /// The study.
        study: String,
    },
    /// A stored text is not what it should be.
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What was read: "the distribution of `lr`".
        what: String,
        /// The text.
        text: String,
    },
    /// A panic in this crate, which is a mistake of its own.
    Panicked {
        /// The file.
        file: PathBuf,
        /// What it said.
        message: String,
    },
    /// Anything else that SQLite says.
    Sqlite {
        /// The file.
        file: PathBuf,
        /// What it says.
        source: Arc<rusqlite::Error>,
    },
}

impl Error {
    /// What a failure of SQLite means.
    pub(crate) fn of(file: &std::path::Path, source: rusqlite::Error, waited: Duration) -> Self {
        use rusqlite::ErrorCode as Code;
        /// SQLITE_IOERR_SHORT_READ: the file ends before the page does.
        const SHORT_READ: i32 = 10 | 2 << 8;
        let file = file.to_owned();
        let failure = source.sqlite_error();
        match failure.map(|failure| (failure.code, failure.extended_code)) {
            Some((Code::DatabaseBusy | Code::DatabaseLocked, _)) => Self::Locked { file, waited },
            Some((Code::ReadOnly | Code::PermissionDenied, _)) => Self::ReadOnly { file },
            Some((Code::DiskFull, _)) => Self::Full { file },
            Some((Code::DatabaseCorrupt, _) | (_, SHORT_READ)) => Self::Corrupt { file },
            Some((Code::NotADatabase, _)) => Self::NotADatabase { file },
            Some((Code::CannotOpen, _)) => Self::CannotOpen { file, source: Arc::new(source) },
            _ => Self::Sqlite { file, source: Arc::new(source) },
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnsupportedUrl { url } => write!(
                f,
                "`{url}` is not a storage this build knows, write sqlite:///relative.db or sqlite:////absolute.db"
            ),
            Self::MissingFolder { file } => write!(
                f,
                "{}: the folder {} does not exist, create it or name another file",
                file.display(),
                file.parent().unwrap_or(file).display()
            ),
            Self::MissingFile { file } => write!(f, "{}: there is no such file", file.display()),
            Self::CannotOpen { file, source } => write!(
                f,
                "{}: cannot be opened ({source}), check its permissions or name another file",
                file.display()
            ),
            Self::Empty { file } => write!(f, "{}: empty, there is no study in it", file.display()),
            Self::NotADatabase { file } => {
                write!(f, "{}: not a SQLite database, name another file", file.display())
            }
            Self::Corrupt { file } => write!(
                f,
                "{}: the database is damaged or cut short, restore it from a copy or name another file",
                file.display()
            ),
            Self::Foreign { file, tables } => write!(
                f,
                "{}: a database of another program (its tables: {}), name another file",
                file.display(),
                tables.join(", ")
            ),
            Self::OtherSchema { file, found } => write!(
                f,
                "{}: studies in Optuna's schema {found}, known is {}; bring it up to date with Optuna 5 \
                 (`optuna storage upgrade --storage URL`) or name another file",
                file.display(),
                crate::sqlite::ALEMBIC_HEAD
            ),
            Self::ReadOnly { file } => {
                write!(
                    f,
                    "{}: the file may not be written, change its permissions or name another",
                    file.display()
                )
            }
            Self::Locked { file, waited } => write!(
                f,
                "{}: locked by another process for more than {} s, end that process or try again",
                file.display(),
                waited.as_secs_f64()
            ),
            Self::Full { file } => {
                write!(f, "{}: the disk is full, nothing of the last change was written", file.display())
            }
            Self::SeveralObjectives { file, study } => write!(
                f,
                "{}: the study `{study}` has several objectives, only studies with one can be shown",
                file.display()
            ),
            Self::Unreadable { file, what, text } => {
                write!(f, "{}: {what} is stored as {text:?}, which cannot be read", file.display())
            }
            Self::Panicked { file, message } => write!(
                f,
                "{}: the last change failed by a mistake of this program and was not written, please report it \
                 (panic: {message})",
                file.display()
            ),
            Self::Sqlite { file, source } => write!(f, "{}: {source}", file.display()),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::CannotOpen { source, .. } => Some(&**source),
            Self::Sqlite { source, .. } => Some(&**source),
            _ => None,
        }
    }
}

impl From<Error> for StorageError {
    fn from(error: Error) -> Self {
        Self::Place(Arc::new(error))
    }
}
