//! `ScaleByAdam`: Adam's scaling.

use tunesmith_tensor::kernel::Real;

use crate::{Chunk, StateSpec, Step, Transform};

/// Replaces updates by their running mean, divided by a running root mean square of them, both corrected for having
/// started at zero (Kingma & Ba 2015, "Adam: a method for stochastic optimization", algorithm 1); with `amsgrad` by
/// the largest such root so far (Reddi, Kale & Kumar 2018, "On the convergence of Adam and beyond"), where PyTorch
/// takes the largest before the correction.
///
/// ```
/// use tunesmith_optim::{Chain, ScaleByAdam};
/// let chain = Chain::from(ScaleByAdam { beta1: 0.9, beta2: 0.999, eps: 1e-8, amsgrad: false });
/// let names: Vec<_> = chain.states().iter().map(|state| state.name).collect();
/// assert_eq!(names, ["exp_avg", "exp_avg_sq"]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScaleByAdam {
    /// What is left of the mean after one step.
    pub beta1: f64,
    /// What is left of the mean square after one step.
    pub beta2: f64,
    /// Added to the corrected root.
    pub eps: f64,
    /// Whether the mean square never shrinks.
    pub amsgrad: bool,
}

impl ScaleByAdam {
    /// The state of Adam, whichever way it is computed.
    pub(crate) fn state_specs(amsgrad: bool) -> Vec<StateSpec> {
        let names = ["exp_avg", "exp_avg_sq", "max_exp_avg_sq"];
        names[..if amsgrad { 3 } else { 2 }].iter().map(|name| StateSpec::per_element(name)).collect()
    }
}

impl Transform for ScaleByAdam {
    fn states(&self) -> Vec<StateSpec> {
        Self::state_specs(self.amsgrad)
    }

    fn update<T: Real>(&self, step: &Step, chunk: Chunk<'_, T>) {
        let rest1 = T::from_f64(1.0 - self.beta1);
        let (beta2, rest2) = (T::from_f64(self.beta2), T::from_f64(1.0 - self.beta2));
        let eps = T::from_f64(self.eps);
        let unbias1 = T::from_f64(1.0 / step.bias_correction(self.beta1));
        let unbias2 = T::from_f64(1.0 / step.bias_correction(self.beta2).sqrt());
        let moments = |update: T, mean: T, square: T| {
            (mean + rest1 * (update - mean), beta2 * square + rest2 * update * update)
        };
        let scaled = |mean: T, square: T| mean * unbias1 / (square.sqrt() * unbias2 + eps);
        if self.amsgrad {
            chunk.each(|update, _, [mean, square, largest]| {
                let (mean, square) = moments(update, mean, square);
                let largest = largest.max(square);
                (scaled(mean, largest), [mean, square, largest])
            });
        } else {
            chunk.each(|update, _, [mean, square]| {
                let (mean, square) = moments(update, mean, square);
                (scaled(mean, square), [mean, square])
            });
        }
    }
}
