//! An open that fails takes nothing away: only a file that this very call made may vanish again.

#![cfg(unix)]

mod common;

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use common::{Folder, url};
use rusqlite::Connection;
use tunesmith_core::{Domain, Scale, Space};
use tunesmith_store::{Options, Reader, SqliteStorage, Url};
use tunesmith_tuner::{Budget, Study, TrialRun};

fn fill(file: &Path) {
    let space = Space::new().with("x", Domain::float(0.0, 1.0, Scale::Linear, None).unwrap());
    let storage = Arc::new(SqliteStorage::open(&url(file)).unwrap());
    let study = Study::minimize(space).storage(storage).open().unwrap();
    study.optimize(|trial: &mut TrialRun<'_>| trial.float("x"), &Budget::trials(3)).unwrap();
}

/// Whether something has that name, whatever it is.
fn is_there(file: &Path) -> bool {
    file.symlink_metadata().is_ok()
}

/// Opens for writing with a limit that no new database fits into.
fn open_on_a_full_disk(file: &Path) -> String {
    let options = Options::default().max_bytes(8192).busy_timeout(Duration::from_millis(50));
    SqliteStorage::open_with(&Url::file(file), &options).unwrap_err().to_string()
}

#[test]
fn an_empty_file_of_the_users_stays_and_is_as_good_as_none() {
    let folder = Folder::new();
    let file = folder.file("study.db");
    fs::write(&file, "").unwrap();
    let error = Reader::open(&url(&file)).unwrap_err().to_string();
    assert!(error.contains("study.db: empty, there is no study in it"), "{error}");
    let error = open_on_a_full_disk(&file);
    assert!(error.contains("the disk is full"), "{error}");
    assert!(is_there(&file));
    fill(&file);
    assert_eq!(Reader::open(&url(&file)).unwrap().studies().unwrap()[0].complete, 3);
}

#[test]
fn an_empty_file_that_another_process_is_about_to_fill_stays() {
    let folder = Folder::new();
    let file = folder.file("study.db");
    let other = Connection::open(&file).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    assert_eq!(fs::metadata(&file).unwrap().len(), 0);
    let error = open_on_a_full_disk(&file);
    assert!(error.contains("locked by another process"), "{error}");
    assert!(is_there(&file));
    other.execute_batch("CREATE TABLE albums (title TEXT); COMMIT").unwrap();
}

#[test]
fn what_cannot_be_opened_stays() {
    let folder = Folder::new();
    let circle = folder.file("circle.db");
    symlink(&circle, &circle).unwrap();
    for error in [
        SqliteStorage::open(&url(&circle)).unwrap_err().to_string(),
        Reader::open(&url(&circle)).unwrap_err().to_string(),
    ] {
        assert!(error.contains("circle.db: cannot be opened (") && error.contains("permissions"), "{error}");
    }
    assert!(is_there(&circle));

    // Nobody but its owner's peer may open a socket.
    let socket = folder.file("socket.db");
    let _listener = UnixListener::bind(&socket).unwrap();
    let error = SqliteStorage::open(&url(&socket)).unwrap_err().to_string();
    assert!(error.contains("not a SQLite database"), "{error}");
    assert!(is_there(&socket));

    let directory = folder.file("directory.db");
    fs::create_dir(&directory).unwrap();
    let error = SqliteStorage::open(&url(&directory)).unwrap_err().to_string();
    assert!(error.contains("not a SQLite database"), "{error}");
    assert!(directory.is_dir());
}

/// For everybody but root, who may read and write everything, the second open fails.
#[test]
fn a_file_that_may_not_be_read_stays_as_it_is() {
    let folder = Folder::new();
    let file = folder.file("study.db");
    fill(&file);
    let before = fs::read(&file).unwrap();
    for mode in [0o000, 0o200] {
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        let opened = SqliteStorage::open(&url(&file));
        if let Err(error) = &opened {
            let error = error.to_string();
            assert!(error.contains("may not be written") || error.contains("cannot be opened"), "{error}");
        }
        drop(opened);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(fs::read(&file).unwrap(), before);
    }
}

/// POSIX forgets a process's locks on a file as soon as the process closes the file once, whoever opened it. Another
/// program then takes itself for the last one and removes the log from under us.
#[cfg(target_os = "linux")]
#[test]
fn looking_at_a_file_gives_up_no_lock_of_those_who_write_it() {
    use std::os::unix::fs::MetadataExt;
    let folder = Folder::new();
    let file = folder.file("study.db");
    let storage = SqliteStorage::open(&url(&file)).unwrap();
    let inode = format!(":{} ", fs::metadata(&file).unwrap().ino());
    let is_locked = || fs::read_to_string("/proc/locks").unwrap().lines().any(|line| line.contains(&inode));
    assert!(is_locked());
    Reader::open(&url(&file)).unwrap();
    assert!(is_locked(), "after reading");
    drop(SqliteStorage::open(&url(&file)).unwrap());
    assert!(is_locked(), "after writing");
    drop(storage);
    assert!(!is_locked());
}
