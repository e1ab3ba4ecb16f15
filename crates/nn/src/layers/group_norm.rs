//! Group normalisation (Wu and He, 2018) and instance normalisation (Ulyanov et al., 2016): groups of channels of every
//! row by their own mean and variance.

use super::normalized::{channels_of, scaled};
use crate::plugin::*;

/// `y = (x - mean) / sqrt(variance + eps) * weight + bias`, mean and variance over each of `groups` groups of neighbouring
/// channels of a row, at all positions: PyTorch's `GroupNorm`.
///
/// Input and output `[rows, channels, ...]`, channels a multiple of the groups. Parameters `weight`, `bias` `[channels]`
/// (without `affine`, none).
///
/// ```
/// use tunesmith_nn::{Sequential, layers::GroupNorm};
/// let model = Sequential::new([4]).with(GroupNorm::new(2).epsilon(0.0));
/// let slab = [1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0];
/// assert_eq!(model.predict::<f64>(&slab, &[1.0, 3.0, 20.0, 10.0]), [-1.0, 1.0, 1.0, -1.0]);
/// ```
#[derive(Clone, Debug)]
pub struct GroupNorm {
    groups: usize,
    eps: f64,
    affine: bool,
}

impl GroupNorm {
    /// A layer with so many groups and PyTorch's epsilon 1e-5.
    #[must_use]
    pub fn new(groups: usize) -> Self {
        Self { groups, eps: 1e-5, affine: true }
    }

    /// The same with another number added to the variance.
    #[must_use]
    pub fn epsilon(mut self, eps: f64) -> Self {
        self.eps = eps;
        self
    }
}

impl Default for GroupNorm {
    fn default() -> Self {
        Self::new(2)
    }
}

impl Describe for GroupNorm {
    const NAME: &'static str = "group_norm";
    const ABOUT: &'static str = "groups of channels of every row by their own mean and variance";
    const SOURCE: &'static str = "Wu and He 2018, arXiv:1803.08494";
    const PARAMS: &'static [Param<Self>] = &[
        Param::int("groups", 1, 32, |s: &mut Self| &mut s.groups, "number of groups")
            .rarely()
            .valid(1.0, 1e6),
        Param::float("eps", 1e-8, 1e-2, |s: &mut Self| &mut s.eps, "added to the variance")
            .log()
            .fixed()
            .valid(0.0, 1e3),
        Param::switch("affine", |s: &mut Self| &mut s.affine, "whether a scale and a shift are learnt"),
    ];
}

impl Layer for GroupNorm {
    fn forward(&self, trace: &mut Trace, input: &Var) -> Result<Var, Error> {
        let channels = channels_of(trace, Self::NAME, input)?;
        if self.groups == 0 || !channels.is_multiple_of(self.groups) {
            let because = format!(
                "{channels} channels do not divide into {} groups, choose a divisor of {channels}",
                self.groups
            );
            return Err(trace.error(because));
        }
        Ok(grouped(trace, input, channels, self.groups, self.eps, self.affine))
    }
}

register!(LayerEntry, GroupNorm);

/// `y = (x - mean) / sqrt(variance + eps)`, mean and variance over the positions of each channel of a row: PyTorch's
/// `InstanceNorm1d`, `2d`, `3d`.
///
/// Input and output `[rows, channels, positions, ...]` with more than one position. With `affine`, parameters `weight`,
/// `bias` `[channels]`; without, as is PyTorch's default, none.
///
/// ```
/// use tunesmith_nn::{Sequential, layers::InstanceNorm};
/// let model = Sequential::new([1, 2]).with(InstanceNorm::new().epsilon(0.0));
/// assert_eq!(model.predict::<f64>(&[], &[7.0, 9.0]), [-1.0, 1.0]);
/// ```
#[derive(Clone, Debug)]
pub struct InstanceNorm {
    eps: f64,
    affine: bool,
}

impl InstanceNorm {
    /// A layer without parameters and with PyTorch's epsilon 1e-5.
    #[must_use]
    pub fn new() -> Self {
        Self { eps: 1e-5, affine: false }
    }

    /// The same with another number added to the variance.
    #[must_use]
    pub fn epsilon(mut self, eps: f64) -> Self {
        self.eps = eps;
        self
    }
}

impl Default for InstanceNorm {
    fn default() -> Self {
        Self::new()
    }
}

impl Describe for InstanceNorm {
    const NAME: &'static str = "instance_norm";
    const ABOUT: &'static str = "every channel of every row by its own mean and variance";
    const SOURCE: &'static str = "Ulyanov, Vedaldi and Lempitsky 2016, arXiv:1607.08022";
    const PARAMS: &'static [Param<Self>] = &[
        Param::float("eps", 1e-8, 1e-2, |s: &mut Self| &mut s.eps, "added to the variance")
            .log()
            .fixed()
            .valid(0.0, 1e3),
        Param::switch("affine", |s: &mut Self| &mut s.affine, "whether a scale and a shift are learnt"),
    ];
}

impl Layer for InstanceNorm {
    fn forward(&self, trace: &mut Trace, input: &Var) -> Result<Var, Error> {
        let channels = channels_of(trace, Self::NAME, input)?;
        if input.shape().dims()[2..].iter().product::<usize>() < 2 {
            let because =
                format!("instance_norm needs several positions a channel, found the shape {}", input.shape());
            return Err(trace.error(because));
        }
        Ok(grouped(trace, input, channels, channels, self.eps, self.affine))
    }

    fn sample(&self) -> Sample {
        Sample::numbers([2, 3])
    }
}

register!(LayerEntry, InstanceNorm);

/// Every group of neighbouring channels of every row brought to mean zero and variance one, then scaled by channel.
fn grouped(trace: &mut Trace, input: &Var, channels: usize, groups: usize, eps: f64, affine: bool) -> Var {
    let shape = input.shape();
    let rows = shape.dims()[0];
    let y =
        input.reshape([rows * groups, shape.dims()[1..].iter().product::<usize>() / groups]).normalize(eps);
    let by_channel = y.reshape([rows, channels, shape.dims()[2..].iter().product()]);
    scaled(trace, &by_channel, &[channels], [affine; 2], &[channels, 1]).reshape(shape)
}
