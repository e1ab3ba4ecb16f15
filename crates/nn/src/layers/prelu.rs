//! PReLU: a rectifier that learns its slope below zero.

use crate::plugin::*;

/// `x` where positive, `weight * x` elsewhere.
///
/// Input and output of any shape `[rows, ...]`; parameter `weight` `[1]`, or `[channels]` for one slope per channel, the
/// axis after the rows. It starts at 0.25, as in PyTorch.
///
/// ```
/// use tunesmith_nn::{Sequential, layers::Prelu};
/// let model = Sequential::new([2]).with(Prelu::per_channel());
/// assert_eq!(model.params()[0].name, "0.weight");
/// assert_eq!(model.predict::<f64>(&[0.1, 0.2], &[-1.0, -1.0, 3.0, -10.0]), [-0.1, -0.2, 3.0, -2.0]);
/// ```
#[derive(Clone, Debug)]
pub struct Prelu {
    per_channel: bool,
    init: Plug,
}

impl Prelu {
    /// One slope for all channels.
    #[must_use]
    pub fn new() -> Self {
        Self { per_channel: false, init: Plug::new("constant").with("value", 0.25) }
    }

    /// A slope for each channel.
    #[must_use]
    pub fn per_channel() -> Self {
        Self { per_channel: true, ..Self::new() }
    }
}

impl Default for Prelu {
    fn default() -> Self {
        Self::new()
    }
}

impl Describe for Prelu {
    const NAME: &'static str = "prelu";
    const ABOUT: &'static str = "x where positive, a learnt slope times x elsewhere";
    const SOURCE: &'static str = "He et al. 2015, arXiv:1502.01852";
    const PARAMS: &'static [Param<Self>] = &[
        Param::switch("per_channel", |s: &mut Self| &mut s.per_channel, "a slope for each channel"),
        Param::plug("init", "init", |s: &mut Self| &mut s.init, "how the slope starts"),
    ];
}

impl Layer for Prelu {
    fn forward(&self, trace: &mut Trace, input: &Var) -> Result<Var, Error> {
        let shape = input.shape();
        let channels = match (self.per_channel, shape.dims()) {
            (false, _) => 1,
            (true, [_, channels, ..]) => *channels,
            (true, _) => {
                return Err(trace.error(format!("prelu needs channels after the rows, found {shape}")));
            }
        };
        let weight = trace.param("weight", [channels], &self.init);
        // Ones behind the channels, so that a slope repeats over all places of its channel.
        let mut dims = vec![1; shape.dims().len().max(2) - 1];
        dims[0] = channels;
        Ok(input.relu() - (-input).relu() * &weight.reshape(dims))
    }
}

register!(LayerEntry, Prelu);
