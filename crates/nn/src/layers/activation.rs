//! An activation as a layer of its own.

use crate::activation::activate;
use crate::plugin::*;

/// Applies an activation: what `Dense` does with its own, for any layer.
///
/// ```
/// use tunesmith_nn::{Sequential, layers::ActivationLayer};
/// let model = Sequential::new([2]).with(ActivationLayer::new("relu"));
/// assert_eq!(model.predict::<f64>(&[], &[-1.0, 2.0]), [0.0, 2.0]);
/// ```
#[derive(Clone, Debug)]
pub struct ActivationLayer {
    function: Plug,
}

impl ActivationLayer {
    /// The activation of that name.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self { function: Plug::new(name) }
    }
}

impl Default for ActivationLayer {
    fn default() -> Self {
        Self::new("relu")
    }
}

impl Describe for ActivationLayer {
    const NAME: &'static str = "activation";
    const ABOUT: &'static str = "applies an activation";
    const PARAMS: &'static [Param<Self>] =
        &[Param::plug("function", "activation", |s: &mut Self| &mut s.function, "which one")];
}

impl Layer for ActivationLayer {
    fn forward(&self, trace: &mut Trace, input: &Var) -> Result<Var, Error> {
        activate(trace, &self.function, input)
    }
}

register!(LayerEntry, ActivationLayer);
