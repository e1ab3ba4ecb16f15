//! Sequential: a list of layers as one layer, so that a list can stand where a single layer is asked for.

use crate::plugin::*;
use crate::sequential::build_layer;

/// A list of layers, one after another: a branch of `parallel`, or a part with a place of its own.
///
/// Parameters are named by place inside: `0.weight`, as in PyTorch's `nn.Sequential`.
///
/// ```
/// use tunesmith_core::Plug;
/// use tunesmith_nn::Sequential;
/// let dense = |units: usize| Plug::new("dense").with("units", units).to_value();
/// let both = Plug::new("sequential").with("layers", vec![dense(4), dense(1)]);
/// let model = Sequential::from_plugs(&[both], [3], None).unwrap();
/// assert_eq!(model.params()[2].name, "0.1.weight");
/// ```
#[derive(Clone, Debug, Default)]
pub struct SequentialLayer {
    layers: Vec<Plug>,
}

impl Describe for SequentialLayer {
    const NAME: &'static str = "sequential";
    const ABOUT: &'static str = "a list of layers, one after another, as one layer";
    const PARAMS: &'static [Param<Self>] =
        &[Param::plugs("layers", "layer", |s: &mut Self| &mut s.layers, "the layers, one after another")];
}

impl Layer for SequentialLayer {
    fn forward(&self, trace: &mut Trace, input: &Var) -> Result<Var, Error> {
        one_after_another(trace, &self.layers, input)
    }
}

register!(LayerEntry, SequentialLayer);

/// Records layers one after another, each under its place in the list.
pub(super) fn one_after_another(trace: &mut Trace, layers: &[Plug], input: &Var) -> Result<Var, Error> {
    let mut out = input.clone();
    for (i, plug) in layers.iter().enumerate() {
        out = trace.within(&i.to_string(), |trace| {
            let layer = build_layer(plug, &trace.place())?;
            layer.forward(trace, &out)
        })?;
    }
    Ok(out)
}
