//! `Reader`: looking at studies without changing anything.

use std::path::PathBuf;

use rusqlite::Connection;
use tunesmith_core::Space;
use tunesmith_tuner::{Attributes, Direction, Scope, StorageError, TrialRecord};

use crate::sqlite::{self, Options, Rows};
use crate::{Error, Url};

/// Lists the studies in a file and loads them, those of Optuna too; never writes.
///
/// ```no_run
/// use tunesmith_store::Reader;
/// let reader = Reader::open("sqlite:///tunesmith.db").unwrap();
/// for summary in reader.studies().unwrap() {
///     let study = reader.study(&summary.name).unwrap();
///     assert_eq!(study.trials.len(), summary.trials as usize);
/// }
/// ```
#[derive(Debug)]
pub struct Reader {
    connection: Connection,
    file: PathBuf,
    options: Options,
}

/// A study in a list.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct StudySummary {
    /// Its name.
    pub name: String,
    /// Which way is better, one per objective.
    pub directions: Vec<Direction>,
    /// How many trials it has, in whatever state.
    pub trials: u64,
    /// How many of them are complete.
    pub complete: u64,
}

/// A study with all its trials.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct StoredStudy {
    /// Its name.
    pub name: String,
    /// Which way is better.
    pub direction: Direction,
    /// What was searched; for a study of another program the names and ranges its trials have, without conditions.
    pub space: Space,
    /// All trials, by number.
    pub trials: Vec<TrialRecord>,
    /// Attributes for people.
    pub user: Attributes,
    /// Attributes for samplers, pruners and tools.
    pub system: Attributes,
}

impl Reader {
    /// Opens the file of a URL.
    ///
    /// # Errors
    /// When the URL is not of a file, there is no such file, or it does not hold studies.
    pub fn open(url: &str) -> Result<Self, Error> {
        let Url::File(file) = Url::parse(url)? else {
            return Err(Error::UnsupportedUrl { url: url.to_owned() });
        };
        let options = Options::default();
        Ok(Self { connection: sqlite::for_reading(&file, &options)?, file, options })
    }

    /// The studies, in the order in which they were created.
    ///
    /// # Errors
    /// When the file fails.
    pub fn studies(&self) -> Result<Vec<StudySummary>, Error> {
        let list = || {
            let mut statement = self.connection.prepare(
                "SELECT s.study_id, s.study_name, COUNT(t.trial_id), COUNT(CASE t.state WHEN 'COMPLETE' THEN 1 END)
                   FROM studies s LEFT JOIN trials t ON t.study_id = s.study_id GROUP BY s.study_id",
            )?;
            let mut found = statement.query([])?;
            let mut studies = Vec::new();
            while let Some(row) = found.next()? {
                studies.push(StudySummary {
                    name: row.get(1)?,
                    directions: sqlite::directions(&self.connection, row.get(0)?)?,
                    trials: row.get::<_, i64>(2)? as u64,
                    complete: row.get::<_, i64>(3)? as u64,
                });
            }
            Ok(studies)
        };
        list().map_err(|error| self.failed(error))
    }

    /// The study of that name, as it is at one moment.
    ///
    /// # Errors
    /// When there is none, it has several objectives, or the file fails.
    pub fn study(&self, name: &str) -> Result<StoredStudy, StorageError> {
        let snapshot = self.connection.unchecked_transaction().map_err(|error| self.failed(error))?;
        self.load(&snapshot, name).map_err(|error| self.failed(error))?
    }

    fn load(
        &self,
        connection: &Connection,
        name: &str,
    ) -> rusqlite::Result<Result<StoredStudy, StorageError>> {
        let unreadable = |(what, text)| Error::Unreadable { file: self.file.clone(), what, text }.into();
        let Some(id) = sqlite::study_row(connection, name)? else {
            return Ok(Err(StorageError::NoSuchStudy { study: name.to_owned() }));
        };
        let directions = sqlite::directions(connection, id)?;
        let [direction] = directions[..] else {
            let error = Error::SeveralObjectives { file: self.file.clone(), study: name.to_owned() };
            return Ok(Err(error.into()));
        };
        let system = sqlite::study_attributes(connection, id, Scope::System)?;
        let space = match sqlite::study_space(connection, id, &system)? {
            Ok(space) => space,
            Err(text) => return Ok(Err(unreadable(text))),
        };
        let trials = match sqlite::trials(connection, Rows::all(id))? {
            Ok(trials) => trials.into_iter().map(|(_, trial)| trial).collect(),
            Err(text) => return Ok(Err(unreadable(text))),
        };
        let user = sqlite::study_attributes(connection, id, Scope::User)?;
        Ok(Ok(StoredStudy { name: name.to_owned(), direction, space, trials, user, system }))
    }

    fn failed(&self, error: rusqlite::Error) -> Error {
        Error::of(&self.file, error, self.options.busy_timeout)
    }
}
