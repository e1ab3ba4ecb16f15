//! `Quantized`: a model for prediction with the weights of its dense layers in eight bits.

use std::collections::BTreeMap;
use std::sync::Arc;

use tunesmith_autodiff::{Feed, Runner};
use tunesmith_tensor::kernel::int8::{Int8Matrix, MAX_INPUTS};

use crate::{Mode, Sequential, Traced};

/// Rounded weights by the name of the parameter they stand for.
pub(crate) type Weights = Arc<BTreeMap<String, Arc<Int8Matrix>>>;

/// A model whose dense weights are whole numbers of eight bits, a scale for each output, and whose dense inputs are
/// rounded to eight bits row by row as they come (dynamic quantisation, as PyTorch's `quantize_dynamic`). Everything else
/// stays in 32 bits: biases, activations, layers of other kinds.
///
/// A quarter of the memory for the weights it rounds, and faster products; docs/QUANTISATION.md says what it costs in
/// accuracy.
///
/// ```
/// use tunesmith_nn::{Sequential, layers::Dense};
/// let model = Sequential::new([64]).with(Dense::new(128).activation("relu")).with(Dense::new(10));
/// let params: Vec<f32> = model.initial_params(1).into_iter().map(|p| p as f32).collect();
/// let x: Vec<f32> = (0..64).map(|i| (i as f32).sin()).collect();
///
/// let quantized = model.quantized(&params);
/// let (exact, rounded) = (model.predict(&params, &x), quantized.predict(&x));
/// assert!(exact.iter().zip(&rounded).all(|(a, b)| (a - b).abs() < 0.05));
/// assert!(quantized.bytes() < params.len() * 4 / 2);
/// ```
#[derive(Clone, Debug)]
pub struct Quantized {
    model: Sequential,
    weights: Weights,
    /// The parameters and buffers that are not rounded, in slab order.
    params: Vec<f32>,
}

impl Quantized {
    #[track_caller]
    pub(crate) fn new(model: &Sequential, params: &[f32]) -> Self {
        let products = model.recorded(1, Mode::Prediction).1.products;
        let described = model.params();
        let total: usize = described.iter().map(|param| param.shape.numel()).sum();
        assert!(
            params.len() == total,
            "quantized: the model has {total} parameters, the slab {}",
            params.len()
        );
        let (mut weights, mut kept, mut rest) = (BTreeMap::new(), Vec::new(), params);
        for param in described {
            let (values, after) = rest.split_at(param.shape.numel());
            rest = after;
            match *param.shape.dims() {
                [outputs, inputs] if inputs <= MAX_INPUTS && products.contains(&param.name) => {
                    weights.insert(param.name, Arc::new(Int8Matrix::new(values, outputs, inputs)));
                }
                _ => kept.extend_from_slice(values),
            }
        }
        Self { model: model.clone(), weights: Arc::new(weights), params: kept }
    }

    /// How many weight matrices are rounded.
    #[must_use]
    pub fn rounded(&self) -> usize {
        self.weights.len()
    }

    /// The parameters and buffers that are not rounded: what a run of [`Quantized::trace`] is fed.
    #[must_use]
    pub fn params(&self) -> &[f32] {
        &self.params
    }

    /// Bytes of all parameters, rounded or not.
    #[must_use]
    pub fn bytes(&self) -> usize {
        size_of_val(&*self.params) + self.weights.values().map(|weights| weights.bytes()).sum::<usize>()
    }

    /// Records the computation for a batch of `rows` rows.
    #[must_use]
    pub fn trace(&self, rows: usize) -> Traced {
        self.model.rounded(rows, &self.weights)
    }

    /// Predictions for a batch, row-major; for many batches keep a [`Runner`] instead.
    ///
    /// # Panics
    /// When the samples do not have the model's size.
    #[must_use]
    #[track_caller]
    pub fn predict(&self, samples: &[f32]) -> Vec<f32> {
        let size = self.model.input_shape().numel();
        assert!(
            size > 0 && samples.len().is_multiple_of(size),
            "predict: {} numbers are no samples of {size}",
            samples.len()
        );
        let traced = self.trace(samples.len() / size);
        // A model that hands its input through still needs a kernel to put out.
        let output = &traced.output + &traced.graph.scalar(0.0);
        let mut runner = Runner::<f32>::new(traced.graph.plan(&[&output]));
        runner.run(Feed { params: &self.params, inputs: &[samples], ..Feed::default() });
        runner.output(0).to_vec()
    }
}
