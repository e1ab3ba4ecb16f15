//! Gaussian dropout (Srivastava et al., 2014, section 10): inputs times normal noise around one.

use super::rated::rated;
use crate::plugin::*;

rated! {
    /// Multiplies each input by normal noise of mean one and variance `rate / (1 - rate)` while training, which is that of
    /// dropout: Keras's `GaussianDropout`.
    ///
    /// Input and output of any shape; nothing happens in prediction.
    ///
    /// ```
    /// use tunesmith_nn::{Sequential, layers::GaussianDropout};
    /// let model = Sequential::new([2]).with(GaussianDropout::new(0.5));
    /// assert_eq!(model.predict::<f32>(&[], &[1.0, 2.0]), [1.0, 2.0]);
    /// ```
    GaussianDropout, "gaussian_dropout", "multiplies its input by normal noise around one while training",
    "Srivastava et al. 2014, JMLR 15", default 0.25, "the rate of the dropout that has this variance",
    |trace, input, rate| {
        let spread = (rate / (1.0 - rate)).sqrt();
        Ok(input * &(trace.graph().normal(input.shape()) * spread + 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::super::rated::tests::in_training;
    use super::GaussianDropout;

    #[test]
    fn mean_and_variance_are_those_of_dropout() {
        let found = in_training(GaussianDropout::new(0.2), &[2000], 4, &[3.0; 8000]);
        let mean = found.iter().sum::<f64>() / 8000.0;
        let variance = found.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / 8000.0;
        assert!((mean - 3.0).abs() < 4.0 * 1.5 / 8000_f64.sqrt(), "{mean}");
        assert!((variance - 9.0 * 0.25).abs() < 0.15, "{variance}");
    }
}
