//! PyTorch's numbers for the activations and losses of this crate.

use tunesmith_core::Value;
use tunesmith_nn::parity::{Parity, run_case};

fn check(file: &str, least: usize) {
    let path = format!("{}/../../tests/fixtures/{file}.json", env!("CARGO_MANIFEST_DIR"));
    let fixture: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let Some(Value::List(cases)) = fixture.at("cases") else { panic!("{file} has no cases") };
    let (mut reproduced, mut unsupported) = (0, Vec::new());
    for case in cases {
        match run_case(file, case) {
            Parity::Error(error) | Parity::Partly(error, _) => {
                assert!(
                    error <= 1e-9,
                    "{file}: {error} in {}",
                    case.to_string().chars().take(200).collect::<String>()
                );
                reproduced += 1;
            }
            Parity::Unsupported(why) => unsupported.push(why),
        }
    }
    assert!(reproduced >= least, "{reproduced} cases of {file} were reproduced, not: {unsupported:#?}");
}

#[test]
fn activations_are_pytorchs() {
    check("activations", 23);
    check("more_activations", 13);
}

#[test]
fn losses_are_pytorchs() {
    check("losses", 17);
    check("more_losses", 28);
}

#[test]
fn layers_are_pytorchs() {
    check("layers", 7);
    check("more_layers", 15);
}

#[test]
fn attention_is_pytorchs() {
    check("attention", 8);
}
