//! Optuna's Python reads, continues and hands back a study of ours. It runs where `OPTUNA_PYTHON` names a Python that has
//! Optuna 5 (`python3 -m venv ENV && ENV/bin/pip install optuna==5.0.0`, then `OPTUNA_PYTHON=ENV/bin/python`).

mod common;

use std::process::Command;
use std::sync::Arc;

use common::{Folder, url};
use tunesmith_core::{Flow, Reporter, Value};
use tunesmith_store::{Reader, SqliteStorage};
use tunesmith_tuner::pruners::Median;
use tunesmith_tuner::{Budget, Outcome, Storage, Study, TrialRun, TrialState, problems};

fn open(url: &str) -> Study {
    let storage: Arc<dyn Storage> = Arc::new(SqliteStorage::open(url).unwrap());
    let space = (problems::all()[3].space)();
    Study::minimize(space).name("digits").pruner(Median::default()).storage(storage).open().unwrap()
}

fn objective(trial: &mut TrialRun<'_>) -> Outcome {
    let value = (problems::all()[3].value)(trial);
    match trial.number() {
        3 => return Outcome::Diverged { step: 2, reason: "the loss is NaN".into() },
        4 => return Outcome::Failed { reason: "no such file".into() },
        5 => return Outcome::Complete(f64::INFINITY),
        _ => {}
    }
    for step in 0..4 {
        let value = if step == 0 && trial.number() == 6 { f64::NAN } else { value + 1.0 / (step + 1) as f64 };
        if trial.report(step, value) == Flow::Stop {
            return Outcome::Pruned;
        }
    }
    Outcome::Complete(value)
}

#[test]
#[expect(clippy::print_stderr, reason = "a test that does not run must say so")]
fn optuna_continues_our_study_and_we_continue_optunas() {
    let Some(python) = std::env::var_os("OPTUNA_PYTHON") else {
        eprintln!("SKIPPED: set OPTUNA_PYTHON to a Python that has optuna 5.0.0");
        return;
    };
    let folder = Folder::new();
    let url = url(&folder.file("study.db"));
    let study = open(&url);
    study.optimize(objective, &Budget::trials(30)).unwrap();
    study.enqueue(&[("kind".into(), Value::from("d"))].into()).unwrap();
    let (counts, best) = (study.counts(), study.best().unwrap());
    drop(study);

    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/interop/optuna.py");
    let output = Command::new(&python).args([script, &url, "digits"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let states = &said["states"];
    assert_eq!(states["COMPLETE"], counts.complete);
    assert_eq!(states["PRUNED"], counts.pruned);
    assert_eq!(states["FAIL"], counts.failed + counts.diverged);
    assert_eq!(states["WAITING"], 1);
    assert_eq!((said["best"][0].as_u64(), said["best"][1].as_f64()), (Some(best.number), best.value));
    let params: tunesmith_core::Params = serde_json::from_value(said["best"][2].clone()).unwrap();
    assert_eq!(params, best.params, "settings to the last bit");
    assert_eq!(said["new"][0][2], "d", "our waiting trial ran first");
    assert_eq!((said["new"][1][2].as_str(), said["new"][1][3].as_i64()), (Some("c"), Some(64)));

    let study = open(&url);
    let trials = study.trials();
    assert_eq!(trials.len() as u64, said["trials"].as_u64().unwrap());
    let theirs =
        trials.iter().find(|trial| trial.user.get("by").is_some_and(|by| by == "\"optuna\"")).unwrap();
    assert_eq!((theirs.state, theirs.value), (TrialState::Complete, theirs.params["rate"].as_f64()));
    assert_eq!(theirs.report_at(0), theirs.value);
    assert!(theirs.started.unwrap() <= theirs.finished.unwrap());
    study.optimize(objective, &Budget::trials(study.spent() + 2)).unwrap();
    let last = &study.trials()[trials.len() - 1];
    assert_eq!(last.params["kind"], Value::from("b"), "what Optuna enqueued ran first");
    assert_eq!(last.params["rate"], Value::Float(0.1));
    assert_eq!(Reader::open(&url).unwrap().studies().unwrap()[0].trials, trials.len() as u64 + 1);
}
