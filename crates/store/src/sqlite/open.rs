//! Opening a database: what is wrong with a file is found before anything is changed.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::time::Duration;

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
    let exists = check(file)?;
    if exists && fs::metadata(file).is_ok_and(|metadata| metadata.permissions().readonly()) {
        return Err(Error::ReadOnly { file: file.clone() });
    }
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    prepare(file, flags, options).inspect_err(|_| {
        if !exists {
            // A file that could not be filled is worse than none.
            let _ = fs::remove_file(file);
        }
    })
}

fn prepare(file: &Path, flags: OpenFlags, options: &Options) -> Result<Connection, Error> {
    let failed = |error| Error::of(file, error, options.busy_timeout);
    let mut connection = Connection::open_with_flags(file, flags).map_err(failed)?;
    connection.busy_timeout(options.busy_timeout).map_err(failed)?;
    let content = schema::content(&connection, file, options.busy_timeout)?;
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
    if !check(file)? {
        return Err(Error::MissingFile { file: file.to_owned() });
    }
    let failed = |error| Error::of(file, error, options.busy_timeout);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags).map_err(failed)?;
    connection.busy_timeout(options.busy_timeout).map_err(failed)?;
    match schema::content(&connection, file, options.busy_timeout)? {
        Content::Studies => Ok(connection),
        Content::Nothing => Err(Error::Foreign { file: file.to_owned(), tables: vec!["none".to_owned()] }),
    }
}

/// Whether the file exists and is not empty; an error when it cannot be a database that is whole.
fn check(file: &Path) -> Result<bool, Error> {
    let folder = match file.parent() {
        Some(folder) if folder.as_os_str().is_empty() => Path::new("."),
        Some(folder) => folder,
        None => file,
    };
    if !folder.is_dir() {
        return Err(Error::MissingFolder { file: file.to_owned() });
    }
    if file.is_dir() {
        return Err(Error::NotADatabase { file: file.to_owned() });
    }
    let Ok(mut opened) = File::open(file) else { return Ok(false) };
    let length = opened.metadata().map_or(0, |metadata| metadata.len());
    if length == 0 {
        return Ok(false);
    }
    // The database header: https://www.sqlite.org/fileformat.html, section 1.3.
    let mut header = Vec::new();
    let read = opened.by_ref().take(100).read_to_end(&mut header);
    if read.is_err() || !header.starts_with(b"SQLite format 3\0") {
        return Err(Error::NotADatabase { file: file.to_owned() });
    }
    let number = |at: usize, bytes: usize| {
        header
            .get(at..at + bytes)
            .map_or(0, |part| part.iter().fold(0_u64, |n, byte| n << 8 | u64::from(*byte)))
    };
    let page = if number(16, 2) == 1 { 65_536 } else { number(16, 2) };
    let count_is_valid = number(24, 4) == number(92, 4);
    // With a log beside it the file may be short: the log holds the rest.
    let mut log = file.as_os_str().to_owned();
    log.push("-wal");
    let has_log = fs::metadata(log).is_ok_and(|metadata| metadata.len() > 0);
    if header.len() < 100 || !has_log && count_is_valid && length < page * number(28, 4) {
        return Err(Error::Corrupt { file: file.to_owned() });
    }
    Ok(true)
}
