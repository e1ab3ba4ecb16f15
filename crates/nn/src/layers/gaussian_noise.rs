//! Gaussian noise: normal noise added to the input while training.

use crate::plugin::*;

/// Adds normal noise of mean zero and standard deviation `std` to each input while training: Keras's `GaussianNoise`.
///
/// Input and output of any shape; nothing happens in prediction.
///
/// ```
/// use tunesmith_nn::{Sequential, layers::GaussianNoise};
/// let model = Sequential::new([2]).with(GaussianNoise::new(0.5));
/// assert_eq!(model.predict::<f32>(&[], &[1.0, 2.0]), [1.0, 2.0]);
/// ```
#[derive(Clone, Debug)]
pub struct GaussianNoise {
    std: f64,
}

impl GaussianNoise {
    /// Noise of that standard deviation.
    #[must_use]
    pub fn new(std: f64) -> Self {
        Self { std }
    }
}

impl Default for GaussianNoise {
    fn default() -> Self {
        Self::new(0.1)
    }
}

impl Describe for GaussianNoise {
    const NAME: &'static str = "gaussian_noise";
    const ABOUT: &'static str = "adds normal noise to its input while training";
    const PARAMS: &'static [Param<Self>] =
        &[Param::float("std", 1e-3, 1.0, |s: &mut Self| &mut s.std, "standard deviation")
            .log()
            .valid(0.0, 1e9)];
}

impl Layer for GaussianNoise {
    fn forward(&self, trace: &mut Trace, input: &Var) -> Result<Var, Error> {
        if !trace.training() || self.std == 0.0 {
            return Ok(input.clone());
        }
        Ok(input + trace.graph().normal(input.shape()) * self.std)
    }
}

register!(LayerEntry, GaussianNoise);

#[cfg(test)]
mod tests {
    use super::super::rated::tests::in_training;
    use super::GaussianNoise;

    #[test]
    fn the_noise_has_its_deviation_around_the_input() {
        let found = in_training(GaussianNoise::new(0.5), &[1000], 4, &[3.0; 4000]);
        let mean = found.iter().sum::<f64>() / 4000.0;
        let variance = found.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / 4000.0;
        assert!((mean - 3.0).abs() < 4.0 * 0.5 / 4000_f64.sqrt(), "{mean}");
        assert!((variance - 0.25).abs() < 4.0 * 0.25 * (2.0 / 4000_f64).sqrt(), "{variance}");
    }
}
