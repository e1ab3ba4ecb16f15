//! Dropout (Srivastava et al., 2014): while training, a random share of the input is set to zero.

use crate::plugin::*;

/// Sets each input to zero with probability `rate` while training and scales the others by `1 / (1 - rate)`.
///
/// Input and output of any shape; nothing happens in prediction.
///
/// ```
/// use tunesmith_nn::{Sequential, layers::Dropout};
/// let model = Sequential::new([3]).with(Dropout::new(0.5));
/// assert_eq!(model.predict::<f32>(&[], &[1.0, 2.0, 3.0]), [1.0, 2.0, 3.0]);
/// ```
#[derive(Clone, Debug)]
pub struct Dropout {
    rate: f64,
}

impl Dropout {
    /// Dropout with a probability of zero; it lies from 0 up to, not including, 1.
    #[must_use]
    pub fn new(rate: f64) -> Self {
        Self { rate }
    }
}

impl Default for Dropout {
    fn default() -> Self {
        Self::new(0.5)
    }
}

impl Describe for Dropout {
    const NAME: &'static str = "dropout";
    const ABOUT: &'static str = "sets a random share of its input to zero while training";
    const SOURCE: &'static str = "Srivastava et al. 2014, JMLR 15";
    const PARAMS: &'static [Param<Self>] =
        &[Param::float("rate", 0.0, 0.5, |s: &mut Self| &mut s.rate, "probability of zero")
            .valid(0.0, 0.999)];
}

impl Layer for Dropout {
    fn forward(&self, trace: &mut Trace, input: &Var) -> Result<Var, Error> {
        if !trace.training() || self.rate == 0.0 {
            return Ok(input.clone());
        }
        Ok(input * &trace.graph().dropout_mask(input.shape(), self.rate))
    }

    fn forward_of_each(&self, trace: &mut Trace, trials: &[&dyn Layer], input: &Var) -> Result<Var, Error> {
        let rates: Vec<f64> =
            <dyn Layer>::all_of::<Self>(trials).iter().map(|dropout| dropout.rate).collect();
        Ok(trace.dropout_of_each(input, &rates))
    }
}

register!(LayerEntry, Dropout);
