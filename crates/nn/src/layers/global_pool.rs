//! Global pooling: one number for every channel of an image, one vector for a sequence.

use tunesmith_autodiff::ops::permute::Permute;

use super::normalized::{channels_last, channels_of};
use crate::plugin::*;

/// An image's positions where they lie together: `[rows, positions, channels]` and axis 1 when the channels were moved to
/// the front just before, so that nothing is moved; else `[rows, channels, positions]` and axis 2.
fn positions(trace: &Trace, what: &str, input: &Var) -> Result<(Var, usize), Error> {
    let channels = channels_of(trace, what, input)?;
    let rows = input.shape().dims()[0];
    let count = input.shape().numel() / (rows * channels).max(1);
    Ok(match input.made_by::<Permute>() {
        Some(_) => (channels_last(input).reshape([rows, count, channels]), 1),
        None => (input.reshape([rows, channels, count]), 2),
    })
}

macro_rules! global {
    ($(#[$doc:meta])* $Layer:ident, $name:literal, $about:literal, |$x:ident, $axis:ident| $value:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default)]
        pub struct $Layer;

        impl Describe for $Layer {
            const NAME: &'static str = $name;
            const ABOUT: &'static str = $about;
        }

        impl Layer for $Layer {
            fn forward(&self, trace: &mut Trace, input: &Var) -> Result<Var, Error> {
                let ($x, $axis) = positions(trace, $name, input)?;
                Ok($value)
            }

            fn sample(&self) -> Sample {
                Sample::numbers([2, 2, 2])
            }
        }

        register!(LayerEntry, $Layer);
    };
}

global! {
    /// The mean of every channel: `[rows, channels, ...]` becomes `[rows, channels]`.
    ///
    /// ```
    /// use tunesmith_nn::{Sequential, layers::GlobalAvgPool};
    /// let model = Sequential::new([2, 2]).with(GlobalAvgPool);
    /// assert_eq!(model.predict::<f64>(&[], &[1.0, 3.0, 5.0, 5.0]), [2.0, 5.0]);
    /// ```
    GlobalAvgPool, "global_avg_pool", "the mean of every channel over all positions", |x, axis| x.mean_axis(axis)
}
global! {
    /// The largest value of every channel: `[rows, channels, ...]` becomes `[rows, channels]`.
    ///
    /// ```
    /// use tunesmith_nn::{Sequential, layers::GlobalMaxPool};
    /// let model = Sequential::new([2, 2]).with(GlobalMaxPool);
    /// assert_eq!(model.predict::<f64>(&[], &[1.0, 3.0, 5.0, 5.0]), [3.0, 5.0]);
    /// ```
    GlobalMaxPool, "global_max_pool", "the largest value of every channel over all positions", |x, axis| x.max_axis(axis)
}

/// One vector for a sequence: `[rows, positions, units]` becomes `[rows, units]` by the mean or the largest value over the
/// positions, or by the last or the first of them.
///
/// ```
/// use tunesmith_nn::{Sequential, layers::PoolSequence};
/// let model = Sequential::new([2, 2]).with(PoolSequence::new("mean"));
/// assert_eq!(model.predict::<f64>(&[], &[1.0, 3.0, 5.0, 5.0]), [3.0, 4.0]);
/// ```
#[derive(Clone, Debug)]
pub struct PoolSequence {
    how: String,
}

impl PoolSequence {
    /// By "mean", "max", "last" or "first".
    #[must_use]
    pub fn new(how: &str) -> Self {
        Self { how: how.to_owned() }
    }
}

impl Default for PoolSequence {
    fn default() -> Self {
        Self::new("mean")
    }
}

impl Describe for PoolSequence {
    const NAME: &'static str = "pool_sequence";
    const ABOUT: &'static str = "one vector for a sequence: mean, max, last or first position";
    const PARAMS: &'static [Param<Self>] = &[Param::name(
        "how",
        &["mean", "max", "last", "first"],
        |s: &mut Self| &mut s.how,
        "what becomes of the positions",
    )];
}

impl Layer for PoolSequence {
    fn forward(&self, trace: &mut Trace, input: &Var) -> Result<Var, Error> {
        match input.shape().dims() {
            &[rows, positions, units] if positions > 0 => Ok(match self.how.as_str() {
                "max" => input.max_axis(1),
                "last" => input.slice(1, positions - 1, 1).reshape([rows, units]),
                "first" => input.slice(1, 0, 1).reshape([rows, units]),
                _ => input.mean_axis(1),
            }),
            _ => {
                let because = format!(
                    "pool_sequence needs [rows, positions, units], found the shape {}",
                    input.shape()
                );
                Err(trace.error(because))
            }
        }
    }

    fn sample(&self) -> Sample {
        Sample::numbers([4, 3])
    }
}

register!(LayerEntry, PoolSequence);
