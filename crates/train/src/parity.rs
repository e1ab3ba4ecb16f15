//! Reproduces scikit-learn's metrics and PyTorch's reduce-on-plateau from fixtures.

use std::collections::BTreeMap;

use tunesmith_core::{Flow, Plug, Value};

use crate::callback::{CallbackEntry, EpochEnd};
use crate::metric::{Confusion, Named, Predictions, Truth};

/// The results of one case: what was compared, with its error relative to the largest expected number; `None` for what
/// this project does not have.
#[must_use]
pub fn run_case(file: &str, case: &Value) -> Vec<(String, Option<f64>)> {
    match file {
        "metrics" => metrics(case),
        "schedules" => vec![("reduce_on_plateau".to_owned(), plateau(case))],
        _ => Vec::new(),
    }
}

fn numbers(case: &Value, key: &str) -> Option<Vec<f64>> {
    fn flatten(value: &Value, out: &mut Vec<f64>) {
        match value {
            Value::List(list) => list.iter().for_each(|item| flatten(item, out)),
            other => out.extend(other.as_f64()),
        }
    }
    let mut out = Vec::new();
    flatten(case.at(key)?, &mut out);
    Some(out)
}

fn relative(found: &[f64], expected: &[f64]) -> f64 {
    if found.len() != expected.len() {
        return f64::INFINITY;
    }
    let scale = expected.iter().fold(1e-12_f64, |m, x| m.max(x.abs()));
    found.iter().zip(expected).fold(0.0_f64, |m, (a, b)| m.max((a - b).abs())) / scale
}

fn metrics(case: &Value) -> Vec<(String, Option<f64>)> {
    let Some(table) = case.as_table() else { return Vec::new() };
    let inputs = ["task", "note", "y_true", "y_pred", "probability", "score"];
    table
        .iter()
        .filter(|(key, _)| !inputs.contains(&key.as_str()))
        .map(|(key, _)| (key.clone(), metric(case, key).zip(numbers(case, key)).map(|(f, e)| relative(&f, &e))))
        .collect()
}

/// The value this project gives for one of scikit-learn's numbers.
fn metric(case: &Value, key: &str) -> Option<Vec<f64>> {
    let truth = numbers(case, "y_true")?;
    let codes: Vec<i64> = truth.iter().map(|&c| c as i64).collect();
    let classes = codes.iter().max().map_or(0, |&m| m as usize + 1);
    let guesses = numbers(case, "y_pred");
    let one_hot: Vec<f64> = match &guesses {
        Some(guesses) => {
            guesses.iter().flat_map(|&g| (0..classes).map(move |c| f64::from(u8::from(c == g as usize)))).collect()
        }
        None => Vec::new(),
    };
    let of = |plug: Plug, values: &[f64], outputs: usize, truth: Truth<'_>| {
        let named = Named::make(&plug, "metric").ok()?;
        Some(vec![named.metric.value(&Predictions { values, outputs, truth })])
    };
    let classes_truth = Truth::Classes { codes: &codes, count: classes };
    if key == "confusion" {
        let confusion = Confusion::of(&Predictions { values: &one_hot, outputs: classes, truth: classes_truth })?;
        return Some(confusion.rows().into_iter().flatten().map(|n| n as f64).collect());
    }
    match case.at("task").and_then(Value::as_str)? {
        "regression" => of(Plug::new(key), &guesses?, 1, Truth::Numbers(&truth)),
        "binary" => of(Plug::new(key), &numbers(case, "score")?, 1, classes_truth),
        _ => {
            let probability = numbers(case, "probability")?;
            match key.rsplit_once('_') {
                _ if key == "log_loss" => of(Plug::new("log_loss"), &probability, classes, classes_truth),
                _ if key == "roc_auc_ovr_macro" => of(Plug::new("roc_auc"), &probability, classes, classes_truth),
                Some((name, average @ ("macro" | "micro" | "weighted"))) => {
                    of(Plug::new(name).with("average", average), &one_hot, classes, classes_truth)
                }
                _ => of(Plug::new(key), &one_hot, classes, classes_truth),
            }
        }
    }
}

fn plateau(case: &Value) -> Option<f64> {
    let mut plug = Plug::new("reduce_on_plateau");
    plug.config = case.at("arguments")?.as_table()?.clone();
    let mut callback = CallbackEntry::make(&plug, "callback").ok()?;
    let base = case.at("base_lr")?.as_f64()?;
    let mut factor = 1.0;
    let mut rates = Vec::new();
    for (epoch, value) in numbers(case, "metric")?.into_iter().enumerate() {
        let values = BTreeMap::from([("validation_loss".to_owned(), value)]);
        let mut end = EpochEnd { epoch, epochs: 1, values: &values, params: &[], lr_factor: &mut factor };
        let flow = callback.epoch_end(&mut end);
        debug_assert_eq!(flow, Flow::Continue);
        rates.push(base * factor);
    }
    Some(relative(&rates, &numbers(case, "lr_after_metric")?))
}
