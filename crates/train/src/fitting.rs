//! What a loss asks of a model and of the data, and how targets are fed.

use tunesmith_autodiff::{Feed, Var};
use tunesmith_core::{Error, Why};
use tunesmith_data::{Dataset, Targets as DataTargets, Task};
use tunesmith_nn::{Batch, ClassWeights, Loss, Mode, Sequential, Targets};

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
    check_samples(model, data)?;
    let task = data.task();
    match (loss.targets(), task) {
        (Targets::Classes | Targets::Sequences, Task::Regression { .. }) => {
            return conflict(
                "training.loss",
                format!("{name} is of classes, but the target is a number: use mse, mae or huber"),
            );
        }
        (Targets::Binary | Targets::Flags, Task::Classification { classes }) if classes != 2 => {
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
        (Targets::Flags, Task::Regression { outputs }) if outputs != 1 => {
            return conflict(
                "training.loss",
                format!("{name} takes one zero or one a row, the data has {outputs} numbers"),
            );
        }
        _ => {}
    }
    let positions = data.positions();
    if positions > 1 && matches!(loss.targets(), Targets::Flags) {
        let because = format!("{name} takes one zero or one a row, the data has {positions} positions");
        return conflict("training.loss", because);
    }
    let traced = model.trace(1, Mode::Prediction);
    if let Err(because) = loss.check(&traced.output) {
        return conflict("model.layers", format!("{name} {because}"));
    }
    // What these put out is the loss's own affair, which it has checked.
    if matches!(loss.targets(), Targets::Flags | Targets::Sequences | Targets::Nothing) {
        return Ok(());
    }
    let (found, wanted) = (model.output_shape(), outputs_for(loss, task));
    let fits = match (found.dims(), positions) {
        (dims, 1) => dims == [wanted],
        ([lead @ .., last], _) => *last == wanted && lead.iter().product::<usize>() == positions,
        ([], _) => false,
    };
    if !fits {
        let plural = if wanted == 1 { "" } else { "s" };
        let of = if positions == 1 {
            "row here".to_owned()
        } else {
            format!("position, {positions} positions a row")
        };
        let because = format!(
            "{name} needs {wanted} output{plural} a {of}, the model puts out {found}: let the last layer be dense with units = \"classes\""
        );
        return conflict("model.layers", because);
    }
    Ok(())
}

/// Checks that identifiers are what the model's layers look up.
pub(crate) fn check_samples(model: &Sequential, data: &Dataset) -> Result<(), Error> {
    model.check_named_samples(data.x(), data.feature_names())
}

/// What a step or a measurement feeds besides samples: targets in the form a loss takes, and what rows count.
#[derive(Clone, Debug)]
pub(crate) struct Fed {
    targets: Buffer,
    /// What each row counts, when the data says so.
    weights: Option<Vec<f32>>,
    /// One over what the rows of the whole batch count together, when rows may count differently.
    share: Option<[f32; 1]>,
}

#[derive(Clone, Debug)]
enum Buffer {
    Codes(Vec<i64>),
    Numbers(Vec<f32>),
    Nothing,
}

/// What rows of a data set count together, where labels may have weights; `None` when all count alike.
pub(crate) fn count(
    labels: Option<&ClassWeights>,
    data: &Dataset,
    rows: impl Iterator<Item = usize>,
) -> Option<f64> {
    let classes = match data.targets() {
        DataTargets::Classes { codes, names } if labels.is_some() => Some((codes, names.len())),
        _ => None,
    };
    if data.weights().is_none() && classes.is_none() {
        return None;
    }
    let row = |row: usize| {
        let own = data.weights().map_or(1.0, |weights| f64::from(weights[row]));
        match (labels, classes) {
            (Some(labels), Some((codes, classes))) => {
                own * labels.mean_of(&codes[row * data.positions()..][..data.positions()], classes)
            }
            _ => own,
        }
    };
    Some(rows.map(row).sum())
}

impl Fed {
    /// Room for what is fed with `rows` rows of the data, and the graph's side of it: the target of a prediction, and the
    /// batch of `total` rows that the loss is the mean over.
    pub(crate) fn new(
        loss: &dyn Loss,
        data: &Dataset,
        prediction: &Var,
        rows: usize,
        total: usize,
    ) -> (Self, Var, Batch) {
        let graph = prediction.graph();
        let codes = |shape: &[usize]| {
            (Buffer::Codes(vec![0; shape.iter().product()]), graph.index_input("y", shape.to_vec()))
        };
        let (targets, target) = match loss.targets() {
            // One label per row for `[rows, classes]`, one per position for `[rows, positions..., classes]`.
            Targets::Classes => {
                let shape = prediction.shape();
                codes(shape.dims().split_last().map_or(&[], |(_, lead)| lead))
            }
            Targets::Sequences => codes(&[rows, data.positions()]),
            Targets::Binary | Targets::Numbers => {
                let shape = prediction.shape();
                (Buffer::Numbers(vec![0.0; shape.numel()]), graph.input("y", shape))
            }
            Targets::Flags => (Buffer::Numbers(vec![0.0; rows]), graph.input("y", [rows])),
            Targets::Nothing => (Buffer::Nothing, graph.scalar(0.0)),
        };
        let weights = data.weights().map(|_| vec![0.0; rows]);
        if weights.is_none() && loss.label_weights().is_none() {
            return (Self { targets, weights, share: None }, target, Batch::of(total));
        }
        let row_weights = weights.as_ref().map(|_| graph.input("weights", [rows]));
        let batch = Batch::weighted(&graph.input("share", []), row_weights.as_ref());
        (Self { targets, weights, share: Some([0.0]) }, target, batch)
    }

    /// Fills the buffers for some rows of a batch that counts so much; a batch that counts nothing has a loss of zero.
    pub(crate) fn gather(&mut self, data: &Dataset, rows: &[usize], count: Option<f64>) {
        match &mut self.targets {
            Buffer::Codes(codes) => data.gather_classes(rows, codes),
            // A binary loss takes the code of the class, 0 or 1, as a number.
            Buffer::Numbers(numbers) => data.gather_numbers(rows, numbers),
            Buffer::Nothing => {}
        }
        if let (Some(buffer), Some(weights)) = (&mut self.weights, data.weights()) {
            buffer.iter_mut().zip(rows).for_each(|(place, &row)| *place = weights[row]);
        }
        if let (Some([share]), Some(count)) = (&mut self.share, count) {
            *share = if count > 0.0 { (1.0 / count) as f32 } else { 0.0 };
        }
    }

    /// Bytes of the buffers.
    pub(crate) fn bytes(&self) -> usize {
        let targets = match &self.targets {
            Buffer::Codes(codes) => size_of_val(&**codes),
            Buffer::Numbers(numbers) => size_of_val(&**numbers),
            Buffer::Nothing => 0,
        };
        targets + self.weights.as_ref().map_or(0, |weights| size_of_val(&**weights))
    }
}

/// What a graph is fed, in the order in which its inputs were made; allocates nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Inputs<'a> {
    numbers: [&'a [f32]; 8],
    codes: [&'a [i64]; 2],
    counts: (usize, usize),
}

impl<'a> Inputs<'a> {
    /// Samples.
    pub(crate) fn new(x: &'a [f32]) -> Self {
        Self { numbers: [&[]; 8], codes: [&[]; 2], counts: (0, 0) }.numbers_too(x)
    }

    /// The same and more numbers.
    pub(crate) fn numbers_too(mut self, more: &'a [f32]) -> Self {
        self.numbers[self.counts.0] = more;
        self.counts.0 += 1;
        self
    }

    /// The same and more whole numbers.
    pub(crate) fn codes_too(mut self, more: &'a [i64]) -> Self {
        self.codes[self.counts.1] = more;
        self.counts.1 += 1;
        self
    }

    /// The same and targets with what their rows count.
    pub(crate) fn with(self, fed: &'a Fed) -> Self {
        let fed_targets = match &fed.targets {
            Buffer::Codes(codes) => self.codes_too(codes),
            Buffer::Numbers(numbers) => self.numbers_too(numbers),
            Buffer::Nothing => self,
        };
        let share = fed.share.as_ref().map(|share| &share[..]);
        [fed.weights.as_deref(), share].into_iter().flatten().fold(fed_targets, Self::numbers_too)
    }

    /// What is fed to a run with these parameters and this noise.
    pub(crate) fn feed(&'a self, params: &'a [f32], noise: u64) -> Feed<'a, f32> {
        Feed { params, inputs: &self.numbers[..self.counts.0], indices: &self.codes[..self.counts.1], noise }
    }
}
