//! `ModelSection`: the network of a recipe, and the weights it starts from.

use tunesmith_core::{Describe, Param, Plug};

/// The section `[model]` of a recipe.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelSection {
    /// The layers, one after another.
    pub layers: Vec<Plug>,
    /// A file of first weights in safetensors form; empty for weights that are drawn.
    pub weights: String,
    /// Whose names and orders of axes the file has: "pytorch" or "keras".
    pub weights_layout: String,
}

impl Default for ModelSection {
    fn default() -> Self {
        Self { layers: Vec::new(), weights: String::new(), weights_layout: "pytorch".into() }
    }
}

impl Describe for ModelSection {
    const NAME: &'static str = "model";
    const ABOUT: &'static str = "the network, layer by layer";
    const PARAMS: &'static [Param<Self>] = &[
        Param::plugs("layers", "layer", |s: &mut Self| &mut s.layers, "the layers, one after another"),
        Param::text("weights", |s: &mut Self| &mut s.weights, "a safetensors file of first weights"),
        Param::name(
            "weights_layout",
            &["pytorch", "keras"],
            |s: &mut Self| &mut s.weights_layout,
            "whose names and orders of axes that file has",
        ),
    ];

    fn check(&self) -> Result<(), String> {
        if self.layers.is_empty() {
            return Err("layers are missing, write layers = [{ dense = { units = \"classes\" } }]".into());
        }
        Ok(())
    }
}
