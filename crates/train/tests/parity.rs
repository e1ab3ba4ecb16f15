//! scikit-learn's metrics and PyTorch's reduce-on-plateau.

use tunesmith_core::Value;
use tunesmith_train::parity::{Parity, run_case};

fn cases(file: &str) -> Vec<Value> {
    let path = format!("{}/../../tests/fixtures/{file}.json", env!("CARGO_MANIFEST_DIR"));
    let fixture: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let Some(Value::List(cases)) = fixture.at("cases") else { panic!("{file} has no cases") };
    cases.clone()
}

#[test]
fn metrics_are_scikit_learns() {
    let mut left_out = Vec::new();
    for case in cases("metrics") {
        match run_case("metrics", &case) {
            Parity::Error(error) => assert!(error <= 1e-9, "relative error {error} in {case}"),
            Parity::Partly(error, missing) => {
                assert!(error <= 1e-9, "relative error {error} in {case}");
                left_out.extend(missing);
            }
            Parity::Unsupported(why) => panic!("{why}"),
        }
    }
    left_out.sort();
    let later = ["average_precision", "brier", "cohen_kappa", "explained_variance"];
    let later = [&later[..], &["matthews", "median_absolute_error", "top_2_accuracy"]].concat();
    assert_eq!(left_out, later);
}

#[test]
fn reduce_on_plateau_is_pytorchs() {
    let cases = cases("schedules");
    let mut plateaus = cases.iter().filter(|case| case.at("metric").is_some());
    let plateau = plateaus.next().unwrap();
    assert!(matches!(run_case("schedules", plateau), Parity::Error(error) if error <= 1e-9));
}
