//! scikit-learn's metrics and PyTorch's reduce-on-plateau, reproduced from fixture files.

use std::collections::BTreeMap;

use tunesmith_core::parity::{Case, Numbers, relative_error, worse};
use tunesmith_core::{Plug, Value};

use crate::callback::{CallbackEntry, EpochEnd, Measure};
use crate::metric::{Confusion, Named, Predictions, Truth};

pub use tunesmith_core::parity::Parity;

/// Runs one case of a fixture file (`metrics`, or `schedules` for reduce-on-plateau).
#[must_use]
pub fn run_case(file_stem: &str, case: &Value) -> Parity {
    let case = match Case::new(case) {
        Ok(case) => case,
        Err(why) => return Parity::Unsupported(why),
    };
    match file_stem {
        "metrics" => metrics(case).unwrap_or_else(Parity::Unsupported),
        "schedules" => plateau(case).into(),
        other => Parity::Unsupported(format!("no fixture file of training is called `{other}`")),
    }
}

/// What a case of metrics holds besides results.
const INPUTS: [&str; 7] = ["task", "note", "y_true", "y_pred", "probability", "score", "labels"];

fn metrics(case: Case<'_>) -> Result<Parity, String> {
    let (mut largest, mut found, mut missing) = (0.0, 0, Vec::new());
    for key in case.keys().filter(|key| !INPUTS.contains(key)) {
        match metric(case, key)? {
            Some(value) => {
                largest = worse(largest, relative_error(&value, &case.numbers(key)?.values));
                found += 1;
            }
            None => missing.push(key.to_owned()),
        }
    }
    Ok(match (found, missing.is_empty()) {
        (0, _) => Parity::Unsupported(format!("none of its metrics is here: {}", missing.join(", "))),
        (_, true) => Parity::Error(largest),
        (_, false) => Parity::Partly(largest, missing),
    })
}

/// The value this project gives for one of scikit-learn's numbers; `None` for what it does not have.
fn metric(case: Case<'_>, key: &str) -> Result<Option<Vec<f64>>, String> {
    let truth = case.numbers("y_true")?.values;
    let of = |plug: Plug, predictions: Predictions<'_>| {
        Named::make(&plug, "metric").ok().map(|named| vec![named.metric.value(&predictions)])
    };
    let rows = truth.len();
    let like_truth = |key: &str| case.numbers(key).and_then(|numbers| per_row(numbers, rows, key));
    if case.text("task")? == "regression" {
        let values = like_truth("y_pred")?.values;
        let truth = Truth::Numbers(&truth);
        return Ok(of(Plug::new(key), Predictions { values: &values, outputs: values.len() / rows, truth }));
    }

    let guesses = if case.has("y_pred") { like_truth("y_pred")?.values } else { Vec::new() };
    let codes: Vec<i64> = truth.iter().map(|&code| code as i64).collect();
    let most = codes.iter().copied().chain(guesses.iter().map(|&guess| guess as i64)).max();
    let scores = ["probability", "score"].into_iter().find(|key| case.has(key));
    let scores = scores.map(like_truth).transpose()?.unwrap_or_default();
    let width = scores.values.len() / rows;
    let count = (most.unwrap_or(0) as usize + 1).max(2).max(width);
    let is_class = |code: &f64| code.fract() == 0.0 && *code >= 0.0;
    if !truth.iter().chain(&guesses).all(is_class) || count > 10_000 || width > 1 && width < count {
        return Err("`y_true` and `y_pred` are not codes of classes".into());
    }
    let truth = Truth::Classes { codes: &codes, count };
    // A guess is a prediction that is sure of itself.
    let sure = |&guess: &f64| (0..count).map(move |class| f64::from(u8::from(class == guess as usize)));
    let guesses: Vec<f64> = guesses.iter().flat_map(sure).collect();
    let guessed = Predictions { values: &guesses, outputs: count, truth };
    let scored = Predictions { values: &scores.values, outputs: width, truth };
    let (plug, predictions) = match key.rsplit_once('_') {
        _ if key == "confusion" => {
            let confusion = Confusion::of(&guessed).filter(|_| !guesses.is_empty());
            return Ok(confusion.map(|c| c.rows().into_iter().flatten().map(|n| n as f64).collect()));
        }
        _ if key == "roc_auc_ovr_macro" => (Plug::new("roc_auc"), scored),
        _ if key == "log_loss" || key == "roc_auc" => (Plug::new(key), scored),
        Some((name, average @ ("macro" | "micro" | "weighted" | "binary"))) => {
            (Plug::new(name).with("average", average), guessed)
        }
        // What scikit-learn takes of the second of two classes is written without an average.
        _ if ["precision", "recall", "f1"].contains(&key) => {
            (Plug::new(key).with("average", "binary"), guessed)
        }
        _ => (Plug::new(key), guessed),
    };
    Ok(if predictions.values.is_empty() { None } else { of(plug, predictions) })
}

/// Numbers that are as many for each row.
fn per_row(numbers: Numbers, rows: usize, key: &str) -> Result<Numbers, String> {
    let fits = rows > 0 && numbers.shape.first() == Some(&rows) && !numbers.values.is_empty();
    if fits { Ok(numbers) } else { Err(format!("`{key}` does not have a row for each of `y_true`")) }
}

/// PyTorch's least learning rate is a rate; here it is a factor.
fn plateau(case: Case<'_>) -> Result<f64, String> {
    if case.text("schedule")? != "reduce_on_plateau" {
        return Err("it is not of training".into());
    }
    let base = case.number("base_lr")?;
    let mut plug = Plug::new("reduce_on_plateau");
    plug.config = case.arguments("arguments")?;
    if let Some(least) = plug.config.remove("min_lr") {
        plug = plug.with("min_factor", least.as_f64().ok_or("`min_lr` is not a number")? / base);
    }
    plug.config.entry("mode".into()).or_insert_with(|| "min".into());
    let mut callback = CallbackEntry::make(&plug, "callback").map_err(|error| error.to_string())?;
    callback.prepare(&[Measure { name: "validation_loss".into(), larger_is_better: false }])?;
    let mut factor = 1.0;
    let mut rates = Vec::new();
    for (epoch, value) in case.numbers("metric")?.values.into_iter().enumerate() {
        let values = BTreeMap::from([("validation_loss".to_owned(), value)]);
        let mut end = EpochEnd { epoch, epochs: 1, values: &values, params: &[], lr_factor: &mut factor };
        let _ = callback.epoch_end(&mut end);
        rates.push(base * factor);
    }
    Ok(relative_error(&rates, &case.numbers("lr_after_metric")?.values))
}
