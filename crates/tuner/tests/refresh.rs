//! What a study reads before each trial does not grow with the trials that wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tunesmith_core::{Domain, Params, Scale, Space, Value};
use tunesmith_tuner::{
    Attributes, Budget, Direction, Known, MemoryStorage, Scope, Storage, StorageError, Study, StudyId,
    TrialRecord, TrialRun,
};

/// Counts the trials that studies are told of again.
#[derive(Debug, Default)]
struct Counting {
    memory: MemoryStorage,
    told: AtomicUsize,
}

macro_rules! hand_on {
    ($($name:ident($($argument:ident: $type:ty),*) -> $result:ty;)*) => {
        $(fn $name(&self, $($argument: $type),*) -> Result<$result, StorageError> {
            self.memory.$name($($argument),*)
        })*
    };
}

impl Storage for Counting {
    hand_on! {
        find(name: &str) -> Option<StudyId>;
        open(name: &str, directions: &[Direction], space: &Space) -> StudyId;
        resume(study: StudyId, trial: u64) -> bool;
        study_attributes(study: StudyId, scope: Scope) -> Attributes;
        set_study_attribute(study: StudyId, scope: Scope, key: &str, json: &str) -> ();
        create(study: StudyId, trial: &TrialRecord) -> u64;
        claim(study: StudyId) -> Option<TrialRecord>;
        set_params(study: StudyId, trial: u64, params: &Params) -> ();
        set_attribute(study: StudyId, trial: u64, scope: Scope, key: &str, json: &str) -> ();
        report(study: StudyId, trial: u64, step: u64, value: f64) -> ();
        finish(study: StudyId, trial: &TrialRecord) -> ();
        put_back(study: StudyId, trial: u64) -> ();
        requeue_lost(study: StudyId) -> Vec<u64>;
        heartbeat(study: StudyId, trial: u64) -> ();
        load(study: StudyId) -> Vec<TrialRecord>;
        flush() -> ();
    }

    fn refresh(&self, study: StudyId, known: &Known) -> Result<Vec<TrialRecord>, StorageError> {
        let trials = self.memory.refresh(study, known)?;
        self.told.fetch_add(trials.len(), Ordering::Relaxed);
        Ok(trials)
    }
}

#[test]
fn five_hundred_waiting_trials_are_read_once_not_before_every_trial() {
    let storage = Arc::new(Counting::default());
    let space = || Space::new().with("x", Domain::float(0.0, 1.0, Scale::Linear, None).unwrap());
    let open = || Study::minimize(space()).storage(storage.clone()).open().unwrap();
    let (here, elsewhere) = (open(), open());
    for i in 0..500_u32 {
        here.enqueue(&[("x".into(), Value::Float(f64::from(i) / 500.0))].into()).unwrap();
    }
    let objective = |trial: &mut TrialRun<'_>| trial.float("x");
    here.optimize(objective, &Budget::trials(250)).unwrap();
    elsewhere.optimize(objective, &Budget::trials(500)).unwrap();
    here.optimize(objective, &Budget::trials(510)).unwrap();
    assert_eq!((here.counts().complete, here.counts().waiting), (510, 0));
    let told = storage.told.load(Ordering::Relaxed);
    assert!(told <= 1600, "{told} trials were read again");
}
