//! `Sequential`: a model as a list of layers.

use std::sync::Arc;

use tunesmith_autodiff::{Element, Feed, Graph, Precision, Runner, Var};
use tunesmith_core::{Describe, Error, Plug, Seed, Why, find, to_table};
use tunesmith_tensor::Shape;

use crate::init::find_init;
use crate::layer::{Layer, LayerEntry};
use crate::quantized::{Quantized, Weights};
use crate::trace::INPUT;
use crate::{Mode, Row, Summary, Trace, WholeColumns};

/// A tensor that a model owns: its name, its shape, how it starts.
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    /// PyTorch's name: where the layer stands and what it is, `0.weight`.
    pub name: String,
    /// The shape.
    pub shape: Shape,
    /// The initialiser.
    pub init: Plug,
    /// Whether it is learnt; what is not is a buffer, such as a running mean.
    pub learnt: bool,
    /// Whether it is a table of which a step updates only the rows that its batch meets: see [`Trace::sparse_param`].
    pub sparse: bool,
}

/// A model's computation, recorded for one batch size.
#[derive(Debug)]
pub struct Traced {
    /// The graph.
    pub graph: Graph,
    /// The batch, `[rows, ...]`.
    pub input: Var,
    /// What the last layer puts out.
    pub output: Var,
    /// What each layer puts out, in order.
    pub layers: Vec<Var>,
}

/// A model: layers one after another.
///
/// It is a description; its parameters are a slab of numbers that the caller owns, in the order of [`Sequential::params`].
/// Buffers, such as running means, lie behind what is learnt in the same slab.
///
/// ```
/// use tunesmith_nn::{Sequential, layers::{Dense, Dropout}};
/// let model = Sequential::new([64])
///     .with(Dense::new(32).activation("relu"))
///     .with(Dropout::new(0.2))
///     .with(Dense::new(10));
/// assert_eq!(model.output_shape().dims(), [10]);
/// assert_eq!(model.params()[2].name, "2.weight");
/// println!("{}", model.summary());
/// ```
#[derive(Clone, Debug)]
pub struct Sequential {
    input: Shape,
    outputs: Option<usize>,
    layers: Vec<(Plug, Arc<dyn Layer>)>,
}

impl Sequential {
    /// A model without layers, for samples of a shape (without the rows).
    #[must_use]
    pub fn new(sample: impl Into<Shape>) -> Self {
        Self { input: sample.into(), outputs: None, layers: Vec::new() }
    }

    /// The same model with a layer more.
    ///
    /// # Panics
    /// When the layer cannot follow what stands before it.
    #[must_use]
    #[track_caller]
    pub fn with<L: Describe + Layer>(mut self, layer: L) -> Self {
        let plug = Plug { name: L::NAME.to_owned(), config: to_table(&layer) };
        self.layers.push((plug, Arc::new(layer)));
        if let Err(error) = self.checked() {
            panic!("{error}");
        }
        self
    }

    /// A model from layers as they stand in a recipe; `outputs` is what "classes" means.
    ///
    /// # Errors
    /// An unknown layer or setting, or a layer that cannot follow what stands before it.
    pub fn from_plugs(
        plugs: &[Plug],
        sample: impl Into<Shape>,
        outputs: Option<usize>,
    ) -> Result<Self, Error> {
        let build = |(i, plug): (usize, &Plug)| {
            let layer = build_layer(plug, &format!("model.layers.{i}"))?;
            Ok((plug.clone(), Arc::from(layer)))
        };
        let layers = plugs.iter().enumerate().map(build).collect::<Result<_, Error>>()?;
        let model = Self { input: sample.into(), outputs, layers };
        model.checked()?;
        Ok(model)
    }

    /// Whether the layers can follow each other, in both modes.
    fn checked(&self) -> Result<(), Error> {
        self.record(1, Mode::Prediction)?;
        self.record(1, Mode::Training).map(|_| ())
    }

    /// The layers as a recipe would write them.
    #[must_use]
    pub fn plugs(&self) -> Vec<Plug> {
        self.layers.iter().map(|(plug, _)| plug.clone()).collect()
    }

    pub(crate) fn layers(&self) -> &[(Plug, Arc<dyn Layer>)] {
        &self.layers
    }

    /// What "classes" means.
    pub(crate) fn outputs(&self) -> Option<usize> {
        self.outputs
    }

    /// The shape of a sample, without the rows.
    #[must_use]
    pub fn input_shape(&self) -> &Shape {
        &self.input
    }

    /// The shape of a prediction, without the rows.
    #[must_use]
    pub fn output_shape(&self) -> Shape {
        Shape::from(&self.trace(1, Mode::Prediction).output.shape().dims()[1..])
    }

    /// The model's tensors in the order in which they lie in the slab: all that is learnt, then the buffers.
    #[must_use]
    pub fn params(&self) -> Vec<Param> {
        let mut params = self.recorded(1, Mode::Prediction).1.params;
        params.sort_by_key(|param| !param.learnt); // stable
        params
    }

    /// How many numbers are learnt; they come first in the slab.
    #[must_use]
    pub fn param_count(&self) -> usize {
        self.params().iter().filter(|param| param.learnt).map(|param| param.shape.numel()).sum()
    }

    /// Whether a batch must be trained on as a whole, because a layer's rows depend on each other.
    #[must_use]
    pub fn needs_whole_batch(&self) -> bool {
        self.recorded(1, Mode::Training).1.whole_batch()
    }

    /// The columns of a sample that must hold whole numbers, because a layer looks rows up by them.
    #[must_use]
    pub fn whole_columns(&self) -> Vec<WholeColumns> {
        self.recorded(1, Mode::Prediction).1.whole
    }

    /// Checks that samples, row-major, hold whole numbers below the bounds where a layer looks rows up by them. To be
    /// called before samples of a user are run.
    ///
    /// ```
    /// use tunesmith_nn::{Sequential, layers::Embedding};
    /// let model = Sequential::new([2]).with(Embedding::new(10, 4));
    /// assert!(model.check_samples(&[0.0, 9.0]).is_ok());
    /// let error = model.check_samples(&[0.0, 9.0, 3.0, 10.0]).unwrap_err().to_string();
    /// assert!(error.contains("row 1, column 1 of the samples holds 10"), "{error}");
    /// ```
    ///
    /// # Errors
    /// The first that does not, with its row and column, from 0.
    pub fn check_samples<T: Element>(&self, samples: &[T]) -> Result<(), Error> {
        self.check_named_samples(samples, &[])
    }

    /// As [`Sequential::check_samples`], with the columns' names for the message.
    ///
    /// # Errors
    /// As [`Sequential::check_samples`].
    pub fn check_named_samples<T: Element>(&self, samples: &[T], names: &[String]) -> Result<(), Error> {
        let width = self.input.numel().max(1);
        for WholeColumns { columns, below, layer } in self.whole_columns() {
            for (row, sample) in samples.chunks_exact(width).enumerate() {
                for &column in &columns {
                    let value = sample[column].to_f64();
                    if value.fract() == 0.0 && (0.0..below as f64).contains(&value) {
                        continue;
                    }
                    let cure = if value.fract() == 0.0 && value >= 0.0 {
                        format!("raise the vocabulary to {} or more", value + 1.0)
                    } else {
                        "give identifiers as whole numbers from 0, and leave their columns out of scaling"
                            .into()
                    };
                    let name = names.get(column).map_or_else(String::new, |name| format!(" (`{name}`)"));
                    let because = format!(
                        "row {row}, column {column}{name} of the samples holds {value}, not a whole number below {below}: {cure}"
                    );
                    return Err(Error::new(layer, Why::Conflict { because }));
                }
            }
        }
        Ok(())
    }

    /// New parameters: each drawn by its initialiser from a stream named by the seed and the parameter.
    #[must_use]
    pub fn initial_params(&self, seed: u64) -> Vec<f64> {
        let seed = Seed::new(seed).named("init");
        let mut slab = Vec::new();
        for param in self.params() {
            let init = find_init(&param.init, &param.name)
                .expect("a layer's initialiser was checked when it was built");
            let mut values = vec![0.0; param.shape.numel()];
            init.fill(&param.shape, &mut seed.named(&param.name).generator(), &mut values);
            slab.extend(values);
        }
        slab
    }

    /// Records the computation for a batch of `rows` rows.
    #[must_use]
    pub fn trace(&self, rows: usize, mode: Mode) -> Traced {
        self.recorded(rows, mode).0
    }

    /// Records the computation of training for a batch of `rows` rows, with products of matrices in that precision.
    #[must_use]
    pub fn trace_training(&self, rows: usize, precision: Precision) -> Traced {
        let trace = Trace::in_precision(precision, Mode::Training, self.outputs);
        self.record_on(trace, rows).expect("the layers were checked when the model was built").0
    }

    /// Predictions for a batch, row-major; for many batches keep a [`Runner`] instead.
    ///
    /// # Panics
    /// When the parameters or the samples do not have the model's sizes.
    #[must_use]
    #[track_caller]
    pub fn predict<T: Element>(&self, params: &[T], samples: &[T]) -> Vec<T> {
        let size = self.input.numel();
        assert!(
            size > 0 && samples.len().is_multiple_of(size),
            "predict: {} numbers are no samples of {size}",
            samples.len()
        );
        let traced = self.trace(samples.len() / size, Mode::Prediction);
        // A model that hands its input through still needs a kernel to put out.
        let output = &traced.output + &traced.graph.scalar(0.0);
        let mut runner = Runner::<T>::new(traced.graph.plan(&[&output]));
        runner.run(Feed { params, inputs: &[samples], ..Feed::default() });
        runner.output(0).to_vec()
    }

    /// The model for prediction with the weights of its dense layers rounded to eight bits: see [`Quantized`].
    ///
    /// # Panics
    /// When the parameters do not have the model's size.
    #[must_use]
    #[track_caller]
    pub fn quantized(&self, params: &[f32]) -> Quantized {
        Quantized::new(self, params)
    }

    /// The layers as a table: output shape and parameters of each, as Keras prints it.
    #[must_use]
    pub fn summary(&self) -> Summary {
        Summary::of(self)
    }

    pub(crate) fn recorded(&self, rows: usize, mode: Mode) -> (Traced, Trace) {
        self.record(rows, mode).expect("the layers were checked when the model was built")
    }

    fn record(&self, rows: usize, mode: Mode) -> Result<(Traced, Trace), Error> {
        self.record_on(Trace::new(mode, self.outputs), rows)
    }

    /// Records for prediction with some weights in eight bits.
    pub(crate) fn rounded(&self, rows: usize, weights: &Weights) -> Traced {
        let mut trace = Trace::new(Mode::Prediction, self.outputs);
        trace.rounded = weights.clone();
        self.record_on(trace, rows).expect("the layers were checked when the model was built").0
    }

    fn record_on(&self, mut trace: Trace, rows: usize) -> Result<(Traced, Trace), Error> {
        let shape: Vec<usize> = std::iter::once(rows).chain(self.input.dims().iter().copied()).collect();
        let graph = trace.graph().clone();
        let input = graph.input("x", shape);
        trace.tag(INPUT, &input);
        let mut output = input.clone();
        let mut layers = Vec::with_capacity(self.layers.len());
        for (i, (plug, layer)) in self.layers.iter().enumerate() {
            graph.mark(i + 1);
            let before = trace.params.len();
            output = trace.within(&i.to_string(), |trace| layer.forward(trace, &output))?;
            if output.shape().dims().first() != Some(&rows) {
                let at = format!("model.layers.{i}");
                let because = format!("of {rows} rows it makes the shape {}", output.shape());
                return Err(Error::new(at, Why::Conflict { because }));
            }
            let count = |learnt: bool| {
                let params = trace.params[before..].iter().filter(|param| param.learnt == learnt);
                params.map(|param| param.shape.numel()).sum()
            };
            layers.push(output.clone());
            let (params, buffers) = (count(true), count(false));
            let output = Shape::from(&output.shape().dims()[1..]);
            trace.rows.push(Row { layer: plug.name.clone(), output, params, buffers, flops: 0, elements: 0 });
        }
        Ok((Traced { graph, input, output, layers }, trace))
    }
}

/// The layer a plug names.
pub(crate) fn build_layer(plug: &Plug, at: &str) -> Result<Box<dyn Layer>, Error> {
    find::<LayerEntry>(&plug.name, at)?.build(&plug.config, &format!("{at}.{}", plug.name))
}
