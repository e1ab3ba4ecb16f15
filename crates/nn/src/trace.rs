//! `Trace`: what a layer sees while its computation is recorded: the graph, the mode, the names of its parameters.

use tunesmith_autodiff::ops::permute::Permute;
use tunesmith_autodiff::ops::reshape::Reshape;
use tunesmith_autodiff::ops::slice::Slice;
use tunesmith_autodiff::{Graph, Precision, Var};
use tunesmith_core::{Count, Error, Plug, Why, nearest};
use tunesmith_tensor::Shape;

use crate::quantized::Weights;
use crate::side_by_side::Trials;
use crate::{Param, Row};

/// Whether a computation is recorded for training or for prediction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Dropout drops, normalisation uses the batch.
    Training,
    /// Nothing is random.
    Prediction,
}

/// The recording of a model's computation.
///
/// Parameters made here are named by where the layer stands (`2.weight`) and come in the same order in every mode.
/// Buffers ([`Trace::buffer`]) are kept with them but not learnt: running means and their like.
#[derive(Debug)]
pub struct Trace {
    graph: Graph,
    mode: Mode,
    outputs: Option<usize>,
    path: Vec<String>,
    whole_batch: bool,
    /// Values under a name, for layers further down; the model's input is the first, under [`INPUT`].
    tags: Vec<(String, Var)>,
    pub(crate) whole: Vec<WholeColumns>,
    /// What is known of several trials, where they are recorded side by side.
    pub(crate) trials: Option<Trials>,
    /// Weights in eight bits, by name, that are used instead of parameters.
    pub(crate) rounded: Weights,
    /// The weights that could be rounded.
    pub(crate) products: Vec<String>,
    pub(crate) params: Vec<Param>,
    pub(crate) rows: Vec<Row>,
}

/// The name under which the model's input can be recalled.
pub(crate) const INPUT: &str = "input";

/// Columns of a model's samples that must hold whole numbers from zero up to, not including, a bound: identifiers.
#[derive(Clone, Debug, PartialEq)]
pub struct WholeColumns {
    /// The columns of a sample, row-major, in order.
    pub columns: Vec<usize>,
    /// The bound.
    pub below: usize,
    /// The dotted path of the layer that reads them.
    pub layer: String,
}

impl Trace {
    pub(crate) fn new(mode: Mode, outputs: Option<usize>) -> Self {
        Self::in_precision(Precision::default(), mode, outputs)
    }

    pub(crate) fn in_precision(precision: Precision, mode: Mode, outputs: Option<usize>) -> Self {
        Self {
            graph: Graph::new().in_precision(precision),
            mode,
            outputs,
            path: Vec::new(),
            whole_batch: false,
            tags: Vec::new(),
            whole: Vec::new(),
            trials: None,
            rounded: Weights::default(),
            products: Vec::new(),
            params: Vec::new(),
            rows: Vec::new(),
        }
    }

    /// The graph that is recorded on.
    #[must_use]
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Whether this is recorded for training.
    #[must_use]
    pub fn training(&self) -> bool {
        self.mode == Mode::Training
    }

    /// A parameter of the layer that is recorded, with how it starts.
    #[must_use]
    pub fn param(&mut self, name: &str, shape: impl Into<Shape>, init: &Plug) -> Var {
        self.learnt(name, shape.into(), init, false)
    }

    /// A table, `[rows, ...]`, of which a training step updates only the rows that its batch meets. Nothing but
    /// [`Var::rows`] may be made of it.
    #[must_use]
    pub fn sparse_param(&mut self, name: &str, shape: impl Into<Shape>, init: &Plug) -> Var {
        self.learnt(name, shape.into(), init, true)
    }

    fn learnt(&mut self, name: &str, shape: Shape, init: &Plug, sparse: bool) -> Var {
        let name = self.name_of(name);
        self.params.push(Param { name: name.clone(), shape, init: init.clone(), learnt: true, sparse });
        self.graph.param(&name, shape)
    }

    /// The product of rows `[rows, inputs]` with a parameter `[units, inputs]` taken transposed. A model that is
    /// [quantised](crate::Quantized) computes it in eight bits.
    #[must_use]
    #[track_caller]
    pub fn product(&mut self, input: &Var, name: &str, units: usize, init: &Plug) -> Var {
        let full = self.name_of(name);
        if let Some(weights) = self.rounded.get(&full) {
            return input.int8_product(weights);
        }
        self.products.push(full);
        let inputs = input.shape().dims()[1];
        input.matmul_t(&self.param(name, [units, inputs], init))
    }

    /// A tensor of the layer that is kept but not learnt, with how it starts; while training, [`Trace::update`] gives
    /// its value after a step. A model with buffers is trained on whole batches ([`Trace::needs_whole_batch`]).
    #[must_use]
    pub fn buffer(&mut self, name: &str, shape: impl Into<Shape>, init: &Plug) -> Var {
        let shape = shape.into();
        let name = self.name_of(name);
        self.whole_batch = true;
        self.params.push(Param {
            name: name.clone(),
            shape,
            init: init.clone(),
            learnt: false,
            sparse: false,
        });
        self.graph.buffer(&name, shape)
    }

    /// What a buffer becomes after a training step; nothing in prediction.
    ///
    /// # Panics
    /// As [`Graph::update`].
    #[track_caller]
    pub fn update(&mut self, buffer: &Var, value: &Var) {
        if self.training() {
            self.graph.update(buffer, value);
        }
    }

    /// States that what the layer computes for a row while training depends on the other rows of its batch, so that the
    /// batch must not be cut into shards.
    pub fn needs_whole_batch(&mut self) {
        self.whole_batch = true;
    }

    pub(crate) fn whole_batch(&self) -> bool {
        self.whole_batch
    }

    /// Remembers a value under a name; one of the same name is forgotten.
    pub fn tag(&mut self, name: &str, value: &Var) {
        self.tags.retain(|(known, _)| known != name);
        self.tags.push((name.to_owned(), value.clone()));
    }

    /// The value remembered under a name; `"input"` is the model's input.
    ///
    /// # Errors
    /// When there is none, with the nearest name.
    pub fn recall(&self, name: &str) -> Result<Var, Error> {
        if let Some((_, value)) = self.tags.iter().find(|(known, _)| known == name) {
            return Ok(value.clone());
        }
        let known: Vec<&str> = self.tags.iter().map(|(known, _)| known.as_str()).collect();
        let hint = match nearest(name, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known here: {}; {{ tag = \"{name}\" }} further up makes it", known.join(", ")),
        };
        Err(self.error(format!("nothing is tagged `{name}`, {hint}")))
    }

    /// States that a value holds whole numbers from zero up to, not including, `below`. It must be columns of the model's
    /// input, sliced, reshaped or permuted; the samples are then checked before they are used.
    ///
    /// # Errors
    /// When it is computed from them.
    pub fn needs_whole(&mut self, value: &Var, below: usize) -> Result<(), Error> {
        let input = self.recall(INPUT)?;
        let Some(places) = places(value, &input) else {
            let because = "identifiers must be columns of the model's input, not computed: take them with { select = { start = ..., count = ... } } or let this be the first layer";
            return Err(self.error(because));
        };
        let width = input.shape().dims()[1..].iter().product::<usize>().max(1);
        let mut columns: Vec<usize> = places.into_iter().map(|place| place % width).collect();
        columns.sort_unstable();
        columns.dedup();
        self.whole.push(WholeColumns { columns, below, layer: self.place() });
        Ok(())
    }

    /// What an activation, by name and settings, makes of a value: for layers that end in one.
    ///
    /// # Errors
    /// When none of that name is linked, its settings are not possible, or it does not take as many features.
    pub fn activate(&self, activation: &Plug, x: &Var) -> Result<Var, Error> {
        crate::activation::activate(self, activation, x)
    }

    /// A count as a number: "classes" is what the data asks the model to put out.
    ///
    /// # Errors
    /// When the word has no meaning here.
    pub fn count(&self, count: &Count) -> Result<usize, Error> {
        match (count, self.outputs) {
            (Count::Fixed(n), _) => Ok(*n),
            (Count::Word(word), Some(outputs)) if word == "classes" || word == "outputs" => Ok(outputs),
            (Count::Word(word), _) => {
                Err(self.error(format!("`{word}` is known only once there is data, write a number")))
            }
        }
    }

    /// Records something under a name: a layer inside a layer.
    ///
    /// # Errors
    /// What the recorded part returns.
    pub fn within<R>(
        &mut self,
        name: &str,
        record: impl FnOnce(&mut Self) -> Result<R, Error>,
    ) -> Result<R, Error> {
        self.path.push(name.to_owned());
        let result = record(self);
        self.path.pop();
        result
    }

    /// An error that names the layer that is recorded.
    #[must_use]
    pub fn error(&self, because: impl Into<String>) -> Error {
        Error::new(self.place(), Why::Conflict { because: because.into() })
    }

    /// The dotted path of the layer that is recorded.
    pub(crate) fn place(&self) -> String {
        format!("model.layers.{}", self.path.join("."))
    }

    pub(crate) fn name_of(&self, name: &str) -> String {
        self.path.iter().map(String::as_str).chain([name]).collect::<Vec<_>>().join(".")
    }
}

/// Where in the model's input each element of a value stands, when it is moved there and nothing else.
fn places(value: &Var, input: &Var) -> Option<Vec<usize>> {
    if value.is(input) {
        return Some((0..input.shape().numel()).collect());
    }
    if let Some((_, inputs)) = value.made_by::<Reshape>() {
        return places(&inputs[0], input);
    }
    let (inputs, axes, starts) = match (value.made_by::<Slice>(), value.made_by::<Permute>()) {
        (Some((slice, inputs)), _) => {
            let mut starts = vec![0; value.rank()];
            starts[slice.axis] = slice.start;
            (inputs, (0..value.rank()).collect(), starts)
        }
        (_, Some((permute, inputs))) => (inputs, permute.axes, vec![0; value.rank()]),
        _ => return None,
    };
    let before = places(&inputs[0], input)?;
    let (old, new) = (inputs[0].shape(), value.shape());
    let stride = |axis: usize| old.dims()[axis + 1..].iter().product::<usize>();
    // Counts through the new places in order; each axis moves along one of the old.
    let mut out = vec![0];
    for (axis, &size) in new.dims().iter().enumerate() {
        let step = stride(axes[axis]);
        let first = starts[axis];
        let along = |&place: &usize| (first..first + size).map(move |at| place + at * step);
        out = out.iter().flat_map(along).collect();
    }
    Some(out.into_iter().map(|place| before[place]).collect())
}

#[cfg(test)]
mod tests {
    use super::places;
    use tunesmith_autodiff::Graph;

    #[test]
    fn moved_values_are_found_in_the_input() {
        let input = Graph::new().input("x", [2, 6]);
        assert_eq!(places(&input.slice(1, 2, 3), &input).unwrap(), [2, 3, 4, 8, 9, 10]);
        let turned = input.reshape([2, 2, 3]).permute(&[0, 2, 1]).slice(1, 1, 1);
        assert_eq!(places(&turned, &input).unwrap(), [1, 4, 7, 10]);
        assert_eq!(places(&(&input * 2.0), &input), None);
    }
}
