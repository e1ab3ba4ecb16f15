//! PyTorch's numbers are reproduced: optimizers to 1e-10, schedules and clipping to 1e-9.

use std::collections::BTreeMap;

use tunesmith_core::Value;
use tunesmith_optim::parity::{Parity, run_case};

/// Runs all cases of a file; returns how many there are per name, supported and not.
fn run(stem: &str, key: &str, tolerance: f64) -> BTreeMap<String, (usize, usize)> {
    let path = format!("{}/../../tests/fixtures/{stem}.json", env!("CARGO_MANIFEST_DIR"));
    let file: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let Some(Value::List(cases)) = file.at("cases") else { panic!("{stem}.json has no cases") };
    let mut counts = BTreeMap::new();
    for case in cases {
        let name = case.at(key).and_then(Value::as_str).unwrap().to_owned();
        let count: &mut (usize, usize) = counts.entry(name.clone()).or_default();
        match run_case(stem, case) {
            Parity::Error(error) | Parity::Partly(error, _) => {
                count.0 += 1;
                // PyTorch's Muon computes in bf16, whose numbers have three digits.
                let tolerance = if name == "muon" { 2e-2 } else { tolerance };
                assert!(error <= tolerance, "{name}: relative error {error:e} in {case}");
            }
            Parity::Unsupported(_) => count.1 += 1,
        }
    }
    counts
}

#[test]
fn optimizers_are_pytorchs() {
    let counts = run("optimizers", "rule", 1e-10);
    for (rule, cases) in [
        ("sgd", 5),
        ("adagrad", 2),
        ("rmsprop", 3),
        ("adam", 3),
        ("adamw", 2),
        ("adadelta", 2),
        ("adamax", 2),
        ("nadam", 2),
        ("radam", 2),
        ("rprop", 1),
        ("asgd", 1),
        ("adafactor", 2),
        ("lbfgs", 2),
    ] {
        assert_eq!(counts[rule], (cases, 0), "{rule}");
    }
}

#[test]
fn schedules_are_pytorchs() {
    let counts = run("schedules", "schedule", 1e-9);
    for schedule in [
        "constant",
        "step",
        "exponential",
        "cosine",
        "one_cycle",
        "linear",
        "polynomial",
        "multi_step",
        "cosine_restarts",
        "cyclic",
    ] {
        assert_eq!(counts[schedule], (1, 0), "{schedule}");
    }
    assert_eq!(counts["reduce_on_plateau"].0, 0); // it follows a metric: a callback
}

#[test]
fn clipping_is_pytorchs() {
    assert_eq!(run("clipping", "clip", 1e-9)["global_norm"], (1, 0));
}

#[test]
fn another_hyperparameter_is_unsupported_not_wrong() {
    let json = r#"{"rule": "sgd", "hyperparameters": {"maximize": true}, "initial": [1.0], "gradients": [], "after_step": []}"#;
    let case: Value = serde_json::from_str(json).unwrap();
    assert!(matches!(run_case("optimizers", &case), Parity::Unsupported(why) if why.contains("maximize")));
}
