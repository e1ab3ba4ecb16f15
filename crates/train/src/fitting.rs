//! What a loss asks of a model and of the data, and how targets are fed.

use tunesmith_autodiff::{Graph, Var};
use tunesmith_core::{Error, Why};
use tunesmith_data::{Dataset, Targets as DataTargets, Task};
use tunesmith_nn::{Loss, Mode, Sequential, Targets};

/// How many outputs a loss asks of a model for a task: what "classes" in a recipe means.
///
/// ```
/// use tunesmith_core::Plug;
/// use tunesmith_data::Task;
/// use tunesmith_nn::loss::find_loss;
/// let loss = |name: &str| find_loss(&Plug::new(name), "training.loss").unwrap();
/// assert_eq!(tunesmith_train::outputs_for(&*loss("cross_entropy"), Task::Classification { classes: 3 }), 3);
/// assert_eq!(tunesmith_train::outputs_for(&*loss("binary_cross_entropy"), Task::Classification { classes: 2 }), 1);
/// ```
#[must_use]
pub fn outputs_for(loss: &dyn Loss, task: Task) -> usize {
    match (loss.targets(), task) {
        (Targets::Binary, Task::Classification { .. }) => 1,
        (_, Task::Classification { classes }) => classes,
        (_, Task::Regression { outputs }) => outputs,
    }
}

/// Checks that data, model and loss fit together.
pub(crate) fn check(model: &Sequential, loss: &dyn Loss, name: &str, data: &Dataset) -> Result<(), Error> {
    let conflict = |at: &str, because: String| Err(Error::new(at, Why::Conflict { because }));
    if model.input_shape().numel() != data.width() {
        let because = format!(
            "the model takes samples of {} numbers, the data has {}",
            model.input_shape().numel(),
            data.width()
        );
        return conflict("model", because);
    }
    if model.param_count() == 0 {
        return conflict("model.layers", "the model learns nothing, add a dense layer".into());
    }
    let task = data.task();
    match (loss.targets(), task) {
        (Targets::Classes, Task::Regression { .. }) => {
            return conflict(
                "training.loss",
                format!("{name} is of classes, but the target is a number: use mse, mae or huber"),
            );
        }
        (Targets::Binary, Task::Classification { classes }) if classes != 2 => {
            return conflict(
                "training.loss",
                format!("{name} is of two classes, the data has {classes}: use cross_entropy"),
            );
        }
        (Targets::Numbers, Task::Classification { .. }) => {
            let because = format!(
                "{name} is of numbers, but the target is a class: use cross_entropy or binary_cross_entropy (or, where the classes are amounts, say task = \"regression\" in data.source)"
            );
            return conflict("training.loss", because);
        }
        _ => {}
    }
    let traced = model.trace(1, Mode::Prediction);
    if let Err(because) = loss.check(&traced.output) {
        return conflict("model.layers", format!("{name} {because}"));
    }
    let (found, wanted) = (model.output_shape(), outputs_for(loss, task));
    if found.dims() != [wanted] {
        let because = format!(
            "{name} needs {wanted} output{} a row here, the model puts out {found}: let the last layer be dense with units = \"classes\"",
            if wanted == 1 { "" } else { "s" }
        );
        return conflict("model.layers", because);
    }
    Ok(())
}

/// A buffer of targets in the form a loss is fed.
#[derive(Clone, Debug)]
pub(crate) enum Fed {
    Classes(Vec<i64>),
    Numbers(Vec<f32>),
}

impl Fed {
    /// Room for the targets of `rows` rows.
    pub(crate) fn new(loss: &dyn Loss, rows: usize, outputs: usize) -> Self {
        match loss.targets() {
            Targets::Classes => Self::Classes(vec![0; rows]),
            Targets::Binary | Targets::Numbers => Self::Numbers(vec![0.0; rows * outputs]),
        }
    }

    /// The graph's side: the input that takes them.
    pub(crate) fn input(&self, graph: &Graph, rows: usize, outputs: usize) -> Var {
        match self {
            Self::Classes(_) => graph.index_input("y", [rows]),
            Self::Numbers(_) => graph.input("y", [rows, outputs]),
        }
    }

    /// Fills the buffer with the targets of some rows.
    pub(crate) fn gather(&mut self, data: &Dataset, rows: &[usize]) {
        match (self, data.targets()) {
            (Self::Classes(buffer), _) => data.gather_classes(rows, buffer),
            // A binary loss takes the code of the class, 0 or 1, as a number.
            (Self::Numbers(buffer), DataTargets::Classes { codes, .. }) => {
                buffer.iter_mut().zip(rows).for_each(|(y, &row)| *y = codes[row] as f32);
            }
            (Self::Numbers(buffer), DataTargets::Numbers { .. }) => data.gather_numbers(rows, buffer),
        }
    }
}
