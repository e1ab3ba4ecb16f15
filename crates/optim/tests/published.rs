//! A published package's numbers are reproduced, for rules that PyTorch does not have: `published.py` beside this file
//! made `published.json` and names the package and its version.

use tunesmith_core::parity::{Case, relative_error};
use tunesmith_core::{Plug, Value};
use tunesmith_optim::parity::{Parity, run_case};
use tunesmith_optim::{Layout, OptimizerEntry, Pace};
use tunesmith_tensor::{DType, Par};

fn cases() -> Vec<Value> {
    let file: Value = serde_json::from_str(include_str!("published.json")).unwrap();
    let Some(Value::List(cases)) = file.at("cases") else { panic!("there are no cases") };
    cases.clone()
}

/// How far the rules agree: to rounding, but where the package itself is less exact.
fn tolerance(case: &Case<'_>) -> f64 {
    let frequency = case.arguments("hyperparameters").unwrap().remove("precondition_frequency");
    match (case.text("rule").unwrap(), frequency) {
        ("soap", Some(_)) => 2e-6, // it turns its axes in single precision
        ("sam", _) => 2e-7,        // its norm is in single precision
        ("ftrl", _) => 1e-9,       // its sums start at zero, ours above
        ("sophia_h", _) => 1e-9,   // our curvature is a difference of gradients
        _ => 1e-10,
    }
}

/// On the sum of `curvature * x² / 2`, for rules that evaluate.
fn on_a_bowl(case: &Case<'_>) -> f64 {
    let config = case.arguments("hyperparameters").unwrap();
    let plug = Plug { name: case.text("rule").unwrap().to_owned(), config };
    let mut optimizer = OptimizerEntry::make(&plug, "rule").unwrap();
    let (mut values, curvatures) =
        (case.numbers("initial").unwrap().values, case.numbers("curvatures").unwrap());
    optimizer.init(&Layout::packed([("x", vec![values.len()])]), DType::F64);
    let mut bowl = |x: &[f64], gradient: &mut [f64]| {
        for i in 0..x.len() {
            gradient[i] = curvatures.values[i] * x[i];
        }
        x.iter().zip(&*gradient).map(|(x, g)| x * g / 2.0).sum()
    };
    let mut largest = 0.0_f64;
    for after in case.list("after_step").unwrap() {
        optimizer.step_with(&mut values, &mut bowl, Pace::default(), Par::Seq).unwrap();
        largest = largest.max(relative_error(&values, &after.values));
    }
    largest
}

#[test]
fn rules_that_pytorch_lacks_are_those_of_a_published_package() {
    let mut wrong = Vec::new();
    for value in cases() {
        let case = Case::new(&value).unwrap();
        let error = if case.has("curvatures") {
            on_a_bowl(&case)
        } else {
            match run_case("optimizers", &value) {
                Parity::Error(error) => error,
                other => panic!("{other:?} for {value}"),
            }
        };
        let within = error <= tolerance(&case);
        if !within {
            let settings = Value::Table(case.arguments("hyperparameters").unwrap());
            wrong.push(format!("{} {settings}: {error:e}", case.text("rule").unwrap()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
