//! GRU: the gated recurrent unit (Cho et al., 2014).

use tunesmith_autodiff::ops::recurrent::Gru as GruCell;

use super::recurrent::{Settings, recurrent_layer, recurrent_params};
use crate::plugin::*;

/// Gated recurrent units, the reset gate applied after the recurrent product: PyTorch's `GRU`, Keras's with
/// `reset_after`.
///
/// ```text
/// r  = sigmoid(x W_ir^T + b_ir + h W_hr^T + b_hr)
/// z  = sigmoid(x W_iz^T + b_iz + h W_hz^T + b_hz)
/// n  = tanh(x W_in^T + b_in + r (h W_hn^T + b_hn))
/// h' = (1 - z) n + z h
/// ```
///
/// Input `[rows, time, in]`, output `[rows, units]`, the last step's, or with `return_sequences` `[rows, time, units]`.
/// Parameters, `r, z, n` one below the other: `weight_ih_l0` `[3 units, in]`, `weight_hh_l0` `[3 units, units]`,
/// `bias_ih_l0` and `bias_hh_l0` `[3 units]`.
///
/// ```
/// use tunesmith_nn::{Sequential, layers::Gru};
/// let model = Sequential::new([7, 3]).with(Gru::new(4).return_sequences()).with(Gru::new(2));
/// assert_eq!(model.output_shape().dims(), [2]);
/// let zeros = vec![0.0; model.param_count()];
/// assert_eq!(model.predict::<f64>(&zeros, &[1.0; 21]), [0.0, 0.0]);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Gru {
    settings: Settings,
}

impl Describe for Gru {
    const NAME: &'static str = "gru";
    const ABOUT: &'static str = "gated recurrent units along a sequence";
    const SOURCE: &'static str = "Cho et al. 2014, arXiv:1406.1078";
    const PARAMS: &'static [Param<Self>] = recurrent_params!();
}

recurrent_layer!(Gru, |_layer| (GruCell, None));
