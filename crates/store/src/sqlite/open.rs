//! Opening a database: what is wrong with a file is found before anything is changed.

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};

use super::schema::{self, Content};
use crate::{Error, Url};

/// How to open a storage.
///
/// ```
/// use std::time::Duration;
/// let options = tunesmith_store::Options::default();
/// assert_eq!(options.busy_timeout, Duration::from_secs(60));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Options {
    /// How long to wait while another process writes, before the storage counts as locked.
    pub busy_timeout: Duration,
    /// The most bytes the file may grow to; no limit but the disk's if nothing is said.
    pub max_bytes: Option<u64>,
}

impl Default for Options {
    fn default() -> Self {
        Self { busy_timeout: Duration::from_secs(60), max_bytes: None }
    }
}

impl Options {
    /// Waits so long while another process writes.
    #[must_use]
    pub fn busy_timeout(mut self, timeout: Duration) -> Self {
        self.busy_timeout = timeout;
        self
    }

    /// Lets the file grow to so many bytes.
    #[must_use]
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = Some(bytes);
        self
    }
}

/// Opens a database for writing, and makes the tables in an empty one.
pub(super) fn for_writing(url: &Url, options: &Options) -> Result<Connection, Error> {
    let Url::File(file) = url else {
        let failed = |error| Error::of(Path::new(":memory:"), error, options.busy_timeout);
        let mut connection = Connection::open_in_memory().map_err(failed)?;
        schema::create(&mut connection).map_err(failed)?;
        return Ok(connection);
    };
    let exists = exists(file)?;
    if exists && fs::metadata(file).is_ok_and(|metadata| metadata.permissions().readonly()) {
        return Err(Error::ReadOnly { file: file.clone() });
    }
    let is_ours = !exists && create(file)?;
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    patiently(options.busy_timeout, || prepare(file, flags, options)).inspect_err(|_| {
        if is_ours {
            discard(file);
        }
    })
}

/// Tries again while somebody else holds the lock: SQLite itself does not wait where two that wait would wait for each
/// other, as when several processes switch a new file to WAL at once.
fn patiently<R>(patience: Duration, attempt: impl Fn() -> Result<R, Error>) -> Result<R, Error> {
    let began = Instant::now();
    loop {
        match attempt() {
            Err(Error::Locked { .. }) if began.elapsed() < patience => {
                std::thread::sleep(Duration::from_millis(5))
            }
            done => return done,
        }
    }
}

fn prepare(file: &Path, flags: OpenFlags, options: &Options) -> Result<Connection, Error> {
    let failed = |error| Error::of(file, error, options.busy_timeout);
    let mut connection = Connection::open_with_flags(file, flags).map_err(failed)?;
    connection.busy_timeout(options.busy_timeout).map_err(failed)?;
    let content = look(&connection, file, options)?;
    if let Some(bytes) = options.max_bytes {
        let page: i64 = connection.query_row("PRAGMA page_size", [], |row| row.get(0)).map_err(failed)?;
        let pages = (i64::try_from(bytes).unwrap_or(i64::MAX) / page).max(1);
        connection.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(())).map_err(failed)?;
    }
    connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(())).map_err(failed)?;
    connection.execute_batch("PRAGMA synchronous = NORMAL").map_err(failed)?;
    connection.set_prepared_statement_cache_capacity(64);
    match content {
        Content::Nothing => schema::create(&mut connection),
        Content::Studies => schema::complete(&connection),
    }
    .map_err(failed)?;
    Ok(connection)
}

/// Opens a database that exists, for reading only.
pub(crate) fn for_reading(file: &Path, options: &Options) -> Result<Connection, Error> {
    if !exists(file)? {
        return Err(Error::MissingFile { file: file.to_owned() });
    }
    let failed = |error| Error::of(file, error, options.busy_timeout);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags).map_err(failed)?;
    connection.busy_timeout(options.busy_timeout).map_err(failed)?;
    match look(&connection, file, options)? {
        Content::Studies => Ok(connection),
        Content::Nothing => Err(Error::Empty { file: file.to_owned() }),
    }
}

/// Whether there is such a file; an error when that cannot be known, or it can be no database.
///
/// The file is not opened, here or below where it may be a database: closing it would give up the locks that SQLite
/// holds on it for other connections of this process (<https://www.sqlite.org/howtocorrupt.html>, section 2.2).
fn exists(file: &Path) -> Result<bool, Error> {
    let folder = match file.parent() {
        Some(folder) if folder.as_os_str().is_empty() => Path::new("."),
        Some(folder) => folder,
        None => file,
    };
    match fs::metadata(folder) {
        Ok(folder) if folder.is_dir() => {}
        Err(error) if !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Err(cannot_open(file, error));
        }
        _ => return Err(Error::MissingFolder { file: file.to_owned() }),
    }
    match fs::metadata(file) {
        Ok(found) if found.is_file() => Ok(true),
        Ok(_) => Err(Error::NotADatabase { file: file.to_owned() }),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(cannot_open(file, error)),
    }
}

/// Makes an empty file; false when somebody else has made one meanwhile.
fn create(file: &Path) -> Result<bool, Error> {
    match File::create_new(file) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(cannot_open(file, error)),
    }
}

/// Removes a file that this process has made and could not fill, unless somebody else has filled it or is about to.
fn discard(file: &Path) {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let Ok(connection) = Connection::open_with_flags(file, flags) else { return };
    let _ = connection.busy_timeout(Duration::ZERO); // whoever holds the lock is about to fill it
    // Left behind, the file would be empty, which is as good as none.
    if connection.execute_batch("BEGIN IMMEDIATE").is_ok() && schema::is_empty(&connection).unwrap_or(false) {
        let _ = fs::remove_file(file);
    }
}

fn cannot_open(file: &Path, error: std::io::Error) -> Error {
    Error::CannotOpen { file: file.to_owned(), source: Arc::new(error) }
}

/// What the database holds, without changing it; an error when it is not whole.
fn look(connection: &Connection, file: &Path, options: &Options) -> Result<Content, Error> {
    let content = schema::content(connection, file, options.busy_timeout).map_err(|error| match error {
        Error::NotADatabase { file } if has_signature(&file) => Error::Corrupt { file },
        error => error,
    })?;
    // SQLite counts the beginning of a page as a page.
    let number = |pragma| connection.query_row(pragma, [], |row| row.get::<_, i64>(0));
    let bytes = number("PRAGMA page_count").and_then(|pages| Ok(pages * number("PRAGMA page_size")?));
    let bytes = bytes.map_err(|error| Error::of(file, error, options.busy_timeout))?;
    // With a log beside it the file may be short: the log holds the rest.
    let mut log = file.as_os_str().to_owned();
    log.push("-wal");
    let has_log = fs::metadata(log).is_ok_and(|metadata| metadata.len() > 0);
    if !has_log && fs::metadata(file).is_ok_and(|metadata| metadata.len() < bytes as u64) {
        return Err(Error::Corrupt { file: file.to_owned() });
    }
    Ok(content)
}

/// Whether what SQLite does not take for a database begins as one
/// (<https://www.sqlite.org/fileformat.html>, section 1.3).
fn has_signature(file: &Path) -> bool {
    let mut begin = [0; 16];
    File::open(file).and_then(|mut file| file.read_exact(&mut begin)).is_ok()
        && begin == *b"SQLite format 3\0"
}

#[cfg(test)]
mod tests {
    use super::{create, discard};
    use std::fs;

    /// An empty file in a folder of its own.
    fn with_new_file(act: impl FnOnce(&std::path::Path)) {
        static COUNT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
        let count = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("tunesmith-open-{}-{count}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let file = folder.join("study.db");
        assert!(create(&file).unwrap());
        act(&file);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_file_that_appears_meanwhile_is_not_ours() {
        with_new_file(|file| {
            fs::write(file, "theirs").unwrap();
            assert!(!create(file).unwrap());
            assert_eq!(fs::read_to_string(file).unwrap(), "theirs");
        });
    }

    #[test]
    fn our_empty_file_is_discarded_but_not_what_others_put_into_it() {
        with_new_file(|file| {
            discard(file);
            assert!(!file.exists());
        });
        for begin in ["CREATE TABLE albums (title TEXT)", "BEGIN IMMEDIATE"] {
            with_new_file(|file| {
                let other = rusqlite::Connection::open(file).unwrap();
                other.execute_batch(begin).unwrap();
                discard(file);
                assert!(file.exists(), "{begin}");
            });
        }
    }
}
