//! `Trace`: what a layer sees while its computation is recorded: the graph, the mode, the names of its parameters.

use tunesmith_autodiff::{Graph, Var};
use tunesmith_core::{Count, Error, Plug, Why};
use tunesmith_tensor::Shape;

use crate::Param;

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
    pub(crate) params: Vec<Param>,
    pub(crate) shapes: Vec<(String, Shape, usize)>,
}

impl Trace {
    pub(crate) fn new(mode: Mode, outputs: Option<usize>) -> Self {
        Self {
            graph: Graph::new(),
            mode,
            outputs,
            path: Vec::new(),
            whole_batch: false,
            params: Vec::new(),
            shapes: Vec::new(),
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
        let shape = shape.into();
        let name = self.name_of(name);
        self.params.push(Param { name: name.clone(), shape, init: init.clone(), learnt: true });
        self.graph.param(&name, shape)
    }

    /// A tensor of the layer that is kept but not learnt, with how it starts; while training, [`Trace::update`] gives
    /// its value after a step. A model with buffers is trained on whole batches ([`Trace::needs_whole_batch`]).
    #[must_use]
    pub fn buffer(&mut self, name: &str, shape: impl Into<Shape>, init: &Plug) -> Var {
        let shape = shape.into();
        let name = self.name_of(name);
        self.whole_batch = true;
        self.params.push(Param { name: name.clone(), shape, init: init.clone(), learnt: false });
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
        Error::new(format!("model.layers.{}", self.path.join(".")), Why::Conflict { because: because.into() })
    }

    fn name_of(&self, name: &str) -> String {
        self.path.iter().map(String::as_str).chain([name]).collect::<Vec<_>>().join(".")
    }
}
