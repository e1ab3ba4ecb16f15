//! Batch normalisation (Ioffe and Szegedy, 2015): every channel by the mean and variance of its batch.

use super::normalized::{channels_first, channels_last, channels_of, scaled};
use crate::plugin::*;

/// `y = (x - mean) / sqrt(variance + eps) * weight + bias` for every channel: PyTorch's `BatchNorm1d`, `2d`, `3d`.
///
/// Input and output `[rows, channels, ...]`. While training, mean and variance are those of the channel over all rows
/// and positions of the batch, and the running ones move towards them by `momentum` (the running variance takes the
/// unbiased one; a channel with a single value leaves both as they are). In prediction the running ones are used.
///
/// Parameters `weight`, `bias` `[channels]` (without `affine`, none); buffers `running_mean`, `running_var` `[channels]`,
/// `num_batches_tracked` `[]`.
///
/// ```
/// use tunesmith_nn::{Sequential, layers::BatchNorm};
/// let model = Sequential::new([2]).with(BatchNorm::new().epsilon(0.0));
/// // weight, bias, running mean, running variance, batches
/// let slab = [1.0, 1.0, 0.0, 0.5, 3.0, 3.0, 4.0, 4.0, 1.0];
/// assert_eq!(model.predict::<f64>(&slab, &[5.0, 3.0]), [1.0, 0.5]);
/// assert!(model.needs_whole_batch());
/// ```
#[derive(Clone, Debug)]
pub struct BatchNorm {
    momentum: f64,
    eps: f64,
    affine: bool,
}

impl BatchNorm {
    /// A layer with PyTorch's momentum 0.1 and epsilon 1e-5.
    #[must_use]
    pub fn new() -> Self {
        Self { momentum: 0.1, eps: 1e-5, affine: true }
    }

    /// The same with another share of the batch in the running mean and variance.
    #[must_use]
    pub fn momentum(mut self, momentum: f64) -> Self {
        self.momentum = momentum;
        self
    }

    /// The same with another number added to the variance.
    #[must_use]
    pub fn epsilon(mut self, eps: f64) -> Self {
        self.eps = eps;
        self
    }
}

impl Default for BatchNorm {
    fn default() -> Self {
        Self::new()
    }
}

impl Describe for BatchNorm {
    const NAME: &'static str = "batch_norm";
    const ABOUT: &'static str = "every channel by the mean and variance of its batch";
    const SOURCE: &'static str = "Ioffe and Szegedy 2015, arXiv:1502.03167";
    const PARAMS: &'static [Param<Self>] = &[
        Param::float(
            "momentum",
            0.01,
            0.5,
            |s: &mut Self| &mut s.momentum,
            "share of the batch in the running mean and variance",
        )
        .log()
        .rarely()
        .valid(0.0, 1.0),
        Param::float("eps", 1e-8, 1e-2, |s: &mut Self| &mut s.eps, "added to the variance")
            .log()
            .fixed()
            .valid(0.0, 1e3),
        Param::switch("affine", |s: &mut Self| &mut s.affine, "whether a scale and a shift are learnt"),
    ];
}

impl Layer for BatchNorm {
    fn forward(&self, trace: &mut Trace, input: &Var) -> Result<Var, Error> {
        let channels = channels_of(trace, "batch_norm", input)?;
        let ones = Plug::new("constant").with("value", 1.0);
        let mean = trace.buffer("running_mean", [channels], &Plug::new("zeros"));
        let variance = trace.buffer("running_var", [channels], &ones);
        let seen = trace.buffer("num_batches_tracked", [], &Plug::new("zeros"));
        let x = channels_last(input);
        let normalized = if trace.training() {
            let (y, moments) = x.normalize_channels(self.eps);
            let row = |at: usize| moments.slice(0, at, 1).reshape([channels]);
            let count = x.shape().numel() / channels;
            if count > 1 {
                let unbiased = row(1) * (count as f64 / (count - 1) as f64);
                let towards = |from: &Var, to: Var| from * (1.0 - self.momentum) + to * self.momentum;
                trace.update(&mean, &towards(&mean, row(0)));
                trace.update(&variance, &towards(&variance, unbiased));
            }
            trace.update(&seen, &(&seen + 1.0));
            y
        } else {
            (x - &mean) * (&variance + self.eps).powf(-0.5)
        };
        Ok(channels_first(&scaled(trace, &normalized, &[channels], [self.affine; 2], &[channels])))
    }

    fn sample(&self) -> Sample {
        Sample::numbers([3, 2, 2])
    }
}

register!(LayerEntry, BatchNorm);
