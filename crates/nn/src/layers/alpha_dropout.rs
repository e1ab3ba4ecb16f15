//! Alpha dropout (Klambauer et al., 2017): dropout that keeps mean and variance where SELU brought them.

use super::rated::rated;
use crate::plugin::*;

/// What SELU tends to far below zero, `-scale * alpha` with the constants of the paper's equation 14.
const FLOOR: f64 = -1.050_700_987_355_480_5 * 1.673_263_242_354_377_2;

rated! {
    /// Sets each input to `a s + b` with probability `rate` while training and the others to `a x + b`, where `s` is
    /// SELU's lower limit -1.758..., `a = 1 / sqrt((1 - rate) (1 + rate s²))` and `b = -a rate s`, so that mean zero and
    /// variance one stay: PyTorch's and Keras's `AlphaDropout`.
    ///
    /// Input and output of any shape; nothing happens in prediction.
    ///
    /// ```
    /// use tunesmith_nn::{Sequential, layers::AlphaDropout};
    /// let model = Sequential::new([2]).with(AlphaDropout::new(0.1));
    /// assert_eq!(model.predict::<f32>(&[], &[1.0, 2.0]), [1.0, 2.0]);
    /// ```
    AlphaDropout, "alpha_dropout", "dropout for SELU: mean and variance stay", "Klambauer et al. 2017, arXiv:1706.02515",
    default 0.1, "probability of the lower limit",
    |trace, input, rate| {
        let scale = ((1.0 - rate) * (1.0 + rate * FLOOR * FLOOR)).powf(-0.5);
        let shift = -scale * rate * FLOOR;
        let kept = trace.graph().dropout_mask(input.shape(), rate) * (1.0 - rate);
        Ok(((input - FLOOR) * &kept + FLOOR) * scale + shift)
    }
}

#[cfg(test)]
mod tests {
    use super::super::rated::tests::in_training;
    use super::AlphaDropout;

    /// The two values that PyTorch 2.15's `AlphaDropout(0.3)` makes of ones.
    #[test]
    fn ones_become_pytorchs_two_values() {
        let found = in_training(AlphaDropout::new(0.3), &[500], 2, &[1.0; 1000]);
        let (low, high) = (-1.059_548_158_986_480_1, 1.315_044_684_383_419);
        let near = |a: f64, b: f64| (a - b).abs() < 1e-12;
        assert!(found.iter().all(|&x| near(x, low) || near(x, high)), "{:?}", &found[..8]);
        assert!(found.iter().any(|&x| near(x, low)) && found.iter().any(|&x| near(x, high)));
    }
}
