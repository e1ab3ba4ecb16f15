//! Repeat: a list of layers several times in a row, each copy with parameters of its own.

use crate::plugin::*;
use crate::sequential::build_layer;

/// The same layers several times: a search over depth is a range on `times`.
///
/// ```
/// use tunesmith_core::Plug;
/// use tunesmith_nn::Sequential;
/// let dense = Plug::new("dense").with("units", 5_usize).to_value();
/// let twice = Plug::new("repeat").with("times", 2_usize).with("layers", vec![dense]);
/// let model = Sequential::from_plugs(&[twice], [3], None).unwrap();
/// assert_eq!(model.param_count(), 5 * 3 + 5 + 5 * 5 + 5);
/// ```
#[derive(Clone, Debug)]
pub struct Repeat {
    times: usize,
    layers: Vec<Plug>,
}

impl Default for Repeat {
    fn default() -> Self {
        Self { times: 1, layers: Vec::new() }
    }
}

impl Describe for Repeat {
    const NAME: &'static str = "repeat";
    const ABOUT: &'static str = "the same layers several times in a row, each copy with its own parameters";
    const PARAMS: &'static [Param<Self>] = &[
        Param::int("times", 1, 3, |s: &mut Self| &mut s.times, "how often").rarely().valid(0.0, 1e3),
        Param::plugs("layers", "layer", |s: &mut Self| &mut s.layers, "what is repeated")
            .repeated_by("times"),
    ];
}

impl Layer for Repeat {
    fn forward(&self, trace: &mut Trace, input: &Var) -> Result<Var, Error> {
        let mut out = input.clone();
        for copy in 0..self.times {
            for (i, plug) in self.layers.iter().enumerate() {
                let layer = build_layer(plug, "model.layers")?;
                out = trace.within(&format!("{}", copy * self.layers.len() + i), |trace| {
                    layer.forward(trace, &out)
                })?;
            }
        }
        Ok(out)
    }

    fn forward_of_each(&self, trace: &mut Trace, trials: &[&dyn Layer], input: &Var) -> Result<Var, Error> {
        let trials = <dyn Layer>::all_of::<Self>(trials);
        trace.same_of_each("number of times", trials.iter().map(|repeat| repeat.times))?;
        trace.same_of_each("number of layers", trials.iter().map(|repeat| repeat.layers.len()))?;
        let mut out = input.clone();
        for copy in 0..self.times {
            for i in 0..self.layers.len() {
                let plugs: Vec<&Plug> = trials.iter().map(|repeat| &repeat.layers[i]).collect();
                let layers = plugs
                    .iter()
                    .map(|plug| build_layer(plug, "model.layers"))
                    .collect::<Result<Vec<_>, _>>()?;
                let layers: Vec<(&Plug, &dyn Layer)> =
                    plugs.into_iter().zip(layers.iter().map(|layer| &**layer)).collect();
                out = trace.layer_of_each(&format!("{}", copy * self.layers.len() + i), &layers, &out)?;
            }
        }
        Ok(out)
    }
}

register!(LayerEntry, Repeat);
