//! `MemoryStorage`: studies that live as long as the process.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use tunesmith_core::{Params, Space};

use crate::packed::{Packed, Words};
use crate::{
    Attributes, Direction, Known, Scope, Storage, StorageError, StudyId, TrialRecord, TrialState, compatible,
};

/// Keeps studies in memory; nothing survives the process, so nothing is ever lost without it.
///
/// ```
/// use tunesmith_core::Space;
/// use tunesmith_tuner::{Direction, MemoryStorage, Storage, TrialRecord};
/// let storage = MemoryStorage::new();
/// let study = storage.open("example", &[Direction::Minimize], &Space::new()).unwrap();
/// assert_eq!(storage.create(study, &TrialRecord::new(0)).unwrap(), 0);
/// assert_eq!(storage.load(study).unwrap().len(), 1);
/// ```
#[derive(Debug, Default)]
pub struct MemoryStorage {
    studies: Mutex<Vec<StoredStudy>>,
}

#[derive(Debug)]
struct StoredStudy {
    name: String,
    directions: Vec<Direction>,
    space: Space,
    attributes: BTreeMap<Scope, Attributes>,
    trials: Vec<Stored>,
    words: Words,
}

/// A trial as it is kept: once it has ended it takes as little memory as it can.
#[derive(Debug)]
enum Stored {
    Open(Box<TrialRecord>),
    Packed(Packed),
}

impl StoredStudy {
    fn records(&self) -> impl Iterator<Item = TrialRecord> + '_ {
        self.records_from(0)
    }

    fn records_from(&self, place: usize) -> impl Iterator<Item = TrialRecord> + '_ {
        (place..self.trials.len()).filter_map(|place| self.record(place))
    }

    fn record(&self, place: usize) -> Option<TrialRecord> {
        Some(match self.trials.get(place)? {
            Stored::Open(trial) => (**trial).clone(),
            Stored::Packed(packed) => packed.unpack(place as u64, &self.words),
        })
    }

    /// The trials that have not ended.
    fn open(&mut self) -> impl Iterator<Item = &mut TrialRecord> {
        self.trials.iter_mut().filter_map(|stored| match stored {
            Stored::Open(trial) => Some(&mut **trial),
            Stored::Packed(_) => None,
        })
    }

    fn change<T>(&mut self, place: usize, act: impl FnOnce(&mut TrialRecord) -> T) -> Option<T> {
        let mut trial = match self.trials.get_mut(place)? {
            Stored::Open(trial) if !trial.state.is_finished() => {
                let done = act(trial);
                if let Some(packed) = Packed::of(trial, &mut self.words) {
                    self.trials[place] = Stored::Packed(packed);
                }
                return Some(done);
            }
            _ => self.record(place)?,
        };
        let done = act(&mut trial);
        self.trials[place] = match Packed::of(&trial, &mut self.words) {
            Some(packed) => Stored::Packed(packed),
            None => Stored::Open(Box::new(trial)),
        };
        Some(done)
    }
}

impl MemoryStorage {
    /// An empty storage.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn studies(&self) -> MutexGuard<'_, Vec<StoredStudy>> {
        // Every change is one assignment or push, so a panic elsewhere leaves nothing half-done.
        self.studies.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn study<T>(
        &self,
        study: StudyId,
        act: impl FnOnce(&mut StoredStudy) -> Result<T, StorageError>,
    ) -> Result<T, StorageError> {
        let mut studies = self.studies();
        let place = usize::try_from(study.0).unwrap_or(usize::MAX);
        match studies.get_mut(place) {
            Some(study) => act(study),
            None => Err(StorageError::NoSuchStudy { study: study.0.to_string() }),
        }
    }

    fn trial<T>(
        &self,
        study: StudyId,
        trial: u64,
        act: impl FnOnce(&mut TrialRecord) -> T,
    ) -> Result<T, StorageError> {
        self.study(study, |study| {
            let place = usize::try_from(trial).unwrap_or(usize::MAX);
            study.change(place, act).ok_or(StorageError::NoSuchTrial { trial })
        })
    }

    fn running<T>(
        &self,
        study: StudyId,
        trial: u64,
        act: impl FnOnce(&mut TrialRecord) -> T,
    ) -> Result<T, StorageError> {
        self.trial(study, trial, |record| match record.state {
            TrialState::Running => Ok(act(record)),
            state => Err(StorageError::NotRunning { trial, state: state.name() }),
        })?
    }
}

impl Storage for MemoryStorage {
    fn find(&self, name: &str) -> Result<Option<StudyId>, StorageError> {
        Ok(self.studies().iter().position(|study| study.name == name).map(|place| StudyId(place as u64)))
    }

    fn open(&self, name: &str, directions: &[Direction], space: &Space) -> Result<StudyId, StorageError> {
        let mut studies = self.studies();
        if let Some(place) = studies.iter().position(|study| study.name == name) {
            let study = &mut studies[place];
            if study.directions != directions {
                let stored = study.directions.clone();
                return Err(StorageError::DirectionChanged { study: name.to_owned(), stored });
            }
            for dimension in space.dimensions() {
                let seen = study.records().any(|trial| trial.params.contains_key(&dimension.key));
                let Some(stored) = study.space.dimension(&dimension.key).filter(|_| seen) else { continue };
                if !compatible(&stored.domain, &dimension.domain) {
                    return Err(StorageError::SpaceChanged {
                        study: name.to_owned(),
                        key: dimension.key.clone(),
                        stored: stored.domain.to_string(),
                        wanted: dimension.domain.to_string(),
                    });
                }
            }
            study.space = space.clone();
            return Ok(StudyId(place as u64));
        }
        studies.push(StoredStudy {
            name: name.to_owned(),
            directions: directions.to_vec(),
            space: space.clone(),
            attributes: BTreeMap::new(),
            trials: Vec::new(),
            words: Words::default(),
        });
        Ok(StudyId(studies.len() as u64 - 1))
    }

    fn study_attributes(&self, study: StudyId, scope: Scope) -> Result<Attributes, StorageError> {
        self.study(study, |study| Ok(study.attributes.get(&scope).cloned().unwrap_or_default()))
    }

    fn set_study_attribute(
        &self,
        study: StudyId,
        scope: Scope,
        key: &str,
        json: &str,
    ) -> Result<(), StorageError> {
        self.study(study, |study| {
            study.attributes.entry(scope).or_default().insert(key.to_owned(), json.to_owned());
            Ok(())
        })
    }

    fn create(&self, study: StudyId, trial: &TrialRecord) -> Result<u64, StorageError> {
        self.study(study, |study| {
            let number = study.trials.len() as u64;
            study.trials.push(Stored::Open(Box::new(TrialRecord { number, ..trial.clone() })));
            Ok(number)
        })
    }

    fn claim(&self, study: StudyId) -> Result<Option<TrialRecord>, StorageError> {
        self.study(study, |study| {
            let waiting = study.open().find(|trial| trial.state == TrialState::Waiting);
            Ok(waiting.map(|trial| {
                trial.state = TrialState::Running;
                trial.started = Some(SystemTime::now());
                trial.clone()
            }))
        })
    }

    fn set_params(&self, study: StudyId, trial: u64, params: &Params) -> Result<(), StorageError> {
        self.running(study, trial, |record| record.params = params.clone())
    }

    fn set_attribute(
        &self,
        study: StudyId,
        trial: u64,
        scope: Scope,
        key: &str,
        json: &str,
    ) -> Result<(), StorageError> {
        self.trial(study, trial, |record| {
            let attributes = match scope {
                Scope::User => &mut record.user,
                Scope::System => &mut record.system,
            };
            attributes.insert(key.to_owned(), json.to_owned());
        })
    }

    fn report(&self, study: StudyId, trial: u64, step: u64, value: f64) -> Result<(), StorageError> {
        self.running(study, trial, |record| {
            record.report(step, value);
        })
    }

    fn finish(&self, study: StudyId, trial: &TrialRecord) -> Result<(), StorageError> {
        self.running(study, trial.number, |record| {
            record.state = trial.state;
            record.value = trial.value;
            record.further.clone_from(&trial.further);
            record.finished = trial.finished;
            record.reason.clone_from(&trial.reason);
            record.diverged_at = trial.diverged_at;
        })
    }

    fn put_back(&self, study: StudyId, trial: u64) -> Result<(), StorageError> {
        self.running(study, trial, TrialRecord::put_back)
    }

    fn resume(&self, study: StudyId, trial: u64) -> Result<bool, StorageError> {
        self.trial(study, trial, |record| {
            let paused = record.state == TrialState::Paused;
            if paused {
                record.resume();
            }
            paused
        })
    }

    fn requeue_lost(&self, study: StudyId) -> Result<Vec<u64>, StorageError> {
        self.study(study, |_| Ok(Vec::new())) // the process that runs a trial is this one, and it lives
    }

    fn heartbeat(&self, study: StudyId, trial: u64) -> Result<(), StorageError> {
        self.trial(study, trial, |_| ())
    }

    fn refresh(&self, study: StudyId, known: &Known) -> Result<Vec<TrialRecord>, StorageError> {
        self.study(study, |study| {
            let place = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
            let earlier = |numbers: &[u64]| -> Vec<TrialRecord> {
                let earlier = numbers.iter().filter(|number| **number < known.below);
                earlier.filter_map(|number| study.record(place(*number))).collect()
            };
            let changed = |numbers: &[u64], state: TrialState| {
                earlier(numbers).into_iter().filter(move |trial| trial.state != state)
            };
            let begun = changed(&known.waiting, TrialState::Waiting)
                .chain(changed(&known.paused, TrialState::Paused));
            let new = study.records_from(place(known.below));
            Ok(earlier(&known.running).into_iter().chain(begun).chain(new).collect())
        })
    }

    fn load(&self, study: StudyId) -> Result<Vec<TrialRecord>, StorageError> {
        self.study(study, |study| Ok(study.records().collect()))
    }

    fn flush(&self) -> Result<(), StorageError> {
        Ok(())
    }
}
