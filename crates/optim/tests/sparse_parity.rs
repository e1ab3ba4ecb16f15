//! Steps on sparse rows are PyTorch's steps on sparse gradients: `sparse_rows.py` beside this file made
//! `sparse_rows.json`. Adam's dialect is Keras's, which adds `eps` where `SparseAdam` does.

use tunesmith_core::parity::{Case, relative_error};
use tunesmith_core::{Plug, Value};
use tunesmith_optim::{Gradient, Layout, OptimizerEntry, Pace, TouchedRows};
use tunesmith_tensor::{DType, Par};

/// The largest relative error of a case; with all rows said to be met, when `dense`.
fn error(fixture: &Case<'_>, case: &Case<'_>, dense: bool) -> f64 {
    let rule = Plug {
        name: case.text("rule").unwrap().to_owned(),
        config: case.arguments("hyperparameters").unwrap(),
    };
    let (width, mut values) =
        (fixture.number("width").unwrap() as usize, fixture.numbers("initial").unwrap().values);
    let rows = values.len() / width;
    let mut optimizer = OptimizerEntry::make(&rule, "rule").unwrap();
    optimizer.init(&Layout::packed([("table", vec![rows, width])]).sparse(|_| true), DType::F64);
    let mut largest = 0.0_f64;
    let (steps, gradients) = (fixture.list("steps").unwrap(), fixture.list("gradients").unwrap());
    for ((met, gradient), after) in steps.iter().zip(&gradients).zip(case.list("after_step").unwrap()) {
        let mut slab = vec![0.0; values.len()];
        for (&row, gradient) in met.values.iter().zip(gradient.values.chunks_exact(width)) {
            slab[row as usize * width..][..width].copy_from_slice(gradient);
        }
        let met = met.values.iter().map(|&row| row as u32).collect();
        let touched =
            [TouchedRows { segment: 0, rows: if dense { (0..rows as u32).collect() } else { met } }];
        let gradient = Gradient { shards: &[&slab], touched: &touched };
        optimizer.step_sparse(&mut values, gradient, Pace::default(), Par::Seq).unwrap();
        largest = largest.max(relative_error(&values, &after.values));
    }
    largest
}

#[test]
fn sparse_rows_are_pytorchs_sparse_gradients() {
    let file: Value = serde_json::from_str(include_str!("sparse_rows.json")).unwrap();
    let Some(Value::List(cases)) = file.at("cases") else { panic!("there are no cases") };
    let fixture = Case::new(&file).unwrap();
    assert_eq!(cases.len(), 5);
    for value in cases {
        let case = Case::new(value).unwrap();
        let (error, dense) = (error(&fixture, &case, false), error(&fixture, &case, true));
        assert!(error < 1e-12, "{error:e} for {value}");
        // What a dense step would have done differs for Adam, and for no other rule here.
        assert_eq!(dense > 1e-3, case.text("rule").unwrap() == "adam", "{dense:e} for {value}");
    }
}
