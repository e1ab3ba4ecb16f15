//! Studies in a SQLite file, in Optuna 5's schema.

mod lost;
mod open;
mod read;
mod rows;
mod schema;
mod work;
mod writer;

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rusqlite::Connection;
use tunesmith_core::{Params, Space};
use tunesmith_tuner::{
    Attributes, Direction, Known, Scope, Storage, StorageError, StudyId, TrialRecord, TrialState, compatible,
};

use crate::{Error, Url, distribution, space};
pub use open::Options;
pub(crate) use open::for_reading;
pub(crate) use read::{Rows, directions, study_attributes, study_row, study_space, trials};
pub(crate) use schema::ALEMBIC_HEAD;
use writer::Writer;

/// Studies in a SQLite file that Optuna 5 and its dashboard read and write too.
///
/// One thread writes: reports are held back up to a tenth of a second and written together; what ends or begins a trial
/// is written before the call returns. The file is in write-ahead mode with `synchronous = NORMAL`: a killed process
/// loses at most the trials it ran; a power cut may also lose the last seconds' transactions (back to the last
/// checkpoint), but never leaves the file damaged. Write-ahead mode needs a file system with locks and shared memory, so
/// not a network one.
///
/// A running trial is marked with its process and kept alive by heartbeats. After a kill, a process on the same machine
/// sees at once that the owner is gone; elsewhere it takes two minutes without a heartbeat.
///
/// ```
/// use std::sync::Arc;
/// use tunesmith_core::{Domain, Scale, Space};
/// use tunesmith_store::SqliteStorage;
/// use tunesmith_tuner::{Budget, Study};
/// let storage = Arc::new(SqliteStorage::open("sqlite:///:memory:").unwrap());
/// let space = Space::new().with("x", Domain::float(0.0, 1.0, Scale::Linear, None).unwrap());
/// let study = Study::minimize(space).name("example").storage(storage).open().unwrap();
/// study.optimize(|trial| trial.float("x"), &Budget::trials(5)).unwrap();
/// assert_eq!(study.counts().complete, 5);
/// ```
#[derive(Debug)]
pub struct SqliteStorage {
    file: PathBuf,
    writer: Writer,
    spaces: Mutex<HashMap<i64, Space>>,
    rows: Mutex<HashMap<(i64, u64), i64>>,
}

impl SqliteStorage {
    /// Opens the file of a URL, and creates it if it does not exist.
    ///
    /// # Errors
    /// When the URL is not of SQLite, or the file cannot be used; what was there before is not changed then.
    pub fn open(url: &str) -> Result<Self, Error> {
        Self::open_with(&Url::parse(url)?, &Options::default())
    }

    /// Opens a place with options.
    ///
    /// # Errors
    /// When the file cannot be used; what was there before is not changed then.
    pub fn open_with(url: &Url, options: &Options) -> Result<Self, Error> {
        let connection = open::for_writing(url, options)?;
        let file = match url {
            Url::File(file) => file.clone(),
            Url::Memory => PathBuf::from(":memory:"),
        };
        let writer = Writer::start(connection, file.clone(), options.busy_timeout);
        Ok(Self { file, writer, spaces: Mutex::default(), rows: Mutex::default() })
    }

    /// The file.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Deletes a study with all its trials.
    ///
    /// # Errors
    /// When there is no such study, or the file fails.
    pub fn delete(&self, name: &str) -> Result<(), StorageError> {
        let name = name.to_owned();
        self.writer.write(move |connection| {
            let Some(study) = read::study_row(connection, &name)? else {
                return Ok(Err(StorageError::NoSuchStudy { study: name.clone() }));
            };
            for table in [
                "trial_user_attributes",
                "trial_system_attributes",
                "trial_params",
                "trial_values",
                "trial_intermediate_values",
                "trial_heartbeats",
            ] {
                let of_study = "(SELECT trial_id FROM trials WHERE study_id = ?1)";
                connection.execute(&format!("DELETE FROM {table} WHERE trial_id IN {of_study}"), [study])?;
            }
            for table in
                ["trials", "study_user_attributes", "study_system_attributes", "study_directions", "studies"]
            {
                connection.execute(&format!("DELETE FROM {table} WHERE study_id = ?1"), [study])?;
            }
            Ok(Ok(()))
        })
    }

    /// Does something with the row of a trial, once it is written.
    fn on_trial<T: Send + 'static>(
        &self,
        study: StudyId,
        trial: u64,
        mut act: impl FnMut(&Connection, i64) -> rusqlite::Result<Result<T, StorageError>> + Send + 'static,
    ) -> Result<T, StorageError> {
        let row = self.row(study, trial)?;
        self.writer.write(move |connection| act(connection, row))
    }

    /// Does something after which the trial runs here no more, whether it succeeds or not.
    fn on_last(
        &self,
        study: StudyId,
        trial: u64,
        act: impl FnMut(&Connection, i64) -> rusqlite::Result<Result<(), StorageError>> + Send + 'static,
    ) -> Result<(), StorageError> {
        let row = self.row(study, trial)?;
        let result = self.on_trial(study, trial, act);
        self.writer.set_alive(row, false);
        result
    }

    fn row(&self, study: StudyId, trial: u64) -> Result<i64, StorageError> {
        let study = study.0 as i64;
        if let Some(row) = lock(&self.rows).get(&(study, trial)) {
            return Ok(*row);
        }
        let found = self.writer.read(move |connection| Ok(Ok(read::row_of(connection, study, trial)?)))?;
        let row = found.ok_or(StorageError::NoSuchTrial { trial })?;
        lock(&self.rows).insert((study, trial), row);
        Ok(row)
    }

    /// Remembers rows, so that they need not be looked for.
    fn remember(&self, study: StudyId, trials: Vec<(i64, TrialRecord)>) -> Vec<TrialRecord> {
        let mut rows = lock(&self.rows);
        let remember = |(row, trial): (i64, TrialRecord)| {
            rows.insert((study.0 as i64, trial.number), row);
            trial
        };
        trials.into_iter().map(remember).collect()
    }

    fn space(&self, study: StudyId) -> Result<Space, StorageError> {
        let space = lock(&self.spaces).get(&(study.0 as i64)).cloned();
        space.ok_or_else(|| StorageError::NoSuchStudy { study: study.0.to_string() })
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner) // every change under these locks is one assignment or insertion
}

fn unreadable<T>(file: &Path, read: Result<T, read::Unreadable>) -> Result<T, StorageError> {
    read.map_err(|(what, text)| Error::Unreadable { file: file.to_owned(), what, text }.into())
}

impl Storage for SqliteStorage {
    fn find(&self, name: &str) -> Result<Option<StudyId>, StorageError> {
        let name = name.to_owned();
        let study = self.writer.read(move |connection| Ok(Ok(read::study_row(connection, &name)?)))?;
        Ok(study.map(|study| StudyId(study as u64)))
    }

    fn open(&self, name: &str, directions: &[Direction], space: &Space) -> Result<StudyId, StorageError> {
        let (file, name, wanted) = (self.file.clone(), name.to_owned(), space.clone());
        let directions = directions.to_vec();
        let study = self
            .writer
            .write(move |connection| open_study(connection, &file, &name, &directions, &wanted))?;
        lock(&self.spaces).insert(study, space.clone());
        Ok(StudyId(study as u64))
    }

    fn study_attributes(&self, study: StudyId, scope: Scope) -> Result<Attributes, StorageError> {
        let study = study.0 as i64;
        self.writer.read(move |connection| Ok(Ok(read::study_attributes(connection, study, scope)?)))
    }

    fn set_study_attribute(
        &self,
        study: StudyId,
        scope: Scope,
        key: &str,
        json: &str,
    ) -> Result<(), StorageError> {
        let (study, key, json) = (study.0 as i64, key.to_owned(), json.to_owned());
        self.writer.later(move |connection| rows::set_study_attribute(connection, study, scope, &key, &json))
    }

    fn create(&self, study: StudyId, trial: &TrialRecord) -> Result<u64, StorageError> {
        let space = if trial.params.is_empty() { None } else { Some(self.space(study)?) };
        let (id, record) = (study.0 as i64, trial.clone());
        let (row, number) = self.writer.write(move |connection| {
            let (row, number) = rows::insert_trial(connection, id, &record)?;
            if let Some(space) = &space {
                rows::insert_params(connection, row, &record.params, space)?;
            }
            Ok(Ok((row, number)))
        })?;
        lock(&self.rows).insert((id, number), row);
        self.writer.set_alive(row, trial.state == TrialState::Running);
        Ok(number)
    }

    fn claim(&self, study: StudyId) -> Result<Option<TrialRecord>, StorageError> {
        let (id, file) = (study.0 as i64, self.file.clone());
        let claimed = self.writer.write(move |connection| {
            let Some(row) = rows::claim(connection, id)? else { return Ok(Ok(Vec::new())) };
            Ok(unreadable(&file, read::trials(connection, Rows::one(id, row))?))
        })?;
        claimed.iter().for_each(|(row, _)| self.writer.set_alive(*row, true));
        Ok(self.remember(study, claimed).pop())
    }

    fn set_params(&self, study: StudyId, trial: u64, params: &Params) -> Result<(), StorageError> {
        let (space, params) = (self.space(study)?, params.clone());
        self.on_trial(study, trial, move |connection, row| {
            rows::set_params(connection, row, trial, &params, &space)
        })
    }

    fn set_attribute(
        &self,
        study: StudyId,
        trial: u64,
        scope: Scope,
        key: &str,
        json: &str,
    ) -> Result<(), StorageError> {
        let row = self.row(study, trial)?;
        let (key, json) = (key.to_owned(), json.to_owned());
        self.writer.later(move |connection| rows::set_attribute(connection, row, scope, &key, &json))
    }

    fn report(&self, study: StudyId, trial: u64, step: u64, value: f64) -> Result<(), StorageError> {
        let row = self.row(study, trial)?;
        self.writer.later(move |connection| rows::report(connection, row, step, value))
    }

    fn finish(&self, study: StudyId, trial: &TrialRecord) -> Result<(), StorageError> {
        let record = trial.clone();
        self.on_last(study, trial.number, move |connection, row| rows::finish(connection, row, &record))
    }

    fn put_back(&self, study: StudyId, trial: u64) -> Result<(), StorageError> {
        self.on_last(study, trial, move |connection, row| rows::put_back(connection, row, trial))
    }

    fn resume(&self, study: StudyId, trial: u64) -> Result<bool, StorageError> {
        let row = self.row(study, trial)?;
        let resumed = self.writer.write(move |connection| rows::resume(connection, row).map(Ok))?;
        if resumed {
            self.writer.set_alive(row, true);
        }
        Ok(resumed)
    }

    fn requeue_lost(&self, study: StudyId) -> Result<Vec<u64>, StorageError> {
        let study = study.0 as i64;
        self.writer.write(move |connection| lost::requeue(connection, study))
    }

    fn heartbeat(&self, study: StudyId, trial: u64) -> Result<(), StorageError> {
        self.on_trial(study, trial, |connection, row| Ok(Ok(rows::heartbeat(connection, row)?)))
    }

    fn refresh(&self, study: StudyId, known: &Known) -> Result<Vec<TrialRecord>, StorageError> {
        let (id, file) = (study.0 as i64, self.file.clone());
        let after = match known.below.checked_sub(1) {
            Some(previous) => self.row(study, previous)?,
            None => -1,
        };
        let rows = |numbers: &[u64]| -> Result<BTreeSet<i64>, StorageError> {
            let earlier = numbers.iter().filter(|number| **number < known.below);
            earlier.map(|number| self.row(study, *number)).collect()
        };
        let (running, waited, paused) = (rows(&known.running)?, rows(&known.waiting)?, rows(&known.paused)?);
        let found = self.writer.read(move |connection| {
            let mut changed = running.clone();
            if !waited.is_empty() {
                changed.extend(waited.difference(&read::waiting(connection, id)?));
            }
            if !paused.is_empty() {
                changed.extend(paused.difference(&read::paused(connection, id)?));
            }
            let mut found = Vec::new();
            let new = Rows { study: id, after, last: i64::MAX };
            for rows in Rows::runs(id, &changed).into_iter().chain([new]) {
                match unreadable(&file, read::trials(connection, rows)?) {
                    Ok(trials) => found.extend(trials),
                    Err(error) => return Ok(Err(error)),
                }
            }
            Ok(Ok(found))
        })?;
        Ok(self.remember(study, found))
    }

    fn load(&self, study: StudyId) -> Result<Vec<TrialRecord>, StorageError> {
        let (id, file) = (study.0 as i64, self.file.clone());
        let found = self
            .writer
            .read(move |connection| Ok(unreadable(&file, read::trials(connection, Rows::all(id))?)))?;
        Ok(self.remember(study, found))
    }

    fn flush(&self) -> Result<(), StorageError> {
        self.writer.read(|_| Ok(Ok(())))?;
        self.writer.check()
    }
}

/// Opens or creates a study in a transaction.
fn open_study(
    connection: &Connection,
    file: &Path,
    name: &str,
    directions: &[Direction],
    space: &Space,
) -> rusqlite::Result<Result<i64, StorageError>> {
    let space_json = space::to_json(space);
    let Some(study) = read::study_row(connection, name)? else {
        connection.execute("INSERT INTO studies (study_name) VALUES (?1)", [name])?;
        let study = connection.last_insert_rowid();
        for (objective, direction) in directions.iter().enumerate() {
            connection.execute(
                "INSERT INTO study_directions (direction, study_id, objective) VALUES (?1, ?2, ?3)",
                (direction.name().to_uppercase(), study, objective as i64),
            )?;
        }
        rows::set_study_attribute(connection, study, Scope::System, rows::SPACE, &space_json)?;
        return Ok(Ok(study));
    };
    let stored = read::directions(connection, study)?;
    if stored != directions {
        return Ok(Err(StorageError::DirectionChanged { study: name.to_owned(), stored }));
    }
    for (key, text) in read::first_domains(connection, study)? {
        let Some(stored) = distribution::from_json(&text) else {
            return Ok(unreadable(file, Err((format!("the distribution of `{key}`"), text))));
        };
        let Some(wanted) = space.dimension(&key).map(|dimension| &dimension.domain) else { continue };
        if !compatible(&stored, wanted) {
            return Ok(Err(StorageError::SpaceChanged {
                study: name.to_owned(),
                key,
                stored: stored.to_string(),
                wanted: wanted.to_string(),
            }));
        }
    }
    if read::study_attributes(connection, study, Scope::System)?.get(rows::SPACE) != Some(&space_json) {
        rows::set_study_attribute(connection, study, Scope::System, rows::SPACE, &space_json)?;
    }
    Ok(Ok(study))
}
