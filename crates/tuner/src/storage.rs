//! `Storage`: where a study lives.

use std::fmt::{self, Debug, Display};
use std::sync::Arc;

use tunesmith_core::{Domain, Params, Scale, Space};

use crate::{Attributes, Direction, Scope, TrialRecord};

/// A trial that is lost with its process is repeated so many times.
pub const MOST_RETRIES: usize = 3;

/// A study's name in its storage, for machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StudyId(pub u64);

/// What somebody knows of a study already, so that it need not be read again (see [`Storage::refresh`]).
///
/// ```
/// use tunesmith_tuner::Known;
/// let nothing = Known::default();
/// assert_eq!((nothing.below, nothing.running.len(), nothing.waiting.len()), (0, 0, 0));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Known {
    /// Every trial below this number is known.
    pub below: u64,
    /// The trials that were running when they were last heard of, but for the caller's own.
    pub running: Vec<u64>,
    /// The trials that were waiting when they were last heard of.
    pub waiting: Vec<u64>,
    /// The trials that were paused when they were last heard of.
    pub paused: Vec<u64>,
}

/// Keeps studies and their trials.
///
/// A study writes every change through before it tells anyone: what [`create`](Self::create), [`claim`](Self::claim),
/// [`set_params`](Self::set_params), [`finish`](Self::finish), [`put_back`](Self::put_back) and
/// [`requeue_lost`](Self::requeue_lost) have done survives a kill of the process once they return. Reports and
/// attributes may be held back for a moment and written together. A storage that several processes share keeps the
/// trials it runs alive by heartbeats of its own; [`heartbeat`](Self::heartbeat) is one more for callers who want it.
pub trait Storage: Debug + Send + Sync {
    /// The study of that name, if there is one; nothing is changed. [`open`](Self::open) stores the space it is given:
    /// who wants to compare attributes before that, finds the study first.
    ///
    /// # Errors
    /// When the storage fails.
    fn find(&self, name: &str) -> Result<Option<StudyId>, StorageError>;

    /// Opens the study of that name, or creates it; from then on it has this space.
    ///
    /// # Errors
    /// When the study exists with other directions, or a stored dimension cannot become what `space` says
    /// (see [`compatible`]); it keeps the space it has then.
    fn open(&self, name: &str, directions: &[Direction], space: &Space) -> Result<StudyId, StorageError>;

    /// The study's attributes.
    ///
    /// # Errors
    /// When the storage fails.
    fn study_attributes(&self, study: StudyId, scope: Scope) -> Result<Attributes, StorageError>;

    /// Sets an attribute of the study to a JSON text.
    ///
    /// # Errors
    /// When the storage fails.
    fn set_study_attribute(
        &self,
        study: StudyId,
        scope: Scope,
        key: &str,
        json: &str,
    ) -> Result<(), StorageError>;

    /// Adds a trial and returns its number; the number in the record is ignored.
    ///
    /// # Errors
    /// When the storage fails.
    fn create(&self, study: StudyId, trial: &TrialRecord) -> Result<u64, StorageError>;

    /// Takes the first waiting trial and marks it as running: no two callers get the same.
    ///
    /// # Errors
    /// When the storage fails.
    fn claim(&self, study: StudyId) -> Result<Option<TrialRecord>, StorageError>;

    /// Sets all settings of a running trial.
    ///
    /// # Errors
    /// When the trial does not run, or the storage fails.
    fn set_params(&self, study: StudyId, trial: u64, params: &Params) -> Result<(), StorageError>;

    /// Sets an attribute of a trial to a JSON text.
    ///
    /// # Errors
    /// When there is no such trial, or the storage fails.
    fn set_attribute(
        &self,
        study: StudyId,
        trial: u64,
        scope: Scope,
        key: &str,
        json: &str,
    ) -> Result<(), StorageError>;

    /// Takes a running trial's value at a step.
    ///
    /// # Errors
    /// When the storage fails, perhaps with an earlier report.
    fn report(&self, study: StudyId, trial: u64, step: u64, value: f64) -> Result<(), StorageError>;

    /// Ends a running trial, or pauses it: state, values, reason and time are those of the record.
    ///
    /// # Errors
    /// When the trial does not run, or the storage fails.
    fn finish(&self, study: StudyId, trial: &TrialRecord) -> Result<(), StorageError>;

    /// Makes a running trial wait again, without its reports (see [`TrialRecord::put_back`]).
    ///
    /// # Errors
    /// When the trial does not run, or the storage fails.
    fn put_back(&self, study: StudyId, trial: u64) -> Result<(), StorageError>;

    /// Lets a paused trial run again, with its reports; false when it is not paused any more: no two callers get the same.
    ///
    /// # Errors
    /// When there is no such trial, or the storage fails.
    fn resume(&self, study: StudyId, trial: u64) -> Result<bool, StorageError>;

    /// Fails the running trials whose process is gone, adds a waiting copy of each (see [`TrialRecord::retry`]), and
    /// returns the numbers of the lost ones. A trial that was lost [`MOST_RETRIES`] times before gets no further copy:
    /// it may be what kills its process.
    ///
    /// # Errors
    /// When the storage fails.
    fn requeue_lost(&self, study: StudyId) -> Result<Vec<u64>, StorageError>;

    /// Says that a running trial is alive.
    ///
    /// # Errors
    /// When the storage fails.
    fn heartbeat(&self, study: StudyId, trial: u64) -> Result<(), StorageError>;

    /// What is new to somebody who knows that much: the trials from `known.below` on, those that were running, and
    /// those that were waiting or paused and are so no more. It is asked before every trial, so trials that wait still or are still paused, perhaps
    /// hundreds, must cost next to nothing.
    ///
    /// # Errors
    /// When the storage fails.
    fn refresh(&self, study: StudyId, known: &Known) -> Result<Vec<TrialRecord>, StorageError>;

    /// All trials of a study, by number.
    ///
    /// # Errors
    /// When the storage fails.
    fn load(&self, study: StudyId) -> Result<Vec<TrialRecord>, StorageError>;

    /// Waits until everything handed over is written.
    ///
    /// # Errors
    /// When the storage fails, perhaps with an earlier report.
    fn flush(&self) -> Result<(), StorageError>;
}

/// Why a storage cannot do what was asked.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum StorageError {
    /// The study exists with other directions, or another number of objectives.
    DirectionChanged {
        /// The study.
        study: String,
        /// The directions it has.
        stored: Vec<Direction>,
    },
    /// A stored dimension cannot become what the space says now.
    SpaceChanged {
        /// The study.
        study: String,
        /// The dimension.
        key: String,
        /// What was searched so far.
        stored: String,
        /// What should be searched now.
        wanted: String,
    },
    /// No study of that name is stored.
    NoSuchStudy {
        /// The name, or the number of the id.
        study: String,
    },
    /// No trial of that number is stored.
    NoSuchTrial {
        /// The number.
        trial: u64,
    },
    /// Only a running trial can be changed.
    NotRunning {
        /// The number.
        trial: u64,
        /// The state it is in.
        state: &'static str,
    },
    /// The place where the storage keeps its data fails.
    Place(Arc<dyn std::error::Error + Send + Sync>),
}

impl fmt::Display for StorageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DirectionChanged { study, stored } => {
                let stored: Vec<&str> = stored.iter().map(|direction| direction.name()).collect();
                let values = if stored.len() == 1 { "value" } else { "values" };
                write!(
                    f,
                    "the study `{study}` was begun to {} its {values}, give this search another name (--study OTHERNAME)",
                    stored.join(" and ")
                )
            }
            Self::SpaceChanged { study, key, stored, wanted } => write!(
                f,
                "{key}: the study `{study}` searched [{stored}] so far and cannot go on with [{wanted}], \
                 give this search another name (--study OTHERNAME)"
            ),
            Self::NoSuchStudy { study } => write!(f, "no study is called `{study}`"),
            Self::NoSuchTrial { trial } => write!(f, "there is no trial {trial}"),
            Self::NotRunning { trial, state } => {
                write!(f, "trial {trial} is {state}, only a running trial can be changed")
            }
            Self::Place(source) => Display::fmt(source, f),
        }
    }
}

impl std::error::Error for StorageError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Place(source) => source.source(), // its message is already ours
            _ => None,
        }
    }
}

/// Whether a dimension of a stored study may become another one: ranges and steps may change; the type, a log scale
/// and the options of a choice may not (Optuna's rule).
///
/// ```
/// use tunesmith_core::{Domain, Scale};
/// use tunesmith_tuner::compatible;
/// let domain = |low, scale| Domain::float(low, 1.0, scale, None).unwrap();
/// assert!(compatible(&domain(0.1, Scale::Log), &domain(0.5, Scale::Log)));
/// assert!(!compatible(&domain(0.1, Scale::Log), &domain(0.1, Scale::Linear)));
/// ```
#[must_use]
pub fn compatible(stored: &Domain, wanted: &Domain) -> bool {
    match (stored, wanted) {
        (Domain::Float { scale: a, .. }, Domain::Float { scale: b, .. })
        | (Domain::Int { scale: a, .. }, Domain::Int { scale: b, .. }) => {
            (*a == Scale::Log) == (*b == Scale::Log)
        }
        (Domain::Choice { options: a }, Domain::Choice { options: b }) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.same(b))
        }
        _ => false,
    }
}
