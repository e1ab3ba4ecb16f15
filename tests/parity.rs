//! Fixture files are run whatever stands in them: what cannot be read is unsupported, never a panic and never equal.

use proptest::prelude::*;
use tunesmith_core::{Table, Value};
use tunesmith_tests::parity::{Outcome, Parity, run_case, run_file, run_folder};

fn fixtures() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// All cases of the shipped files, with the names of their files.
fn cases() -> Vec<(String, Value)> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(fixtures()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|ending| ending != "json") {
            continue; // what made a file lies beside it
        }
        let fixture: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let Some(Value::List(cases)) = fixture.at("cases") else { panic!("{} has no cases", path.display()) };
        let stem = path.file_stem().unwrap().to_str().unwrap();
        all.extend(cases.iter().map(|case| (stem.to_owned(), case.clone())));
    }
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all
}

#[test]
fn the_shipped_numbers_are_reproduced() {
    let outcomes = run_folder(&fixtures()).unwrap();
    let wrong: Vec<String> =
        outcomes.iter().filter(|outcome| outcome.ok() == Some(false)).map(Outcome::to_json).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // What of each file must not become unsupported again.
    for (file, least) in [
        ("activations.json", 23),
        ("attention.json", 8),
        ("clipping.json", 1),
        ("layers.json", 18),
        ("losses.json", 17),
        ("metrics.json", 3),
        ("more_activations.json", 13),
        ("more_layers.json", 15),
        ("more_losses.json", 28),
        ("optimizers.json", 15),
        ("preprocessing.json", 4),
        ("schedules.json", 7),
    ] {
        let equal = outcomes.iter().filter(|outcome| outcome.file == file && outcome.ok() == Some(true));
        let equal = equal.count();
        assert!(equal >= least, "{file}: {equal} cases are equal, not {least}");
    }
}

#[test]
fn a_wrong_number_is_not_equal() {
    let text = r#"{"cases": [
        {"rule": "sgd", "hyperparameters": {"lr": 0.5}, "initial": [1], "gradients": [[2]], "after_step": [[0]]},
        {"rule": "sgd", "hyperparameters": {"lr": 0.5}, "initial": [1], "gradients": [[2]], "after_step": [[1e-9]]},
        {"rule": "sgd", "hyperparameters": {"lr": 0.5}, "initial": [1], "gradients": [[2]], "after_step": [[0, 0]]},
        {"rule": "nothing of that name"}
    ]}"#;
    let lines: Vec<String> = run_file("optimizers.json", text).iter().map(Outcome::to_json).collect();
    assert_eq!(
        lines[0],
        r#"{"file":"optimizers.json","case":"0 sgd {lr = 0.5}","max_relative_error":0e0,"ok":true}"#
    );
    assert!(lines[1].ends_with(r#""max_relative_error":1e0,"ok":false}"#), "{}", lines[1]);
    assert!(lines[2].ends_with(r#""max_relative_error":null,"ok":false}"#), "{}", lines[2]);
    assert!(lines[3].contains(r#""unsupported":""#), "{}", lines[3]);
    assert!(lines.iter().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()));
}

#[test]
fn what_pytorch_writes_for_nothing_changes_nothing() {
    let with = |hyperparameters: &str| {
        let head = r#"{"rule": "adam", "initial": [1], "gradients": [[2]], "after_step": [[0.999]], "hyperparameters": "#;
        run_case("optimizers", &serde_json::from_str(&format!("{head}{hyperparameters}}}")).unwrap())
    };
    let plain = with("{}");
    assert!(matches!(plain, Parity::Error(error) if error < 1e-8), "{plain:?}");
    assert_eq!(
        with(r#"{"weight_decay": null, "foreach": null, "maximize": false, "amsgrad": false}"#),
        plain
    );
    assert!(matches!(with(r#"{"maximize": true}"#), Parity::Unsupported(_)));
}

/// The paths of everything in a value, the deepest lists of numbers as wholes.
fn paths(value: &Value, at: &[String], all: &mut Vec<Vec<String>>) {
    all.push(at.to_vec());
    let inside = |key: String| [at, &[key]].concat();
    match value {
        Value::Table(table) => table.iter().for_each(|(key, value)| paths(value, &inside(key.clone()), all)),
        Value::List(list) => {
            list.iter().take(3).enumerate().for_each(|(i, value)| paths(value, &inside(i.to_string()), all));
        }
        _ => {}
    }
}

fn place<'a>(value: &'a mut Value, path: &[String]) -> &'a mut Value {
    path.iter().fold(value, |value, key| match value {
        Value::Table(table) => table.get_mut(key).unwrap(),
        Value::List(list) => &mut list[key.parse::<usize>().unwrap()],
        _ => unreachable!("the path was taken from this value"),
    })
}

proptest! {
    #[test]
    fn whatever_stands_in_a_case_is_answered(
        which in any::<prop::sample::Index>(),
        wheres in prop::collection::vec(any::<prop::sample::Index>(), 1..3),
        whats in prop::collection::vec(0..9_usize, 3),
    ) {
        let cases = cases();
        let (stem, mut case) = cases[which.index(cases.len())].clone();
        for (place_of, what) in wheres.iter().zip(whats) {
            let mut all = Vec::new();
            paths(&case, &[], &mut all);
            let path = &all[place_of.index(all.len())];
            let list = |values: &[f64]| Value::List(values.iter().map(|&x| x.into()).collect());
            *place(&mut case, path) = match what {
                0 => Value::Null,
                1 => Value::from("x"),
                2 => Value::Float(-3.5),
                3 => Value::Int(0),
                4 => Value::List(Vec::new()),
                5 => list(&[1.0, 2.0]),
                6 => Value::List(vec![list(&[1.0]), list(&[])]),
                7 => Value::Bool(true),
                _ => Value::Table(Table::new()),
            };
        }
        // It may be unsupported, or far from what the case says; what it must not do is panic.
        let _ = run_case(&stem, &case);
    }
}
