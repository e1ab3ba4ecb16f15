//! What every storage promises.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use tunesmith_core::{Domain, Params, Scale, Space, Value};

use crate::{Direction, Known, Scope, Storage, StorageError, StudyId, TrialRecord, TrialState};

/// Checks a storage through fresh, empty ones that `make` opens.
///
/// ```
/// use std::sync::Arc;
/// use tunesmith_tuner::{MemoryStorage, conform};
/// assert_eq!(conform::check_storage(&|| Arc::new(MemoryStorage::new())), Vec::<String>::new());
/// ```
#[must_use]
pub fn check_storage(make: &dyn Fn() -> Arc<dyn Storage>) -> Vec<String> {
    let checks: [(&str, Check); 8] = [
        ("a study is opened again by name", opens_again),
        ("a changed direction or space is refused", refuses_changes),
        ("what was written is read", reads_what_was_written),
        ("a finished trial does not change", finished_is_final),
        ("a trial that is paused goes on once, and values come in every objective", pauses),
        ("a trial that is put back waits and is claimed with its settings", puts_back),
        ("only what may have changed is refreshed", refreshes),
        ("a waiting trial is claimed once", claims_once),
    ];
    checks
        .into_iter()
        .filter_map(|(promise, check)| check(&*make()).err().map(|what| format!("{promise}: {what}")))
        .collect()
}

type Check = fn(&dyn Storage) -> Result<(), String>;

fn space() -> Space {
    Space::new()
        .with("lr", Domain::float(1e-5, 1.0, Scale::Log, None).expect("a range"))
        .with("beta", Domain::float(0.5, 0.999, Scale::ReverseLog, None).expect("a range"))
        .with("rate", Domain::float(0.0, 1.0, Scale::Linear, Some(0.25)).expect("a range"))
        .with("units", Domain::int(16, 256, Scale::Log, 1).expect("a range"))
        .with(
            "mixed",
            Domain::choice([Value::Null, true.into(), 2_i64.into(), 0.5.into(), "a \"b\" é".into()])
                .expect("options"),
        )
        .with_child("deep", Domain::int(-3, 9, Scale::Linear, 3).expect("a range"), "mixed", 2_i64)
}

fn open(storage: &dyn Storage) -> Result<StudyId, String> {
    storage.open("study", &[Direction::Maximize], &space()).map_err(say)
}

#[expect(clippy::needless_pass_by_value, reason = "it is the function that map_err wants")]
fn say(error: StorageError) -> String {
    error.to_string()
}

#[expect(clippy::needless_pass_by_value, reason = "a check reads better without borrowing both sides")]
fn expect<T: PartialEq + std::fmt::Debug>(what: &str, found: T, expected: T) -> Result<(), String> {
    if found == expected { Ok(()) } else { Err(format!("{what}: {found:?} instead of {expected:?}")) }
}

fn waiting() -> TrialRecord {
    let mut trial = TrialRecord::new(0);
    trial.state = TrialState::Waiting;
    trial
}

/// A moment that survives a storage's rounding to microseconds.
fn moment() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_micros(1_790_000_000_123_456)
}

fn opens_again(storage: &dyn Storage) -> Result<(), String> {
    let find = |name| storage.find(name).map_err(say);
    expect("what is not there yet", find("study")?, None)?;
    let study = open(storage)?;
    expect("what is found by name", find("study")?, Some(study))?;
    expect("what nobody opened", find("other")?, None)?;
    storage.set_study_attribute(study, Scope::User, "note", "\"hello\"").map_err(say)?;
    storage.set_study_attribute(study, Scope::System, "note", "[1]").map_err(say)?;
    storage.set_study_attribute(study, Scope::System, "note", "[1, 2]").map_err(say)?;
    expect("the id", open(storage)?, study)?;
    let other = storage.open("other", &[Direction::Minimize], &space()).map_err(say)?;
    expect("another study has another id", other == study, false)?;
    let read =
        |study, scope| storage.study_attributes(study, scope).map_err(say).map(|mut all| all.remove("note"));
    expect("the user attribute", read(study, Scope::User)?, Some("\"hello\"".into()))?;
    expect("the system attribute", read(study, Scope::System)?, Some("[1, 2]".into()))?;
    expect("the other study's attribute", read(other, Scope::User)?, None)
}

fn refuses_changes(storage: &dyn Storage) -> Result<(), String> {
    let study = open(storage)?;
    let trial = storage.create(study, &TrialRecord::new(0)).map_err(say)?;
    storage.set_params(study, trial, &space().complete(|d| d.domain.place(0.99))).map_err(say)?;
    match storage.open("study", &[Direction::Minimize], &space()) {
        Err(StorageError::DirectionChanged { .. }) => {}
        other => return Err(format!("another direction gives {other:?}")),
    }
    let with = |key: &str, domain: Result<Domain, _>| {
        let mut changed = Space::new();
        for dimension in space().dimensions() {
            let mut dimension = dimension.clone();
            if dimension.key == key {
                dimension.domain = domain.clone().map_err(|_: tunesmith_core::Why| "a range".to_owned())?;
            }
            changed.push(dimension);
        }
        Ok::<Space, String>(changed)
    };
    let wider = with("lr", Domain::float(1e-7, 2.0, Scale::Log, None))?;
    storage.open("study", &[Direction::Maximize], &wider).map_err(say)?;
    for (key, domain) in [
        ("mixed", Domain::choice(["a", "b"])),
        ("lr", Domain::float(1e-5, 1.0, Scale::Linear, None)),
        ("units", Domain::float(16.0, 256.0, Scale::Log, None)),
    ] {
        match storage.open("study", &[Direction::Maximize], &with(key, domain)?) {
            Err(StorageError::SpaceChanged { key: named, .. }) if named == key => {}
            other => return Err(format!("a changed `{key}` gives {other:?}")),
        }
    }
    Ok(())
}

fn reads_what_was_written(storage: &dyn Storage) -> Result<(), String> {
    let study = open(storage)?;
    let mut written = Vec::new();
    let endings = [
        (TrialState::Complete, Some(0.1), None),
        (TrialState::Complete, Some(f64::INFINITY), None),
        (TrialState::Complete, Some(f64::NEG_INFINITY), None),
        (TrialState::Pruned, Some(-3e-300), None),
        (TrialState::Pruned, None, None),
        (TrialState::Diverged, None, Some("the loss is \"NaN\"")),
        (TrialState::Failed, None, Some("panic: ünwrap\nline two")),
        (TrialState::Running, None, None),
    ];
    for (i, (state, value, reason)) in endings.into_iter().enumerate() {
        let mut trial = TrialRecord::new(i as u64);
        trial.started = Some(moment());
        let number = storage.create(study, &trial).map_err(say)?;
        expect("numbers count from zero", number, i as u64)?;
        trial.params = space().complete(|d| d.domain.place(i as f64 / 8.0));
        storage.set_params(study, number, &trial.params).map_err(say)?;
        for (step, value) in [(0, 0.5), (7, f64::INFINITY), (3, f64::NEG_INFINITY), (9, 1.0 / 3.0)] {
            storage.report(study, number, step, value).map_err(say)?;
            trial.report(step, value);
        }
        for (scope, key, json) in [(Scope::User, "note", "{\"a\": [1, null]}"), (Scope::System, "tag", "0.1")]
        {
            storage.set_attribute(study, number, scope, key, json).map_err(say)?;
            let attributes = if scope == Scope::User { &mut trial.user } else { &mut trial.system };
            attributes.insert(key.to_owned(), json.to_owned());
        }
        trial.state = state;
        if state != TrialState::Running {
            trial.value = value;
            trial.reason = reason.map(str::to_owned);
            trial.diverged_at = (state == TrialState::Diverged).then_some(9);
            trial.finished = Some(moment() + Duration::from_millis(1500));
            storage.finish(study, &trial).map_err(say)?;
        }
        storage.heartbeat(study, number).map_err(say)?;
        written.push(trial);
    }
    let mut queued = waiting();
    queued.number = storage.create(study, &queued).map_err(say)?;
    written.push(queued);
    storage.flush().map_err(say)?;
    let read = storage.load(study).map_err(say)?;
    expect("the number of trials", read.len(), written.len())?;
    for (read, written) in read.into_iter().zip(written) {
        // Settings must be equal to the last bit, whole numbers whole.
        expect("the trial", format!("{read:?}"), format!("{written:?}"))?;
    }
    let number = storage.create(study, &TrialRecord::new(0)).map_err(say)?;
    storage.report(study, number, 0, f64::NAN).map_err(say)?;
    let read = storage.load(study).map_err(say)?;
    expect("a report that is not a number", read[number as usize].report_at(0).map(f64::is_nan), Some(true))
}

fn finished_is_final(storage: &dyn Storage) -> Result<(), String> {
    let study = open(storage)?;
    let mut trial = TrialRecord::new(0);
    trial.number = storage.create(study, &trial).map_err(say)?;
    trial.state = TrialState::Complete;
    trial.value = Some(1.0);
    trial.finished = Some(moment());
    storage.finish(study, &trial).map_err(say)?;
    let refused = |result: Result<(), StorageError>, what: &str| match result {
        Err(StorageError::NotRunning { .. }) => Ok(()),
        other => Err(format!("{what} a finished trial gives {other:?}")),
    };
    refused(storage.finish(study, &trial), "finishing")?;
    refused(storage.put_back(study, trial.number), "putting back")?;
    refused(storage.set_params(study, trial.number, &Params::new()), "setting settings of")?;
    match storage.finish(study, &TrialRecord::new(77)) {
        Err(StorageError::NoSuchTrial { trial: 77 }) => Ok(()),
        other => Err(format!("finishing a trial that is not there gives {other:?}")),
    }
}

fn puts_back(storage: &dyn Storage) -> Result<(), String> {
    let study = open(storage)?;
    expect("nothing waits", storage.claim(study).map_err(say)?.is_none(), true)?;
    let number = storage.create(study, &TrialRecord::new(0)).map_err(say)?;
    let params = space().complete(|d| d.domain.place(0.3));
    storage.set_params(study, number, &params).map_err(say)?;
    storage.report(study, number, 0, 1.0).map_err(say)?;
    storage.put_back(study, number).map_err(say)?;
    let read = storage.load(study).map_err(say)?.remove(0);
    expect("the state", read.state, TrialState::Waiting)?;
    expect("the reports", read.reports.len(), 0)?;
    expect("the settings", &read.params, &params)?;
    let claimed = storage.claim(study).map_err(say)?.ok_or("it is not claimed")?;
    expect("the number", claimed.number, number)?;
    expect("the state once claimed", claimed.state, TrialState::Running)?;
    expect("the settings once claimed", &claimed.params, &params)?;
    storage.report(study, number, 0, 2.0).map_err(say)?;
    let read = storage.load(study).map_err(say)?.remove(0);
    expect("the report of the second run", read.report_at(0), Some(2.0))?;
    // Its process, this one, is alive.
    expect("lost trials", storage.requeue_lost(study).map_err(say)?, Vec::new())
}

fn pauses(storage: &dyn Storage) -> Result<(), String> {
    let both = [Direction::Maximize, Direction::Minimize];
    let study = storage.open("both", &both, &space()).map_err(say)?;
    let mut trial = TrialRecord::new(0);
    trial.number = storage.create(study, &trial).map_err(say)?;
    storage.report(study, trial.number, 0, 0.5).map_err(say)?;
    trial.report(0, 0.5);
    (trial.state, trial.value, trial.finished) = (TrialState::Paused, Some(0.5), Some(moment()));
    storage.finish(study, &trial).map_err(say)?;
    let read = || Ok::<_, String>(storage.load(study).map_err(say)?.remove(0));
    expect("the state of a paused trial", read()?.state, TrialState::Paused)?;
    expect("the value of a paused trial", read()?.value, Some(0.5))?;
    let fresh = |paused: &[u64]| {
        let known = Known { below: 1, paused: paused.to_vec(), ..Known::default() };
        Ok::<usize, String>(storage.refresh(study, &known).map_err(say)?.len())
    };
    expect("what is new of a trial that is paused still", fresh(&[0])?, 0)?;
    expect("the first to resume it", storage.resume(study, trial.number).map_err(say)?, true)?;
    expect("the second to resume it", storage.resume(study, trial.number).map_err(say)?, false)?;
    expect("what is new of a trial that was paused", fresh(&[0])?, 1)?;
    expect("the state of a resumed trial", read()?.state, TrialState::Running)?;
    expect("the value of a resumed trial", read()?.value, None)?;
    expect("its reports", read()?.reports, vec![(0, 0.5)])?;
    storage.report(study, trial.number, 1, 0.7).map_err(say)?;
    (trial.state, trial.value, trial.further) = (TrialState::Complete, Some(0.9), vec![3.0]);
    storage.finish(study, &trial).map_err(say)?;
    expect("the values in both objectives", read()?.values().collect::<Vec<_>>(), vec![0.9, 3.0])?;
    expect("resuming what has ended", storage.resume(study, trial.number).map_err(say)?, false)?;
    match storage.open("both", &both[..1], &space()) {
        Err(StorageError::DirectionChanged { stored, .. }) => expect("the directions", stored, both.to_vec()),
        other => Err(format!("an objective less gives {other:?}")),
    }
}

fn refreshes(storage: &dyn Storage) -> Result<(), String> {
    let study = open(storage)?;
    for trial in [TrialRecord::new(0), TrialRecord::new(0), waiting(), waiting(), TrialRecord::new(0)] {
        storage.create(study, &trial).map_err(say)?;
    }
    let numbers = |below, running: &[u64], waiting: &[u64]| {
        let known = Known { below, running: running.to_vec(), waiting: waiting.to_vec(), paused: Vec::new() };
        let trials = storage.refresh(study, &known).map_err(say)?;
        Ok::<Vec<u64>, String>(
            trials.into_iter().map(|trial| trial.number).collect::<BTreeSet<_>>().into_iter().collect(),
        )
    };
    expect("to whom nothing is known", numbers(0, &[], &[])?, vec![0, 1, 2, 3, 4])?;
    expect("what runs, and what is new", numbers(4, &[1], &[2, 3])?, vec![1, 4])?;
    expect("nothing changed", numbers(5, &[], &[2, 3])?, Vec::new())?;
    storage.claim(study).map_err(say)?;
    expect("what waited and runs now", numbers(5, &[], &[2, 3])?, vec![2])?;
    storage.put_back(study, 1).map_err(say)?;
    expect("what ran and waits now", numbers(5, &[1], &[3])?, vec![1])
}

fn claims_once(storage: &dyn Storage) -> Result<(), String> {
    let study = open(storage)?;
    let n = 40;
    for _ in 0..n {
        storage.create(study, &waiting()).map_err(say)?;
    }
    let claimed: Mutex<Vec<u64>> = Mutex::new(Vec::new());
    let failed: Mutex<Option<String>> = Mutex::new(None);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    match storage.claim(study) {
                        Ok(Some(trial)) => {
                            claimed.lock().unwrap_or_else(PoisonError::into_inner).push(trial.number)
                        }
                        Ok(None) => break,
                        Err(error) => {
                            *failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.to_string());
                            break;
                        }
                    }
                }
            });
        }
    });
    if let Some(error) = failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err(error);
    }
    let mut claimed = claimed.into_inner().unwrap_or_else(PoisonError::into_inner);
    claimed.sort_unstable();
    expect("the claimed trials", claimed, (0..n).collect())
}
