//! What the report shows of a run.

use std::collections::BTreeMap;

use tunesmith_data::Prepared;
use tunesmith_report::{Confusion, EpochRow, ModelSummary, Prediction, Reproduce, RunInput};
use tunesmith_train::Fitted;

use super::RunOptions;
use super::scores::Measured;
use crate::{FixedRecipe, Goal};

/// The page's input.
pub(super) fn input(
    name: &str,
    fixed: &FixedRecipe,
    prepared: &Prepared,
    fitted: &Fitted,
    goal: &Goal,
    measured: &Measured,
    options: &RunOptions,
) -> RunInput {
    let summary = fitted.model.summary();
    let rows = summary.rows.iter().enumerate();
    let shape = |dims: &[usize]| dims.iter().map(ToString::to_string).collect::<Vec<_>>().join(" × ");
    let summary = ModelSummary {
        head: ["Layer", "Output", "Parameters"].map(str::to_owned).to_vec(),
        rows: rows
            .map(|(i, row)| {
                vec![format!("{i}. {}", row.layer), shape(row.output.dims()), row.params.to_string()]
            })
            .collect(),
        notes: vec![format!(
            "{} parameters, {} operations to predict one sample.",
            summary.params, summary.flops
        )],
    };
    let epoch = |(i, values): (usize, &BTreeMap<String, f64>)| EpochRow {
        epoch: i as u64 + 1,
        values: values.iter().map(|(name, value)| (shown(name), *value)).collect(),
    };
    RunInput {
        title: name.to_owned(),
        metric: goal.metric.clone(),
        direction: goal.direction,
        recipe_toml: fixed.to_toml(),
        summary,
        history: fitted.history.epochs().iter().enumerate().map(epoch).collect(),
        kept_epoch: (fitted.kept_epoch + 1 < fitted.history.epochs().len())
            .then_some(fitted.kept_epoch as u64 + 1),
        scores: measured.scores.clone(),
        confusion: measured.confusion.as_ref().map(|(part, confusion)| Confusion {
            labels: prepared.pipeline.class_names().unwrap_or_default().to_vec(),
            matrix: confusion.rows(),
            part: part.clone(),
        }),
        scatter: measured
            .pairs
            .as_ref()
            .map(|pairs| pairs.iter().map(|&(truth, predicted)| Prediction { truth, predicted }).collect()),
        seconds: fitted.seconds,
        reproduce: reproduce(fixed, prepared, options),
    }
}

/// How to do it again.
pub(crate) fn reproduce(fixed: &FixedRecipe, prepared: &Prepared, options: &RunOptions) -> Reproduce {
    let rows = prepared.train.rows() + prepared.validation.rows() + prepared.test.rows();
    Reproduce {
        command: options.command.clone(),
        seed: Some(fixed.training.seed as u64),
        versions: vec![("tunesmith".into(), env!("CARGO_PKG_VERSION").into())],
        data: Some(format!("{rows} rows, fingerprint {:016x}", prepared.fingerprint)),
        when: options.when.clone(),
    }
}

/// The name of a value in the report: what the history calls `loss` is the training's.
fn shown(name: &str) -> String {
    match name {
        "lr" => "learning_rate".into(),
        "momentum" | "batch_size" => name.into(),
        name if name.starts_with("validation_") => name.into(),
        name => format!("train_{name}"),
    }
}
