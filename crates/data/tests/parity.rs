//! The scalers give scikit-learn's numbers, in 64 bits.

use tunesmith_core::{Plug, Table, Value, find};
use tunesmith_data::{Column, Frame, PrepareEntry};

fn rows(value: &Value) -> Vec<Vec<f64>> {
    let Value::List(rows) = value else { panic!("a fixture holds a list of rows") };
    let row = |row: &Value| match row {
        Value::List(cells) => cells.iter().map(|cell| cell.as_f64().unwrap()).collect(),
        _ => panic!("a row is a list"),
    };
    rows.iter().map(row).collect()
}

fn transform(step: &Plug, x: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let column =
        |place: usize| Column::numbers(format!("x{place}"), x.iter().map(|row| row[place]).collect());
    let mut frame = Frame::new((0..x[0].len()).map(column).collect());
    let step = find::<PrepareEntry>(&step.name, "").unwrap().build(&step.config, "").unwrap();
    let state = step.fit(&frame, &mut Vec::new()).unwrap();
    step.apply(&state, &mut frame).unwrap();
    (0..x.len())
        .map(|row| frame.columns().iter().map(|column| column.values.numbers().unwrap()[row]).collect())
        .collect()
}

#[test]
fn scalers_equal_scikit_learn_to_1e_9() {
    let text = include_str!("../../../tests/fixtures/preprocessing.json");
    let fixture: Table = serde_json::from_str(text).unwrap();
    let Value::List(cases) = &fixture["cases"] else { panic!("a fixture holds cases") };
    let mut steps = Vec::new();
    for case in cases {
        let name = case.at("step").and_then(Value::as_str).unwrap();
        let name = if name == "standard" { "standardize" } else { name };
        steps.push(name.to_owned());
        let expected = rows(case.at("transformed").unwrap());
        let found = transform(&Plug::new(name), &rows(case.at("x").unwrap()));
        for (row, (found, expected)) in found.iter().zip(&expected).enumerate() {
            for (place, (a, b)) in found.iter().zip(expected).enumerate() {
                // Relative, with one as the floor: zeros of a constant column are compared absolutely.
                let error = (a - b).abs() / b.abs().max(1.0);
                assert!(error < 1e-9, "{name}, row {row}, column {place}: {a} instead of {b}");
            }
        }
    }
    assert_eq!(steps, ["standardize", "min_max", "robust", "max_abs"]);
}
