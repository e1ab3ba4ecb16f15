//! What a study promises: seeds, budgets, resuming, enqueueing, failures, interruptions.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::time::Duration;

use proptest::prelude::*;
use tunesmith_core::{Domain, Flow, Params, Reporter, Scale, Space, Value};
use tunesmith_tuner::pruners::{Asha, Median};
use tunesmith_tuner::{
    Budget, Ended, MemoryStorage, Observer, Outcome, Scope, Stop, Storage, StorageError, Study, StudyBuilder,
    Trial, TrialRecord, TrialRun, TrialState, problems,
};

fn space() -> Space {
    (problems::all()[4].space)()
}

fn objective(trial: &mut TrialRun<'_>) -> Outcome {
    let value = (problems::all()[4].value)(trial);
    for step in 0..9 {
        if trial.report(step, value + 1.0 / (step + 1) as f64) == Flow::Stop {
            return Outcome::Pruned;
        }
    }
    Outcome::Complete(value)
}

fn study(storage: &Arc<MemoryStorage>) -> StudyBuilder {
    Study::minimize(space()).pruner(Asha::default()).seed(5).storage(storage.clone())
}

/// All but times.
fn lives(trials: &[TrialRecord]) -> Vec<String> {
    let life = |trial: &TrialRecord| {
        let mut trial = trial.clone();
        (trial.started, trial.finished) = (None, None);
        format!("{trial:?}")
    };
    trials.iter().map(life).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn stopping_and_resuming_changes_nothing(first in 1_u64..40) {
        let whole = study(&Arc::default()).open().unwrap();
        whole.optimize(objective, &Budget::trials(40)).unwrap();
        let storage = Arc::default();
        study(&storage).open().unwrap().optimize(objective, &Budget::trials(first)).unwrap();
        // A resumed study keeps its seed, whatever is said.
        let resumed = study(&storage).seed(99).open().unwrap();
        resumed.optimize(objective, &Budget::trials(40)).unwrap();
        prop_assert_eq!(lives(&whole.trials()), lives(&resumed.trials()));
    }

    #[test]
    fn interrupting_at_a_report_and_resuming_changes_nothing(at in 1_u64..120) {
        let whole = study(&Arc::default()).open().unwrap();
        whole.optimize(objective, &Budget::trials(30)).unwrap();
        let storage = Arc::default();
        let interrupted = study(&storage).open().unwrap();
        let (stop, reports) = (Stop::new(), AtomicU64::new(0));
        let count = |trial: &mut TrialRun<'_>| {
            let value = (problems::all()[4].value)(trial);
            for step in 0..9 {
                if reports.fetch_add(1, Ordering::Relaxed) + 1 == at {
                    stop.stop();
                }
                if trial.report(step, value + 1.0 / (step + 1) as f64) == Flow::Stop {
                    return Outcome::Pruned;
                }
            }
            Outcome::Complete(value)
        };
        let ended = interrupted.optimize(count, &Budget::trials(30).stop(&stop)).unwrap();
        prop_assert!(ended == Ended::Stopped || reports.load(Ordering::Relaxed) < at);
        let resumed = study(&storage).open().unwrap();
        resumed.optimize(objective, &Budget::trials(30)).unwrap();
        prop_assert_eq!(lives(&whole.trials()), lives(&resumed.trials()));
    }
}

/// What a storage does for a process that was killed: the trial it ran fails, and a copy of it waits.
fn lose(storage: &MemoryStorage, number: u64) {
    let id = storage.open("study", &[tunesmith_tuner::Direction::Minimize], &space()).unwrap();
    let mut lost = storage.load(id).unwrap()[number as usize].clone();
    lost.state = TrialState::Failed;
    storage.finish(id, &lost).unwrap();
    storage.create(id, &lost.retry(0)).unwrap();
}

#[test]
fn a_killed_process_changes_nothing_but_numbers() {
    let whole = study(&Arc::default()).open().unwrap();
    whole.optimize(objective, &Budget::trials(40)).unwrap();
    for killed in [0, 3, 11, 25] {
        let storage = Arc::default();
        let killed_study = study(&storage).open().unwrap();
        killed_study.optimize(objective, &Budget::trials(killed)).unwrap();
        let trial = killed_study.ask().unwrap();
        killed_study.report(&trial, 0, 0.25).unwrap();
        lose(&storage, killed);
        let resumed = study(&storage).open().unwrap();
        resumed.optimize(objective, &Budget::trials(40)).unwrap();
        let results = |study: &Study| -> Vec<_> {
            let kept = study.trials().into_iter().filter(|trial| trial.state != TrialState::Failed);
            kept.map(|trial| (trial.params, trial.state, trial.value, trial.reports)).collect()
        };
        assert_eq!(results(&whole), results(&resumed));
        assert_eq!(resumed.trials()[killed as usize + 1].system["retry_history"], format!("[{killed}]"));
        assert_eq!(resumed.spent(), 40);
    }
}

#[test]
fn the_same_seed_gives_the_same_trials() {
    let run = |seed| {
        let study = Study::minimize(space()).pruner(Median::default()).seed(seed).open().unwrap();
        study.optimize(objective, &Budget::trials(30)).unwrap();
        lives(&study.trials())
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

#[test]
fn the_budget_is_the_studys_total_for_any_number_of_workers() {
    let storage = Arc::default();
    for (workers, total) in [(4, 25), (3, 25), (2, 31)] {
        let study = study(&storage).open().unwrap();
        assert_eq!(
            study.optimize(objective, &Budget::trials(total).workers(workers)).unwrap(),
            Ended::Trials
        );
        assert_eq!(study.trials().len() as u64, total);
    }
    let study = study(&storage).open().unwrap();
    assert_eq!(study.optimize(objective, &Budget::unlimited().time(Duration::ZERO)).unwrap(), Ended::Time);
    assert_eq!(study.trials().len(), 31);
}

#[test]
fn two_handles_on_one_storage_share_one_study() {
    let storage = Arc::default();
    let (a, b) = (study(&storage).open().unwrap(), study(&storage).open().unwrap());
    let first = a.ask().unwrap();
    let second = b.ask().unwrap();
    assert_eq!((first.number(), second.number()), (0, 1));
    a.tell(&first, Outcome::Complete(1.0)).unwrap();
    let third = b.ask().unwrap();
    assert_eq!(third.number(), 2);
    assert_eq!(b.best().unwrap().number, 0, "what the other handle finished is known");
    assert_eq!(b.trials().len(), 3);
}

#[test]
fn a_slow_trial_does_not_hold_up_the_others() {
    // Trial 0 ends only after 10 others have ended: with a barrier of workers this would never return.
    let study = Study::minimize(space()).open().unwrap();
    let ended = AtomicU64::new(0);
    let objective = |trial: &mut TrialRun<'_>| {
        if trial.number() == 0 {
            while ended.load(Ordering::Acquire) < 10 {
                std::thread::yield_now();
            }
        }
        ended.fetch_add(1, Ordering::AcqRel);
        0.0
    };
    study.optimize(objective, &Budget::trials(11).workers(2)).unwrap();
    assert_eq!(study.counts().complete, 11);
}

#[test]
fn running_trials_are_seen_by_the_sampler() {
    // Both workers wait for each other in the first trials, so that two trials run at once.
    let study = Study::minimize(space()).open().unwrap();
    let both = Barrier::new(2);
    let seen = Mutex::new(0);
    let objective = |trial: &mut TrialRun<'_>| {
        if trial.number() < 2 {
            both.wait();
            let running = study.with_history(|history| history.counts().running);
            *seen.lock().unwrap() = running;
            both.wait();
        }
        1.0
    };
    study.optimize(objective, &Budget::trials(4).workers(2)).unwrap();
    assert_eq!(*seen.lock().unwrap(), 2);
}

#[test]
fn panics_and_errors_are_recorded_and_the_study_goes_on() {
    let study = Study::minimize(space()).open().unwrap();
    let objective = |trial: &mut TrialRun<'_>| match trial.number() {
        1 => panic!("index {} out of range", 7),
        2 => Err("no such file"),
        _ => Ok(1.0),
    };
    study.optimize(objective, &Budget::trials(5).workers(2)).unwrap();
    let trials = study.trials();
    assert_eq!(trials[1].reason.as_deref(), Some("panic: index 7 out of range"));
    assert_eq!(trials[2].reason.as_deref(), Some("no such file"));
    assert_eq!((study.counts().failed, study.counts().complete), (2, 3));
}

#[test]
fn a_trial_that_takes_too_long_is_told_so_and_recorded() {
    let study = Study::minimize(space()).open().unwrap();
    let objective = |trial: &mut TrialRun<'_>| {
        let mut step = 0;
        while trial.report(step, 1.0) == Flow::Continue {
            step += 1;
        }
        1.0
    };
    study.optimize(objective, &Budget::trials(2).trial_time(Duration::from_millis(1))).unwrap();
    assert_eq!(study.counts().failed, 2);
    assert!(study.trials()[0].reason.as_ref().unwrap().starts_with("timeout: "));
}

#[test]
fn enqueued_settings_run_first_and_the_rest_is_suggested() {
    let study = Study::minimize(space()).open().unwrap();
    let fixed: Params =
        [("optimizer".into(), Value::from("sgd")), ("sgd.rate".into(), Value::Float(0.25))].into();
    study.enqueue(&fixed).unwrap();
    let trial = study.ask().unwrap();
    assert_eq!((trial.number(), trial.text("optimizer"), trial.float("sgd.rate")), (0, "sgd", 0.25));
    assert_eq!(space().check(&trial), Ok(()));
    assert_eq!(study.ask().unwrap().number(), 1);
}

#[test]
#[should_panic(expected = "optimizer: lion is not possible, allowed is adam | sgd")]
fn enqueueing_what_is_not_in_the_space_stops_at_the_callers_line() {
    let study = Study::minimize(space()).open().unwrap();
    let _ = study.enqueue(&[("optimizer".into(), Value::from("lion"))].into());
}

#[test]
fn a_stored_wish_outside_the_space_fails_with_the_reason() {
    let storage: Arc<MemoryStorage> = Arc::default();
    let study = study(&storage).open().unwrap();
    let id = storage.open("study", &[tunesmith_tuner::Direction::Minimize], &space()).unwrap();
    let mut waiting = TrialRecord::new(0);
    waiting.state = TrialState::Waiting;
    waiting.system.insert("fixed_params".into(), r#"{"optimizer": "lion"}"#.into());
    storage.create(id, &waiting).unwrap();
    assert_eq!(study.ask().unwrap().number(), 1);
    assert!(study.trials()[0].reason.as_ref().unwrap().contains("lion is not possible"));
}

#[test]
fn telling_twice_is_refused() {
    let study = Study::minimize(space()).open().unwrap();
    let trial = study.ask().unwrap();
    study.tell(&trial, Outcome::Complete(1.0)).unwrap();
    let twice = study.tell(&trial, Outcome::Complete(2.0));
    assert!(matches!(twice, Err(StorageError::NotRunning { trial: 0, state: "complete" })));
    assert!(study.report(&trial, 0, 1.0).is_err());
    assert_eq!(study.best().unwrap().value, Some(1.0));
}

#[test]
fn outcomes_become_states() {
    let study = Study::maximize(space()).open().unwrap();
    let tell = |outcome, reports: &[f64]| {
        let trial = study.ask().unwrap();
        for (step, value) in (0..).zip(reports) {
            study.report(&trial, step, *value).unwrap();
        }
        study.tell(&trial, outcome).unwrap()
    };
    let nan = tell(Outcome::Complete(f64::NAN), &[1.0, 2.0]);
    assert_eq!((nan.state, nan.diverged_at), (TrialState::Diverged, Some(1)));
    let pruned = tell(Outcome::Pruned, &[3.0, 2.5]);
    assert_eq!((pruned.state, pruned.value), (TrialState::Pruned, Some(2.5)));
    let infinite = tell(Outcome::Complete(f64::INFINITY), &[]);
    assert_eq!(infinite.state, TrialState::Complete);
    assert_eq!(study.best().unwrap().number, infinite.number);
    let again = tell(Outcome::Interrupted, &[1.0]);
    assert_eq!((again.state, again.reports.len()), (TrialState::Waiting, 0));
    assert_eq!(study.ask().unwrap().number(), again.number, "it is the next to run");
}

#[derive(Debug, Default)]
struct Log(Mutex<Vec<String>>);

impl Observer for Log {
    fn started(&self, trial: &Trial) {
        self.0.lock().unwrap().push(format!("start {}", trial.number()));
    }
    fn reported(&self, _: &Trial, step: u64, _: f64, answer: Flow) {
        self.0.lock().unwrap().push(format!("step {step} {answer:?}"));
    }
    fn finished(&self, trial: &TrialRecord) {
        self.0.lock().unwrap().push(format!("{} {}", trial.number, trial.state.name()));
    }
}

#[test]
fn observers_hear_the_life_of_a_trial() {
    let log = Arc::new(Log::default());
    let study = Study::minimize(space()).observer(log.clone()).open().unwrap();
    let objective = |trial: &mut TrialRun<'_>| {
        trial.report(0, 1.0);
        trial.set_attribute("epochs", 1_usize);
        1.0
    };
    study.optimize(objective, &Budget::trials(1)).unwrap();
    assert_eq!(*log.0.lock().unwrap(), ["start 0", "step 0 Continue", "0 complete"]);
    assert_eq!(study.trials()[0].user["epochs"], "1");
}

#[test]
fn a_changed_choice_is_refused_with_the_key_and_the_cure() {
    let storage: Arc<MemoryStorage> = Arc::default();
    study(&storage).open().unwrap().optimize(objective, &Budget::trials(1)).unwrap();
    let other = Space::new().with("optimizer", Domain::choice(["adam", "lion"]).unwrap());
    let error = Study::minimize(other).storage(storage.clone()).open().unwrap_err();
    assert_eq!(
        error.to_string(),
        "optimizer: the study `study` searched [adam | sgd] so far and cannot go on with [adam | lion], \
         give this search another name (--study OTHERNAME)"
    );
    let error = Study::maximize(space()).storage(storage).open().unwrap_err();
    assert!(error.to_string().contains("begun to minimize"));
}

#[test]
fn study_attributes_are_kept_by_scope() {
    let storage: Arc<MemoryStorage> = Arc::default();
    let study = study(&storage).open().unwrap();
    study.set_study_attribute("recipe", &Value::from("digits.toml")).unwrap();
    assert_eq!(study.study_attributes().unwrap()["recipe"], "\"digits.toml\"");
    let id = storage.open("study", &[tunesmith_tuner::Direction::Minimize], &space()).unwrap();
    assert_eq!(storage.study_attributes(id, Scope::System).unwrap()["tunesmith:seed"], "\"5\"");
}

#[test]
#[should_panic(expected = "trial 0 has no setting `learning_rate`, it has: lr")]
fn a_misspelt_key_stops_at_the_callers_line() {
    let space = Space::new().with("lr", Domain::float(0.0, 1.0, Scale::Linear, None).unwrap());
    let study = Study::minimize(space).open().unwrap();
    let _ = study.ask().unwrap().float("learning_rate");
}
