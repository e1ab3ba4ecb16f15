//! TemplateActivation (authors year): its shape, in one line.

use tunesmith_nn::plugin::*;

/// `x * tanh(slope * x)`; say where it comes from and what it is good for.
#[derive(Clone, Debug)]
pub struct TemplateActivation {
    /// How soon it is nearly linear.
    pub slope: f64,
}

impl Default for TemplateActivation {
    fn default() -> Self {
        Self { slope: 1.0 }
    }
}

impl Describe for TemplateActivation {
    const NAME: &'static str = "template_activation";
    const ABOUT: &'static str = "x * tanh(slope * x)";
    const PARAMS: &'static [Param<Self>] =
        &[Param::float("slope", 0.1, 10.0, |s: &mut Self| &mut s.slope, "how soon it is nearly linear")
            .log()
            .rarely()
            .valid(0.0, 1e3)];
}

impl Activation for TemplateActivation {
    fn apply(&self, x: &Var) -> Var {
        x * (x * self.slope).tanh()
    }
}

register!(ActivationEntry, TemplateActivation);

#[cfg(test)]
mod tests {
    use tunesmith_nn::{activation::ActivationEntry, conform};

    #[test]
    fn template_activation_conforms() {
        let entry = tunesmith_core::find::<ActivationEntry>("template_activation", "test").unwrap();
        assert_eq!(conform::activation(entry), Vec::<String>::new());
    }
}
