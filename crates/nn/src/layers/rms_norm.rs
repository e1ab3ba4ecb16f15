//! Root mean square normalisation (Zhang and Sennrich, 2019): every row, or every position, by its own size.

use super::normalized::scaled;
use crate::plugin::*;

/// `y = x / sqrt(mean(x²) + eps) * weight`, the mean over the last axes: PyTorch's `RMSNorm`.
///
/// Input and output of any shape with at least `axes` axes behind the rows. Parameter `weight` in the shape of the last
/// axes (without `affine`, none).
///
/// ```
/// use tunesmith_nn::{Sequential, layers::RmsNorm};
/// let model = Sequential::new([2]).with(RmsNorm::new().epsilon(0.0));
/// assert_eq!(model.predict::<f64>(&[1.0, 10.0], &[-3.0, 3.0]), [-1.0, 10.0]);
/// ```
#[derive(Clone, Debug)]
pub struct RmsNorm {
    axes: usize,
    eps: f64,
    affine: bool,
}

impl RmsNorm {
    /// A layer over the last axis with epsilon 1e-6.
    #[must_use]
    pub fn new() -> Self {
        Self { axes: 1, eps: 1e-6, affine: true }
    }

    /// The same over so many of the last axes.
    #[must_use]
    pub fn axes(mut self, axes: usize) -> Self {
        self.axes = axes;
        self
    }

    /// The same with another number added to the mean square.
    #[must_use]
    pub fn epsilon(mut self, eps: f64) -> Self {
        self.eps = eps;
        self
    }
}

impl Default for RmsNorm {
    fn default() -> Self {
        Self::new()
    }
}

impl Describe for RmsNorm {
    const NAME: &'static str = "rms_norm";
    const ABOUT: &'static str = "every row or position by the root of its mean square";
    const SOURCE: &'static str = "Zhang and Sennrich 2019, arXiv:1910.07467";
    const PARAMS: &'static [Param<Self>] = &[
        Param::int("axes", 1, 3, |s: &mut Self| &mut s.axes, "how many of the last axes are one")
            .fixed()
            .valid(1.0, 7.0),
        Param::float("eps", 1e-8, 1e-2, |s: &mut Self| &mut s.eps, "added to the mean square")
            .log()
            .fixed()
            .valid(0.0, 1e3),
        Param::switch("affine", |s: &mut Self| &mut s.affine, "whether a scale is learnt"),
    ];
}

impl Layer for RmsNorm {
    fn forward(&self, trace: &mut Trace, input: &Var) -> Result<Var, Error> {
        let (rows, axes) = last_axes(trace, Self::NAME, input, self.axes)?;
        let y = rows.normalize_square(self.eps);
        let shape = [axes.iter().product()];
        Ok(scaled(trace, &y, &axes, [self.affine, false], &shape).reshape(input.shape()))
    }
}

/// An input with its last axes joined into one, and their sizes.
pub(super) fn last_axes(
    trace: &Trace,
    what: &str,
    input: &Var,
    axes: usize,
) -> Result<(Var, Vec<usize>), Error> {
    let shape = input.shape();
    let lead = shape.dims().len().saturating_sub(axes);
    let (before, last) = shape.dims().split_at(lead);
    if before.is_empty() || last.contains(&0) {
        return Err(
            trace.error(format!("{what} needs rows and {axes} axes behind them, found the shape {shape}"))
        );
    }
    Ok((input.reshape([before.iter().product(), last.iter().product()]), last.to_vec()))
}

register!(LayerEntry, RmsNorm);
