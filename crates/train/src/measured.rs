//! What is measured after every epoch, and under which names.

use std::collections::BTreeMap;

use tunesmith_data::Dataset;

use crate::callback::Measure;
use crate::evaluate::{Evaluator, Measured};
use crate::history::Values;
use crate::settings::Training;

/// What is measured after every epoch, under the names of the history.
pub(crate) fn measures(training: &Training, evaluator: &Evaluator, validation: bool) -> Vec<Measure> {
    let mut measured = vec![
        Measure { name: "loss".into(), larger_is_better: false },
        Measure { name: "lr".into(), larger_is_better: false },
    ];
    let mut part = |prefix: &str| {
        measured.push(Measure { name: format!("{prefix}loss"), larger_is_better: false });
        measured.extend(evaluator.metrics().iter().map(|named| Measure {
            name: format!("{prefix}{}", named.name),
            larger_is_better: named.metric.larger_is_better(),
        }));
    };
    if training.measure_training {
        part("");
    }
    if validation {
        part("validation_");
    }
    measured.sort_by(|a, b| a.name.cmp(&b.name));
    measured.dedup();
    measured
}

/// What the history says after an epoch: the running loss, the rate, and what the training and the validation rows
/// measure, where they are to be measured.
pub(crate) fn measured_values(
    evaluator: &mut Evaluator,
    params: &[f32],
    [train, validation]: [Option<&Dataset>; 2],
    loss: f64,
    lr: f64,
) -> Values {
    let mut values: Values = BTreeMap::new();
    values.insert("loss".into(), loss);
    values.insert("lr".into(), lr);
    let mut put = |part: &str, measured: Measured| {
        values.insert(format!("{part}loss"), measured.loss);
        values.extend(measured.metrics.into_iter().map(|(name, value)| (format!("{part}{name}"), value)));
    };
    for (part, data) in [("", train), ("validation_", validation)] {
        if let Some(data) = data {
            put(part, evaluator.measure(params, data));
        }
    }
    values
}
