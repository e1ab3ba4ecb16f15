//! Layer normalisation (Ba, Kiros and Hinton, 2016): every row, or every position, by its own mean and variance.

use super::normalized::scaled;
use super::rms_norm::last_axes;
use crate::plugin::*;

/// `y = (x - mean) / sqrt(variance + eps) * weight + bias`, mean and variance over the last axes: PyTorch's `LayerNorm`.
///
/// Input and output of any shape with at least `axes` axes behind the rows. Parameters `weight`, `bias` in the shape of
/// the last axes (without `affine`, none).
///
/// ```
/// use tunesmith_nn::{Sequential, layers::LayerNorm};
/// let model = Sequential::new([2]).with(LayerNorm::new().epsilon(0.0));
/// assert_eq!(model.predict::<f64>(&[1.0, 10.0, 0.0, 1.0], &[3.0, 5.0]), [-1.0, 11.0]);
/// ```
#[derive(Clone, Debug)]
pub struct LayerNorm {
    axes: usize,
    eps: f64,
    affine: bool,
    bias: bool,
}

impl LayerNorm {
    /// A layer over the last axis with PyTorch's epsilon 1e-5.
    #[must_use]
    pub fn new() -> Self {
        Self { axes: 1, eps: 1e-5, affine: true, bias: true }
    }

    /// The same over so many of the last axes.
    #[must_use]
    pub fn axes(mut self, axes: usize) -> Self {
        self.axes = axes;
        self
    }

    /// The same with another number added to the variance.
    #[must_use]
    pub fn epsilon(mut self, eps: f64) -> Self {
        self.eps = eps;
        self
    }
}

impl Default for LayerNorm {
    fn default() -> Self {
        Self::new()
    }
}

impl Describe for LayerNorm {
    const NAME: &'static str = "layer_norm";
    const ABOUT: &'static str = "every row or position by its own mean and variance";
    const SOURCE: &'static str = "Ba, Kiros and Hinton 2016, arXiv:1607.06450";
    const PARAMS: &'static [Param<Self>] = &[
        Param::int("axes", 1, 3, |s: &mut Self| &mut s.axes, "how many of the last axes are one")
            .fixed()
            .valid(1.0, 7.0),
        Param::float("eps", 1e-8, 1e-2, |s: &mut Self| &mut s.eps, "added to the variance")
            .log()
            .fixed()
            .valid(0.0, 1e3),
        Param::switch("affine", |s: &mut Self| &mut s.affine, "whether a scale and a shift are learnt"),
        Param::switch("bias", |s: &mut Self| &mut s.bias, "whether the shift is learnt, where the scale is"),
    ];
}

impl Layer for LayerNorm {
    fn forward(&self, trace: &mut Trace, input: &Var) -> Result<Var, Error> {
        let (rows, axes) = last_axes(trace, Self::NAME, input, self.axes)?;
        let y = rows.normalize(self.eps);
        let shape = [axes.iter().product()];
        let out = scaled(trace, &y, &axes, [self.affine, self.affine && self.bias], &shape);
        Ok(out.reshape(input.shape()))
    }
}

register!(LayerEntry, LayerNorm);
