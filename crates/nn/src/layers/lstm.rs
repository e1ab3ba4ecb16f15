//! LSTM: long short-term memory (Hochreiter & Schmidhuber, 1997).

use tunesmith_autodiff::ops::recurrent::Lstm as LstmCell;

use super::recurrent::{Settings, recurrent_layer, recurrent_params};
use crate::plugin::*;

/// Long short-term memory with a forget gate: PyTorch's and Keras's `LSTM`.
///
/// ```text
/// i  = sigmoid(x W_ii^T + b_ii + h W_hi^T + b_hi)
/// f  = sigmoid(x W_if^T + b_if + h W_hf^T + b_hf)
/// g  =    tanh(x W_ig^T + b_ig + h W_hg^T + b_hg)
/// o  = sigmoid(x W_io^T + b_io + h W_ho^T + b_ho)
/// c' = f c + i g
/// h' = o tanh(c')
/// ```
///
/// Input `[rows, time, in]`, output `[rows, units]`, the last step's, or with `return_sequences` `[rows, time, units]`.
/// Parameters, `i, f, g, o` one below the other: `weight_ih_l0` `[4 units, in]`, `weight_hh_l0` `[4 units, units]`,
/// `bias_ih_l0` and `bias_hh_l0` `[4 units]`. They start as PyTorch's do, uniform within `1 / sqrt(units)`; as Keras's do
/// with `init = "glorot_uniform"`, `recurrent_init = "orthogonal"` and `unit_forget_bias`.
///
/// ```
/// use tunesmith_nn::{Sequential, layers::{Dense, Lstm}};
/// let model = Sequential::new([7, 3]).with(Lstm::new(4)).with(Dense::new(1));
/// assert_eq!(model.param_count(), 4 * 4 * (3 + 4 + 2) + 5);
/// let zeros = vec![0.0; model.param_count()];
/// assert_eq!(model.predict::<f64>(&zeros, &[1.0; 21]), [0.0]);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Lstm {
    settings: Settings,
    unit_forget_bias: bool,
}

impl Lstm {
    /// The same layer with biases that start at zero, those of the forget gate at one, as Keras's do.
    #[must_use]
    pub fn unit_forget_bias(mut self) -> Self {
        self.unit_forget_bias = true;
        self
    }
}

impl Describe for Lstm {
    const NAME: &'static str = "lstm";
    const ABOUT: &'static str = "long short-term memory along a sequence";
    const SOURCE: &'static str = "Hochreiter & Schmidhuber 1997, Neural Computation 9; forget gate: Gers et al. 2000, Neural Computation 12";
    const PARAMS: &'static [Param<Self>] = recurrent_params!(Param::switch(
        "unit_forget_bias",
        |s: &mut Self| &mut s.unit_forget_bias,
        "whether biases start at zero and those of the forget gate at one"
    ));

    fn check(&self) -> Result<(), String> {
        match (self.unit_forget_bias, &self.settings.bias_init) {
            (true, Some(init)) => Err(format!(
                "unit_forget_bias says how biases start, and so does bias_init = \"{}\"; write one of them",
                init.name
            )),
            _ => Ok(()),
        }
    }
}

recurrent_layer!(Lstm, |layer| (
    LstmCell,
    layer.unit_forget_bias.then(|| [Plug::new("unit_forget_bias"), Plug::new("zeros")])
));

/// The bias of an LSTM, `i, f, g, o` one after the other: one for `f`, zero for the others.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct UnitForgetBias;

impl Describe for UnitForgetBias {
    const NAME: &'static str = "unit_forget_bias";
    const ABOUT: &'static str =
        "one in the second quarter and zero elsewhere: an LSTM that remembers at first";
    const SOURCE: &'static str =
        "Jozefowicz et al. 2015, An empirical exploration of recurrent network architectures";
}

impl Init for UnitForgetBias {
    fn fill(&self, _shape: &Shape, _generator: &mut Generator, out: &mut [f64]) {
        let quarter = out.len() / 4;
        out.fill(0.0);
        out[quarter..2 * quarter].fill(1.0);
    }
}

register!(InitEntry, UnitForgetBias);
