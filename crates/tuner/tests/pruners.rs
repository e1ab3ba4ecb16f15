//! The pruners that Optuna has, against its decisions (tests/fixtures/pruners.py makes them).

use serde_json::Value as Json;
use tunesmith_core::{Flow, Space, Table, find};
use tunesmith_tuner::{Direction, History, PrunerEntry, TrialRecord, TrialState};

#[test]
fn optunas_pruners_decide_as_optuna_does() {
    let fixture: Vec<Json> = serde_json::from_str(include_str!("fixtures/pruners.json")).unwrap();
    let (mut decisions, mut stops) = (0, 0);
    for case in &fixture {
        let name = case["pruner"].as_str().unwrap();
        let settings: Table = serde_json::from_value(case["settings"].clone()).unwrap();
        let pruner = find::<PrunerEntry>(name, "pruner").unwrap().build(&settings, name).unwrap();
        let direction =
            if case["direction"] == "maximize" { Direction::Maximize } else { Direction::Minimize };
        let mut history = History::new(Space::new(), direction);
        for (number, theirs) in case["trials"].as_array().unwrap().iter().enumerate() {
            let mut trial = TrialRecord::new(number as u64);
            let reports = theirs["reports"].as_array().unwrap();
            for (report, decision) in reports.iter().zip(theirs["decisions"].as_array().unwrap()) {
                let (step, value) = (report[0].as_u64().unwrap(), report[1].as_f64().unwrap_or(f64::NAN));
                assert!(trial.report(step, value));
                history.put(trial.clone());
                let stop = decision == 1;
                let ours = pruner.judge(&trial, &history) == Flow::Stop;
                assert_eq!(ours, stop, "{name} {settings:?}, {direction:?}, trial {number} at step {step}");
                decisions += 1;
                stops += usize::from(stop);
            }
            trial.state = if theirs["state"] == "pruned" { TrialState::Pruned } else { TrialState::Complete };
            trial.value = theirs["value"].as_f64();
            history.put(trial);
        }
    }
    assert!(decisions > 15_000 && stops > 2000, "{decisions} decisions, {stops} stops");
}
