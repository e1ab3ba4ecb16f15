//! What is measured after every epoch, and under which names.

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
    measured.extend(scheduled(training).map(|name| Measure { name: name.into(), larger_is_better: false }));
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

/// What a schedule moves besides the learning rate, under its name in the history.
fn scheduled(training: &Training) -> impl Iterator<Item = &'static str> {
    let momentum = training.momentum_schedule.as_ref().map(|_| "momentum");
    momentum.into_iter().chain(training.batch_size_schedule.as_ref().map(|_| "batch_size"))
}

/// Settings as the last step of an epoch had them.
pub(crate) struct Settings {
    pub(crate) lr: f64,
    pub(crate) momentum: Option<f64>,
    pub(crate) batch_size: usize,
}

impl Settings {
    /// The rate, and what else a schedule moves.
    pub(crate) fn scheduled(&self, training: &Training) -> Values {
        let value =
            |name| if name == "momentum" { self.momentum.unwrap_or(0.0) } else { self.batch_size as f64 };
        let others = scheduled(training).map(|name| (name.to_owned(), value(name)));
        others.chain([("lr".to_owned(), self.lr)]).collect()
    }
}

/// What the history says after an epoch: the running loss, the settings that schedules move, and what the training and the validation rows
/// measure, where they are to be measured.
pub(crate) fn measured_values(
    evaluator: &mut Evaluator,
    params: &[f32],
    [train, validation]: [Option<&Dataset>; 2],
    loss: f64,
    mut values: Values,
) -> Values {
    values.insert("loss".into(), loss);
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
