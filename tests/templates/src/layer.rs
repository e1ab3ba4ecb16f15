//! TemplateLayer: what it does to its input, in one line.

use tunesmith_nn::plugin::*;

/// Multiplies its input by a number: `[rows, ...]` in, the same shape out.
#[derive(Clone, Debug)]
pub struct TemplateLayer {
    /// The number.
    pub factor: f64,
}

impl Default for TemplateLayer {
    fn default() -> Self {
        Self { factor: 1.0 }
    }
}

impl Describe for TemplateLayer {
    const NAME: &'static str = "template_layer";
    const ABOUT: &'static str = "multiplies its input by a number";
    const PARAMS: &'static [Param<Self>] =
        &[Param::float("factor", 0.1, 10.0, |s: &mut Self| &mut s.factor, "the number")
            .log()
            .rarely()
            .valid(-1e3, 1e3)];
}

impl Layer for TemplateLayer {
    fn forward(&self, _trace: &mut Trace, input: &Var) -> Result<Var, Error> {
        Ok(input * self.factor)
    }
}

register!(LayerEntry, TemplateLayer);

#[cfg(test)]
mod tests {
    use tunesmith_nn::{LayerEntry, conform};

    #[test]
    fn template_layer_conforms() {
        let entry = tunesmith_core::find::<LayerEntry>("template_layer", "test").unwrap();
        assert_eq!(conform::layer(entry), Vec::<String>::new());
    }
}
