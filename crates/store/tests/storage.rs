//! SQLite keeps the promises of a storage, in one process and from several threads.

mod common;

use std::cell::RefCell;
use std::sync::Arc;

use common::{Folder, url};
use tunesmith_core::{Domain, Flow, Reporter, Scale, Space, Value};
use tunesmith_store::{Reader, SqliteStorage};
use tunesmith_tuner::pruners::Asha;
use tunesmith_tuner::{
    Budget, Direction, MemoryStorage, Outcome, Scope, Storage, Study, TrialRecord, TrialRun, TrialState,
    conform, problems,
};

#[test]
fn sqlite_passes_as_a_storage() {
    let folder = Folder::new();
    let count = RefCell::new(0);
    let make = || -> Arc<dyn Storage> {
        *count.borrow_mut() += 1;
        let file = folder.file(&format!("{}.db", count.borrow()));
        Arc::new(SqliteStorage::open(&url(&file)).unwrap())
    };
    assert_eq!(conform::check_storage(&make), Vec::<String>::new());
    let make = || -> Arc<dyn Storage> { Arc::new(SqliteStorage::open("sqlite:///:memory:").unwrap()) };
    assert_eq!(conform::check_storage(&make), Vec::<String>::new());
}

fn objective(trial: &mut TrialRun<'_>) -> Outcome {
    let value = (problems::all()[3].value)(trial);
    if trial.number() % 10 == 7 {
        return Outcome::Diverged { step: 3, reason: "the loss is NaN".into() };
    }
    for step in 0..5 {
        if trial.report(step, value + 1.0 / (step + 1) as f64) == Flow::Stop {
            return Outcome::Pruned;
        }
    }
    Outcome::Complete(value)
}

fn open(storage: Arc<dyn Storage>, seed: u64) -> Study {
    let space = (problems::all()[3].space)();
    Study::minimize(space).name("mixed").pruner(Asha::default()).seed(seed).storage(storage).open().unwrap()
}

fn results(trials: &[TrialRecord]) -> Vec<String> {
    // A study forgets the seeds of trials that have ended; a file keeps them.
    let result = |t: &TrialRecord| {
        let system: Vec<_> = t.system.iter().filter(|(key, _)| *key != "tunesmith:seed").collect();
        format!("{:?}", (t.number, t.state, &t.params, t.value, &t.reports, &t.reason, system))
    };
    trials.iter().map(result).collect()
}

#[test]
fn a_study_in_a_file_is_the_study_in_memory_also_across_a_resume() {
    let memory = open(Arc::new(MemoryStorage::new()), 3);
    memory.optimize(objective, &Budget::trials(40)).unwrap();
    let folder = Folder::new();
    let url = url(&folder.file("study.db"));
    for total in [13, 27, 40] {
        let study = open(Arc::new(SqliteStorage::open(&url).unwrap()), if total == 13 { 3 } else { 99 });
        study.optimize(objective, &Budget::trials(total)).unwrap();
    }
    let read = Reader::open(&url).unwrap().study("mixed").unwrap();
    assert_eq!(results(&read.trials), results(&memory.trials()));
    assert_eq!(read.space, (problems::all()[3].space)(), "scales that Optuna has no word for are kept");
    assert!(read.trials.iter().any(|trial| trial.state == TrialState::Pruned));
    assert_eq!(read.trials[7].state, TrialState::Diverged);
    assert_eq!(read.trials[7].diverged_at, Some(3));
}

#[test]
fn many_workers_and_two_handles_share_one_file() {
    let folder = Folder::new();
    let url = url(&folder.file("study.db"));
    let run = || {
        let study = open(Arc::new(SqliteStorage::open(&url).unwrap()), 0);
        study.optimize(objective, &Budget::trials(80).workers(3)).unwrap();
    };
    std::thread::scope(|scope| {
        scope.spawn(run);
        scope.spawn(run);
    });
    let trials = Reader::open(&url).unwrap().study("mixed").unwrap().trials;
    let numbers: Vec<u64> = trials.iter().map(|trial| trial.number).collect();
    assert_eq!(numbers, (0..numbers.len() as u64).collect::<Vec<_>>(), "numbers are given once");
    // Both may have asked at the same moment when one trial was missing.
    assert!((80..=81).contains(&numbers.len()), "{} trials", numbers.len());
    assert!(trials.iter().all(|trial| trial.state.is_finished() && trial.params.len() == 6));
}

#[test]
fn studies_are_listed_loaded_and_deleted() {
    let folder = Folder::new();
    let url = url(&folder.file("study.db"));
    let storage = Arc::new(SqliteStorage::open(&url).unwrap());
    let space = Space::new().with("optimizer", Domain::choice(["adam", "sgd"]).unwrap()).with_child(
        "momentum",
        Domain::float(0.5, 0.99, Scale::ReverseLog, None).unwrap(),
        "optimizer",
        "sgd",
    );
    for name in ["first", "second"] {
        let study = Study::maximize(space.clone()).name(name).storage(storage.clone()).open().unwrap();
        study.set_study_attribute("recipe", &Value::from("a.toml")).unwrap();
        study.optimize(|_: &mut TrialRun<'_>| 1.0, &Budget::trials(12)).unwrap();
        study.enqueue(&[("optimizer".into(), Value::from("sgd"))].into()).unwrap();
    }
    let reader = Reader::open(&url).unwrap();
    let list = reader.studies().unwrap();
    assert_eq!(
        list.iter().map(|study| (&*study.name, study.trials, study.complete)).collect::<Vec<_>>(),
        [("first", 13, 12), ("second", 13, 12)]
    );
    let study = reader.study("second").unwrap();
    assert_eq!((study.direction, &study.space), (Direction::Maximize, &space));
    assert_eq!(study.user["recipe"], "\"a.toml\"");
    for trial in &study.trials[..12] {
        assert_eq!(space.check(&trial.params), Ok(()), "only what is active is stored");
        assert!(trial.started.unwrap() <= trial.finished.unwrap());
    }
    storage.delete("first").unwrap();
    assert!(storage.delete("first").unwrap_err().to_string().contains("no study is called `first`"));
    assert_eq!(reader.studies().unwrap().len(), 1);
    assert!(reader.study("first").is_err());
}

#[test]
fn neither_finding_a_study_nor_a_refused_recipe_changes_what_is_stored() {
    let folder = Folder::new();
    let url = url(&folder.file("study.db"));
    let space = |kinds: &[&str], high| {
        Space::new()
            .with("kind", Domain::choice(kinds.iter().copied()).unwrap())
            .with("x", Domain::float(0.0, high, Scale::Linear, None).unwrap())
    };
    let storage: Arc<dyn Storage> = Arc::new(SqliteStorage::open(&url).unwrap());
    let open = |space| Study::minimize(space).name("kept").storage(storage.clone()).open();
    let study = open(space(&["a", "b"], 1.0)).unwrap();
    study.set_study_attribute("recipe", &Value::from("a.toml")).unwrap();
    study.optimize(|_: &mut TrialRun<'_>| 1.0, &Budget::trials(2)).unwrap();
    let stored = || Reader::open(&url).unwrap().study("kept").unwrap();
    let before = stored();

    let found = storage.find("kept").unwrap().unwrap();
    assert_eq!(storage.study_attributes(found, Scope::User).unwrap()["recipe"], "\"a.toml\"");
    assert_eq!(storage.find("Kept").unwrap(), None);
    assert_eq!(stored(), before);
    assert!(open(space(&["a", "c"], 2.0)).unwrap_err().to_string().starts_with("kind: "));
    assert_eq!(stored(), before);
    open(space(&["a", "b"], 2.0)).unwrap();
    assert_eq!(stored().space, space(&["a", "b"], 2.0), "only opening it changes the space");
}

/// On another machine a process cannot be looked at: only a heartbeat that stays away says that it is gone.
#[test]
fn elsewhere_only_a_missing_heartbeat_makes_a_trial_lost() {
    let folder = Folder::new();
    let file = folder.file("study.db");
    let study = open(Arc::new(SqliteStorage::open(&url(&file)).unwrap()), 0);
    let asked: Vec<_> = (0..4).map(|_| study.ask().unwrap()).collect();
    let connection = rusqlite::Connection::open(&file).unwrap();
    let elsewhere = "UPDATE trial_system_attributes SET value_json = json_set(value_json, '$.world', 'elsewhere') \
                     WHERE \"key\" = 'tunesmith:owner' AND trial_id < 4";
    connection.execute(elsewhere, []).unwrap();
    for (trial, seconds) in [(1, 300), (2, 60), (4, 300)] {
        let older = format!(
            "UPDATE trial_heartbeats SET heartbeat = datetime('now', '-{seconds} seconds') WHERE trial_id = {trial}"
        );
        connection.execute(&older, []).unwrap();
    }
    connection.execute("DELETE FROM trial_heartbeats WHERE trial_id = 3", []).unwrap();
    let resumed = open(Arc::new(SqliteStorage::open(&url(&file)).unwrap()), 0);
    let states: Vec<TrialState> = resumed.trials().iter().map(|trial| trial.state).collect();
    use TrialState::{Failed, Running, Waiting};
    // Gone; heard of a minute ago; never heard of; silent but alive on this machine; the first one's copy.
    assert_eq!(states, [Failed, Running, Running, Running, Waiting]);
    assert_eq!(resumed.trials()[4].params, *asked[0].params());
    // The first owner, if it lives after all, is told.
    let late = study.tell(&asked[0], Outcome::Complete(1.0)).unwrap_err();
    assert_eq!(late.to_string(), "trial 0 is failed, only a running trial can be changed");
}

#[cfg(target_os = "linux")]
#[test]
fn a_lost_trial_that_cannot_be_read_fails_with_the_reason_and_holds_up_nobody() {
    let folder = Folder::new();
    let file = folder.file("study.db");
    let storage = Arc::new(SqliteStorage::open(&url(&file)).unwrap());
    let study = open(storage.clone(), 0);
    let asked: Vec<_> = (0..2).map(|_| study.ask().unwrap()).collect();
    study.flush().unwrap();
    let connection = rusqlite::Connection::open(&file).unwrap();
    connection
        .execute_batch(
            "UPDATE trial_system_attributes SET value_json = json_set(value_json, '$.start', 1)
              WHERE \"key\" = 'tunesmith:owner';
             UPDATE trial_params SET distribution_json = '{\"name\": \"BetaDistribution\"}'
              WHERE trial_id = 1 AND param_name = 'rate'",
        )
        .unwrap();
    let id = storage.find("mixed").unwrap().unwrap();
    assert_eq!(storage.requeue_lost(id).unwrap(), [0, 1]);
    assert_eq!(storage.requeue_lost(id).unwrap(), [0_u64; 0], "once and for all");
    let states = "SELECT group_concat(state) FROM (SELECT state FROM trials ORDER BY trial_id)";
    let states: String = connection.query_row(states, [], |row| row.get(0)).unwrap();
    assert_eq!(states, "FAIL,FAIL,WAITING", "only the readable one is repeated");
    let reason = "SELECT json_extract(value_json, '$') FROM trial_user_attributes
                   WHERE trial_id = 1 AND \"key\" = 'fail_reason'";
    let reason: String = connection.query_row(reason, [], |row| row.get(0)).unwrap();
    assert_eq!(
        reason,
        "lost: its process ended; not repeated, because the distribution of `rate` is stored as \
         \"{\\\"name\\\": \\\"BetaDistribution\\\"}\", which cannot be read"
    );
    let copy = storage.claim(id).unwrap().unwrap();
    assert_eq!((copy.number, &copy.params), (2, asked[1].params()));
}

#[cfg(target_os = "linux")]
#[test]
fn a_trial_that_kills_its_process_again_and_again_is_given_up() {
    let folder = Folder::new();
    let file = folder.file("study.db");
    let gone = "UPDATE trial_system_attributes SET value_json = json_set(value_json, '$.start', 1) \
                WHERE \"key\" = 'tunesmith:owner'";
    for round in 0..5 {
        let study = open(Arc::new(SqliteStorage::open(&url(&file)).unwrap()), 0);
        assert_eq!(study.counts().failed, round);
        let trial = study.ask().unwrap();
        assert_eq!(trial.number(), round as u64);
        let chain = study.trials()[round].retry_history();
        let repeats = if round < 4 { (0..round as u64).collect::<Vec<_>>() } else { Vec::new() };
        assert_eq!(chain, repeats, "three times it is repeated, then another one is tried");
        study.flush().unwrap();
        rusqlite::Connection::open(&file).unwrap().execute(gone, []).unwrap();
    }
}

#[test]
fn many_may_make_one_new_file_at_once() {
    let folder = Folder::new();
    for round in 0..40 {
        let url = url(&folder.file(&format!("new{round}.db")));
        let gate = std::sync::Barrier::new(6);
        std::thread::scope(|scope| {
            let openers: Vec<_> = (0..6)
                .map(|_| {
                    scope.spawn(|| {
                        gate.wait();
                        SqliteStorage::open(&url).map(|_| ())
                    })
                })
                .collect();
            for opener in openers {
                opener.join().unwrap().unwrap_or_else(|error| panic!("round {round}: {error}"));
            }
        });
    }
}
