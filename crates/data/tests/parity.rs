//! The scalers give scikit-learn's numbers, in 64 bits.

use tunesmith_core::Value;
use tunesmith_data::parity::{Parity, run_case};

#[test]
fn scalers_equal_scikit_learn_to_1e_9() {
    let text = include_str!("../../../tests/fixtures/preprocessing.json");
    let fixture: Value = serde_json::from_str(text).unwrap();
    let Some(Value::List(cases)) = fixture.at("cases") else { panic!("a fixture holds cases") };
    for case in cases {
        let parity = run_case("preprocessing", case);
        assert!(matches!(parity, Parity::Error(error) if error <= 1e-9), "{parity:?} in {case}");
    }
    let steps: Vec<_> = cases.iter().filter_map(|case| case.at("step").and_then(Value::as_str)).collect();
    assert_eq!(steps, ["standard", "min_max", "robust", "max_abs"]);
}
