//! SimpleRNN: the recurrent layer of Elman (1990).

use tunesmith_autodiff::ops::recurrent::{Rnn, RnnActivation};

use super::recurrent::{Settings, recurrent_layer, recurrent_params};
use crate::plugin::*;

/// `h' = f(x W_ih^T + b_ih + h W_hh^T + b_hh)` from step to step, with `f` tanh or ReLU: Keras's `SimpleRNN`, PyTorch's
/// `RNN`.
///
/// Input `[rows, time, in]`, output `[rows, units]`, the last step's, or with `return_sequences` `[rows, time, units]`.
/// Parameters `weight_ih_l0` `[units, in]`, `weight_hh_l0` `[units, units]`, `bias_ih_l0` and `bias_hh_l0` `[units]`.
///
/// ```
/// use tunesmith_nn::{Sequential, layers::SimpleRnn};
/// let model = Sequential::new([3, 1]).with(SimpleRnn::new(1).activation("relu").return_sequences());
/// // Each output is the input and half of the output before.
/// assert_eq!(model.predict::<f64>(&[1.0, 0.5, 0.0, 0.0], &[1.0, 2.0, 3.0]), [1.0, 2.5, 4.25]);
/// ```
#[derive(Clone, Debug)]
pub struct SimpleRnn {
    settings: Settings,
    activation: String,
}

impl SimpleRnn {
    /// The same layer with "tanh" or "relu" behind its sum.
    ///
    /// # Panics
    /// When it is another name.
    #[must_use]
    #[track_caller]
    pub fn activation(mut self, name: &str) -> Self {
        assert!(ACTIVATIONS.contains(&name), "activation: {ACTIVATIONS:?} are possible, not {name:?}");
        name.clone_into(&mut self.activation);
        self
    }
}

const ACTIVATIONS: &[&str] = &["tanh", "relu"];

impl Default for SimpleRnn {
    fn default() -> Self {
        Self { settings: Settings::default(), activation: "tanh".into() }
    }
}

impl Describe for SimpleRnn {
    const NAME: &'static str = "simple_rnn";
    const ABOUT: &'static str = "a layer that sees its own outputs of the step before, along a sequence";
    const SOURCE: &'static str = "Elman 1990, Finding structure in time, Cognitive Science 14";
    const PARAMS: &'static [Param<Self>] = recurrent_params!(Param::name(
        "activation",
        ACTIVATIONS,
        |s: &mut Self| &mut s.activation,
        "what follows the sum"
    ));
}

recurrent_layer!(SimpleRnn, |layer| (
    Rnn { activation: if layer.activation == "relu" { RnnActivation::Relu } else { RnnActivation::Tanh } },
    None
));
