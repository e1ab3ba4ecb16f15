//! What is wrong with a file is said in one line that names the file and the cure, and nothing is changed.

mod common;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use common::{Folder, url};
use rusqlite::Connection;
use tunesmith_core::{Domain, Scale, Space};
use tunesmith_store::{Options, Reader, SqliteStorage, Url};
use tunesmith_tuner::{Budget, Direction, Outcome, Storage, StorageError, Study, TrialRecord, TrialRun};

fn space() -> Space {
    Space::new().with("x", Domain::float(0.0, 1.0, Scale::Linear, None).unwrap())
}

fn fill(file: &Path, trials: u64) {
    let storage = Arc::new(SqliteStorage::open(&url(file)).unwrap());
    let study = Study::minimize(space()).storage(storage).open().unwrap();
    study.optimize(|trial: &mut TrialRun<'_>| trial.float("x"), &Budget::trials(trials)).unwrap();
}

/// Writing and reading are refused with this text, and the file stays as it is.
#[track_caller]
fn refused(file: &Path, text: &str) {
    let before = fs::read(file).ok();
    for error in [
        SqliteStorage::open(&url(file)).map(|_| ()).unwrap_err().to_string(),
        Reader::open(&url(file)).map(|_| ()).unwrap_err().to_string(),
    ] {
        assert!(error.contains(text) && error.contains(&file.display().to_string()), "{error}");
        assert!(!error.contains('\n'), "{error}");
    }
    assert_eq!(fs::read(file).ok(), before);
}

#[test]
fn a_missing_folder() {
    let folder = Folder::new();
    refused(&folder.file("nowhere/study.db"), "does not exist, create it");
    assert!(!folder.file("nowhere").exists());
}

#[test]
fn a_missing_file_is_not_made_by_reading() {
    let folder = Folder::new();
    let error = Reader::open(&url(&folder.file("study.db"))).unwrap_err();
    assert!(error.to_string().contains("there is no such file"));
    assert!(!folder.file("study.db").exists());
}

#[test]
fn a_file_that_is_no_database() {
    let folder = Folder::new();
    fs::write(folder.file("notes.txt"), "dear diary\n".repeat(500)).unwrap();
    refused(&folder.file("notes.txt"), "not a SQLite database");
    refused(&folder.file(""), "not a SQLite database");
}

#[test]
fn a_database_cut_short() {
    let folder = Folder::new();
    let file = folder.file("study.db");
    fill(&file, 40);
    let whole = fs::read(&file).unwrap();
    assert!(whole.len() > 16_384);
    for length in [whole.len() / 2, whole.len() - 1, 8192, 60, 20] {
        fs::write(&file, &whole[..length]).unwrap();
        refused(&file, "damaged or cut short");
    }
}

#[test]
fn a_database_with_a_broken_page() {
    let folder = Folder::new();
    let file = folder.file("study.db");
    fill(&file, 40);
    let mut bytes = fs::read(&file).unwrap();
    let pages = bytes.len() / 4096;
    for page in 1..pages {
        bytes[page * 4096..page * 4096 + 2048].fill(0xa5);
    }
    fs::write(&file, &bytes).unwrap();
    let opened = SqliteStorage::open(&url(&file)).map_err(StorageError::from);
    let used = opened.and_then(|storage| {
        let id = storage.open("study", &[Direction::Minimize], &space())?;
        storage.load(id)
    });
    let error = used.unwrap_err().to_string();
    assert!(error.contains("damaged or cut short") && error.contains("study.db"), "{error}");
}

#[test]
fn a_database_of_another_program() {
    let folder = Folder::new();
    let file = folder.file("music.db");
    Connection::open(&file)
        .unwrap()
        .execute_batch("CREATE TABLE albums (title TEXT); CREATE TABLE songs (n INT)")
        .unwrap();
    refused(&file, "another program (its tables: albums, songs)");
}

#[test]
fn another_version_of_the_schema() {
    let folder = Folder::new();
    let file = folder.file("study.db");
    fill(&file, 1);
    Connection::open(&file)
        .unwrap()
        .execute("UPDATE alembic_version SET version_num = 'v3.0.0.d'", [])
        .unwrap();
    refused(&file, "schema v3.0.0.d, known is v3.2.0.a; bring it up to date with Optuna 5");
}

#[test]
fn a_file_that_may_not_be_written() {
    let folder = Folder::new();
    let file = folder.file("study.db");
    fill(&file, 1);
    let mut permissions = fs::metadata(&file).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&file, permissions).unwrap();
    let error = SqliteStorage::open(&url(&file)).unwrap_err().to_string();
    assert!(error.contains("may not be written") && error.contains("study.db"), "{error}");
    assert_eq!(Reader::open(&url(&file)).unwrap().studies().unwrap().len(), 1, "but it may be read");
}

#[test]
fn a_locked_file() {
    let folder = Folder::new();
    let file = folder.file("study.db");
    fill(&file, 1);
    let other = Connection::open(&file).unwrap();
    let options = Options::default().busy_timeout(Duration::from_millis(50));
    let storage = SqliteStorage::open_with(&Url::file(&file), &options).unwrap();
    let study = storage.open("study", &[Direction::Minimize], &space()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = storage.create(study, &TrialRecord::new(0)).unwrap_err().to_string();
    assert!(error.contains("locked by another process for more than 0.05 s"), "{error}");
    storage.report(study, 0, 9, 1.0).unwrap();
    assert!(
        storage.flush().unwrap_err().to_string().contains("locked"),
        "a report that nobody waited for is not lost silently"
    );
    other.execute_batch("COMMIT").unwrap();
    assert_eq!(storage.create(study, &TrialRecord::new(0)).unwrap(), 1, "once free it goes on");
}

#[test]
fn a_full_disk_leaves_whole_trials() {
    let folder = Folder::new();
    let file = folder.file("study.db");
    // A file that may not grow fails as a full disk does, with SQLITE_FULL.
    let storage =
        SqliteStorage::open_with(&Url::file(&file), &Options::default().max_bytes(160 * 1024)).unwrap();
    let study = Study::minimize(space()).storage(Arc::new(storage)).open().unwrap();
    let objective = |trial: &mut TrialRun<'_>| {
        trial.set_attribute("note", "n".repeat(2000));
        Outcome::Complete(trial.float("x"))
    };
    let error = study.optimize(objective, &Budget::trials(1000)).unwrap_err().to_string();
    assert!(error.contains("the disk is full") && error.contains("study.db"), "{error}");
    drop(study);
    let again = Arc::new(SqliteStorage::open(&url(&file)).unwrap());
    let study = Study::minimize(space()).storage(again).open().unwrap();
    let complete = study.counts().complete;
    assert!(complete > 10);
    study
        .optimize(|trial: &mut TrialRun<'_>| trial.float("x"), &Budget::trials(complete as u64 + 5))
        .unwrap();
    let trials = study.trials();
    assert!(trials.iter().filter(|trial| trial.value.is_some()).all(|trial| trial.params.len() == 1));
}

#[test]
fn a_new_file_that_cannot_be_filled_is_not_left_behind() {
    let folder = Folder::new();
    let file = folder.file("study.db");
    let error = SqliteStorage::open_with(&Url::file(&file), &Options::default().max_bytes(8192)).unwrap_err();
    assert!(error.to_string().contains("the disk is full"), "{error}");
    assert!(!file.exists());
}

#[test]
fn a_study_with_several_objectives() {
    let folder = Folder::new();
    let file = folder.file("study.db");
    fill(&file, 1);
    Connection::open(&file)
        .unwrap()
        .execute(
            "INSERT INTO study_directions (direction, study_id, objective) VALUES ('MINIMIZE', 1, 1)",
            [],
        )
        .unwrap();
    let storage = SqliteStorage::open(&url(&file)).unwrap();
    let error = storage.open("study", &[Direction::Minimize], &space()).unwrap_err().to_string();
    assert!(
        error.contains("begun to maximize and minimize its values")
            || error.contains("begun to minimize and minimize its values"),
        "{error}"
    );
    assert!(Reader::open(&url(&file)).unwrap().study("study").is_err());
}
