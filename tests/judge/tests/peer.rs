//! Optuna's samplers through Python, where there is one.

use std::process::Command;

/// Names a Python that has Optuna, as for the tests of the store.
const PYTHON: &str = "OPTUNA_PYTHON";

fn regret(arguments: &[&str]) -> (bool, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_regret")).args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.success(), text(output.stdout), text(output.stderr))
}

#[test]
#[expect(clippy::print_stderr, reason = "a test that is not run says so")]
fn optuna_plays_the_same_problems() {
    let Ok(python) = std::env::var(PYTHON) else {
        eprintln!("skipped: {PYTHON} names no Python that has Optuna");
        return;
    };
    let problems = ["conditional", "mixed", "training6", "network", "protein"];
    let game = ["--trials", "12", "--seeds", "2", "--sampler", "random", "--peer", &python, "--problem"];
    let (fine, printed, said) = regret(&[&game[..], &problems].concat());
    assert!(fine, "{said}");
    for problem in problems {
        for sampler in ["random", "optuna-random", "optuna-tpe", "optuna-gp", "optuna-auto"] {
            assert!(
                printed.contains(&format!("| {problem} | {sampler} | 2 |")),
                "{problem}, {sampler}: {printed}"
            );
        }
    }
}

#[test]
fn a_peer_that_fails_is_an_error_not_a_gap() {
    for peer in ["false", "no-such-program-anywhere", "echo"] {
        let (fine, _, said) = regret(&["--problem", "branin", "--sampler", "none", "--peer", peer]);
        assert!(!fine && said.starts_with("regret: "), "{peer}: {said}");
    }
}
