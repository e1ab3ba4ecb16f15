//! `SideBySide`: several models with layers of the same shapes, recorded as one wider computation.
//!
//! The batch is shared. Behind the first layer that learns, row `r * trials + t` of a value `[rows * trials, ...]` is row
//! `r` of trial `t`: a layer that looks at one row at a time needs not know of trials, and a first dense layer is one
//! product for all of them. A parameter of the group is the parameters of the trials one after another.

use tunesmith_autodiff::{Graph, Var};
use tunesmith_core::{Error, Plug, Why};

use crate::layer::Layer;
use crate::{Mode, Param, Sequential, Trace};

/// Several models' computation on one batch, recorded as one graph.
///
/// ```
/// use tunesmith_nn::{SideBySide, Sequential, layers::{Dense, Dropout}};
/// let model = |rate| {
///     Sequential::new([64]).with(Dense::new(32).activation("relu")).with(Dropout::new(rate)).with(Dense::new(10))
/// };
/// let group = SideBySide::trace(&[model(0.1), model(0.5)], 8).unwrap();
/// assert_eq!(group.output.shape().dims(), [8 * 2, 10]);
/// assert_eq!(group.graph.params()[0].1.dims(), [2 * 32, 64]);
/// ```
#[derive(Debug)]
pub struct SideBySide {
    /// The graph.
    pub graph: Graph,
    /// The batch, `[rows, ...]`.
    pub input: Var,
    /// What names the random numbers of each trial in a run: the first index input, `[trials]`.
    pub noise: Var,
    /// What the last layers put out, `[rows * trials, ...]`: row `r * trials + t` is row `r` of trial `t`.
    pub output: Var,
    /// The parameters of one trial. Those of all trials lie one after another in the graph's parameter of that name.
    pub params: Vec<Param>,
}

impl SideBySide {
    /// Records the training of several models on `rows` rows.
    ///
    /// # Errors
    /// The first layer that is not of the same shapes in all models, or whose kind cannot be trained in a group.
    ///
    /// # Panics
    /// When there is no model.
    #[track_caller]
    pub fn trace(models: &[Sequential], rows: usize) -> Result<Self, Error> {
        let first = models.first().expect("a group has at least one model");
        let conflict = |at: &str, because: String| Err(Error::new(at, Why::Conflict { because }));
        if let Some(other) = models.iter().find(|model| model.input_shape() != first.input_shape()) {
            let (a, b) = (first.input_shape(), other.input_shape());
            return conflict(
                "model",
                format!("a group's models take samples of one shape, found {a} and {b}"),
            );
        }
        if let Some(other) = models.iter().find(|model| model.layers().len() != first.layers().len()) {
            let (a, b) = (first.layers().len(), other.layers().len());
            return conflict(
                "model.layers",
                format!("a group's models have as many layers, found {a} and {b}"),
            );
        }
        let mut trace = Trace::new(Mode::Training, first.outputs());
        let graph = trace.graph().clone();
        let noise = graph.index_input("noise", [models.len()]);
        trace.trials = Some(Trials {
            count: models.len(),
            rows,
            noise: noise.clone(),
            streams: vec![0; models.len()],
            alike: true,
        });
        let shape: Vec<usize> =
            std::iter::once(rows).chain(first.input_shape().dims().iter().copied()).collect();
        let input = graph.input("x", shape);
        let mut output = input.clone();
        for i in 0..first.layers().len() {
            let layers: Vec<(&Plug, &dyn Layer)> =
                models.iter().map(|model| (&model.layers()[i].0, &*model.layers()[i].1)).collect();
            output = trace.layer_of_each(&i.to_string(), &layers, &output)?;
        }
        let output = trace.apart(&output);
        Ok(Self { graph, input, noise, output, params: trace.params })
    }
}

/// What a [`Trace`] knows of several trials.
#[derive(Debug)]
pub(crate) struct Trials {
    count: usize,
    rows: usize,
    noise: Var,
    /// How many random streams each trial has named: as many as it would have named alone.
    streams: Vec<u64>,
    /// Whether the layers that are recorded have the same settings.
    alike: bool,
}

/// For a layer's [`forward_of_each`](Layer::forward_of_each): what is recorded for several trials at once.
impl Trace {
    fn trials(&self) -> &Trials {
        self.trials.as_ref().expect("only a group of trials is recorded by `forward_of_each`")
    }

    /// How many trials are recorded side by side; one when there is no group.
    #[must_use]
    pub fn trial_count(&self) -> usize {
        self.trials.as_ref().map_or(1, |trials| trials.count)
    }

    /// Records one layer of every trial under a name.
    ///
    /// # Errors
    /// When they are of different kinds, and what the layer returns.
    ///
    /// # Panics
    /// Outside a group.
    pub(crate) fn layer_of_each(
        &mut self,
        name: &str,
        layers: &[(&Plug, &dyn Layer)],
        input: &Var,
    ) -> Result<Var, Error> {
        let (plug, layer) = layers[0];
        self.within(name, |trace| {
            if let Some((other, _)) = layers.iter().find(|(other, _)| other.name != plug.name) {
                return Err(trace.error(format!(
                    "a group's layers are of one kind, found {} and {}",
                    plug.name, other.name
                )));
            }
            let alike = layers.iter().all(|(other, _)| other.config == plug.config);
            trace.trials.as_mut().expect("only a group is recorded here").alike = alike;
            let peers: Vec<&dyn Layer> = layers.iter().map(|&(_, layer)| layer).collect();
            layer.forward_of_each(trace, &peers, input)
        })
    }

    /// Records a layer as it is: right for one that looks at one row at a time, learns nothing, draws no random numbers
    /// and has the same settings in all trials.
    ///
    /// # Errors
    /// When one of that does not hold, and what the layer returns.
    pub fn rows_of_each(
        &mut self,
        record: impl FnOnce(&mut Self) -> Result<Var, Error>,
    ) -> Result<Var, Error> {
        if !self.trials().alike {
            return Err(self.error("in a group this layer has the same settings in every trial"));
        }
        let before = (self.params.len(), self.graph().streams());
        let output = record(self)?;
        if self.whole_batch() || before != (self.params.len(), self.graph().streams()) {
            return Err(self.error("this layer cannot be trained in a group: train its trials one by one"));
        }
        Ok(output)
    }

    /// The layer's setting in every trial, where it must be one for all.
    ///
    /// # Errors
    /// When it is not, with what it is called.
    pub fn same_of_each<V: PartialEq + std::fmt::Debug>(
        &self,
        what: &str,
        values: impl IntoIterator<Item = V>,
    ) -> Result<(), Error> {
        let mut values = values.into_iter();
        let Some(first) = values.next() else { return Ok(()) };
        match values.find(|value| *value != first) {
            None => Ok(()),
            Some(other) => {
                Err(self.error(format!("a group's trials have one {what}, found {first:?} and {other:?}")))
            }
        }
    }

    /// A parameter of every trial's layer: those of shape `[n, ...]` one after another, as `[trials * n, ...]`.
    ///
    /// # Panics
    /// When the shape has no axis.
    #[must_use]
    #[track_caller]
    pub fn param_of_each(&mut self, name: &str, shape: &[usize], init: &Plug) -> Var {
        let mut whole = shape.to_vec();
        assert!(!whole.is_empty(), "param_of_each: {name} is a single number, give it an axis of size one");
        whole[0] *= self.trials().count;
        let name = self.name_of(name);
        self.params.push(Param {
            name: name.clone(),
            shape: shape.into(),
            init: init.clone(),
            learnt: true,
            sparse: false,
        });
        self.graph().param(&name, whole)
    }

    /// `x W^T` of every trial: one product for all while the rows are still shared.
    ///
    /// Rows `[rows, in]` or `[rows * trials, in]` and weights `[trials * out, in]` give `[rows * trials, out]`.
    #[must_use]
    #[track_caller]
    pub fn product_of_each(&self, input: &Var, weights: &Var) -> Var {
        let &Trials { count, rows, .. } = self.trials();
        let units = weights.shape().dims()[0] / count;
        if self.is_shared(input) {
            input.matmul_t(weights).reshape([rows * count, units])
        } else {
            input.trial_product(weights, count)
        }
    }

    /// Adds every trial's `[trials * n]` to its own rows `[rows * trials, n]`.
    #[must_use]
    #[track_caller]
    pub fn add_of_each(&self, input: &Var, bias: &Var) -> Var {
        let shape = input.shape();
        (input.reshape([self.trials().rows, bias.shape().numel()]) + bias).reshape(shape)
    }

    /// Multiplies by every trial's own dropout mask, in training.
    #[must_use]
    pub fn dropout_of_each(&mut self, input: &Var, rates: &[f64]) -> Var {
        if !self.training() || rates.iter().all(|&rate| rate == 0.0) {
            return input.clone();
        }
        let input = self.apart(input);
        let trials = self.trials.as_mut().expect("only a group has several rates");
        let mask = |(stream, &rate): (&mut u64, &f64)| {
            // A rate of zero names no stream, as it does not alone.
            *stream += u64::from(rate > 0.0);
            (rate, *stream)
        };
        let masks: Vec<(f64, u64)> = trials.streams.iter_mut().zip(rates).map(mask).collect();
        let noise = trials.noise.clone();
        &input * &self.graph().trial_dropout_mask(input.shape(), &masks, &noise)
    }

    /// Whether a value is still one for all trials.
    fn is_shared(&self, value: &Var) -> bool {
        value.shape().dims()[0] == self.trials().rows
    }

    /// The value of each trial, where it may still be one for all.
    fn apart(&self, value: &Var) -> Var {
        let shape = value.shape();
        let (count, inner) = (self.trials().count, &shape.dims()[1..]);
        if !self.is_shared(value) || count == 1 {
            return value.clone();
        }
        let rows = self.trials().rows;
        let spread = value.reshape([&[rows, 1], inner].concat()).expand([&[rows, count], inner].concat());
        spread.reshape([&[rows * count], inner].concat())
    }
}
