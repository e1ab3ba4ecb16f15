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
#[derive(Debug)]
pub struct Trace {
    graph: Graph,
    mode: Mode,
    outputs: Option<usize>,
    path: Vec<String>,
    pub(crate) params: Vec<Param>,
    pub(crate) shapes: Vec<(String, Shape, usize)>,
}

impl Trace {
    pub(crate) fn new(mode: Mode, outputs: Option<usize>) -> Self {
        Self { graph: Graph::new(), mode, outputs, path: Vec::new(), params: Vec::new(), shapes: Vec::new() }
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
        self.params.push(Param { name: name.clone(), shape, init: init.clone() });
        self.graph.param(&name, shape)
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
