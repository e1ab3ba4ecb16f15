//! `ScaleByAdam`: Adam's scaling.

use tunesmith_tensor::kernel::Real;

use crate::{Chunk, Idle, StateSpec, Step, Transform};

/// Replaces updates by their running mean, divided by a running root mean square of them, both corrected for having
/// started at zero (Kingma & Ba 2015, "Adam: a method for stochastic optimization", algorithm 1); with `amsgrad` by
/// the largest such root so far (Reddi, Kale & Kumar 2018, "On the convergence of Adam and beyond"), where PyTorch
/// takes the largest before the correction.
///
/// ```
/// use tunesmith_optim::{Chain, ScaleByAdam};
/// let chain = Chain::from(ScaleByAdam { beta1: 0.9, beta2: 0.999, ..ScaleByAdam::default() });
/// let names: Vec<_> = chain.states().iter().map(|state| state.name).collect();
/// assert_eq!(names, ["exp_avg", "exp_avg_sq"]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScaleByAdam {
    /// What is left of the mean after one step.
    pub beta1: f64,
    /// What is left of the mean square after one step.
    pub beta2: f64,
    /// Added to the root.
    pub eps: f64,
    /// Whether `eps` is added before the root is corrected, so that it is larger in the first steps.
    pub eps_before_correction: bool,
    /// Whether the mean square never shrinks.
    pub amsgrad: bool,
}

impl Default for ScaleByAdam {
    fn default() -> Self {
        Self { beta1: 0.9, beta2: 0.999, eps: 1e-8, eps_before_correction: false, amsgrad: false }
    }
}

impl ScaleByAdam {
    /// The state of Adam, whichever way it is computed.
    pub(crate) fn state_specs(amsgrad: bool) -> Vec<StateSpec> {
        let names = ["exp_avg", "exp_avg_sq", "max_exp_avg_sq"];
        names[..if amsgrad { 3 } else { 2 }].iter().map(|name| StateSpec::per_element(name)).collect()
    }
}

/// Adam's arithmetic in one step.
#[derive(Clone, Copy)]
pub(crate) struct AdamStep<T> {
    rest1: T,
    beta2: T,
    rest2: T,
    unbias1: T,
    unbias2: T,
    eps: T,
}

impl<T: Real> AdamStep<T> {
    pub(crate) fn new(step: &Step, beta1: f64, beta2: f64, eps: f64) -> Self {
        let beta1 = step.momentum(beta1);
        Self {
            rest1: T::from_f64(1.0 - beta1),
            beta2: T::from_f64(beta2),
            rest2: T::from_f64(1.0 - beta2),
            unbias1: T::from_f64(1.0 / step.bias_correction(beta1)),
            unbias2: T::from_f64(1.0 / step.bias_correction(beta2).sqrt()),
            eps: T::from_f64(eps),
        }
    }

    /// The next mean.
    #[inline(always)]
    pub(crate) fn mean(&self, update: T, mean: T) -> T {
        mean + self.rest1 * (update - mean)
    }

    /// The next mean square.
    #[inline(always)]
    pub(crate) fn square(&self, update: T, square: T) -> T {
        self.beta2 * square + self.rest2 * update * update
    }

    /// The next mean and the next mean square.
    #[inline(always)]
    pub(crate) fn moments(&self, update: T, mean: T, square: T) -> (T, T) {
        (self.mean(update, mean), self.square(update, square))
    }

    /// The mean without its bias.
    #[inline(always)]
    pub(crate) fn unbiased(&self, mean: T) -> T {
        mean * self.unbias1
    }

    /// The root that divides.
    #[inline(always)]
    pub(crate) fn root(&self, square: T) -> T {
        square.sqrt() * self.unbias2 + self.eps
    }

    /// The step.
    #[inline(always)]
    pub(crate) fn scaled(&self, mean: T, square: T) -> T {
        self.unbiased(mean) / self.root(square)
    }
}

impl Transform for ScaleByAdam {
    fn states(&self) -> Vec<StateSpec> {
        Self::state_specs(self.amsgrad)
    }

    fn idle(&self) -> Idle {
        Idle::Moves
    }

    fn update<T: Real>(&self, step: &Step, chunk: Chunk<'_, T>) {
        let root = if self.eps_before_correction { step.bias_correction(self.beta2).sqrt() } else { 1.0 };
        let adam = AdamStep::<T>::new(step, self.beta1, self.beta2, self.eps / root);
        if self.amsgrad {
            chunk.each(|update, _, [mean, square, largest]| {
                let (mean, square) = adam.moments(update, mean, square);
                let largest = largest.max(square);
                (adam.scaled(mean, largest), [mean, square, largest])
            });
        } else {
            chunk.each(|update, _, [mean, square]| {
                let (mean, square) = adam.moments(update, mean, square);
                (adam.scaled(mean, square), [mean, square])
            });
        }
    }
}
