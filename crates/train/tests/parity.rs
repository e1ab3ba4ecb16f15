//! scikit-learn's metrics and PyTorch's reduce-on-plateau.

use tunesmith_core::Value;
use tunesmith_train::parity::run_case;

fn check(file: &str, only: Option<&str>, least: usize) {
    let path = format!("{}/../../tests/fixtures/{file}.json", env!("CARGO_MANIFEST_DIR"));
    let fixture: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let Some(Value::List(cases)) = fixture.at("cases") else { panic!("{file} has no cases") };
    let mut reproduced = Vec::new();
    for case in cases {
        if only.is_some_and(|name| case.at("schedule").and_then(Value::as_str) != Some(name)) {
            continue;
        }
        for (what, error) in run_case(file, case) {
            if let Some(error) = error {
                assert!(error <= 1e-9, "{file}, {what}: relative error {error}");
                reproduced.push(what);
            }
        }
    }
    assert!(reproduced.len() >= least, "only these were reproduced: {reproduced:?}");
}

#[test]
fn metrics_are_scikit_learns() {
    check("metrics", None, 19);
}

#[test]
fn reduce_on_plateau_is_pytorchs() {
    check("schedules", Some("reduce_on_plateau"), 1);
}
