//! `AddNoise`: normal noise on gradients that fades.

use tunesmith_core::Seed;
use tunesmith_tensor::kernel::Real;

use crate::{Chunk, Parts, Scope, Step, Transform};

/// Adds normal noise of variance `eta / (1 + step)^gamma` to updates, steps counted from 0 (Neelakantan et al. 2015,
/// "Adding gradient noise improves learning for very deep networks", which uses 0.01 to 1 and 0.55). It belongs before
/// a rule. The noise of a parameter follows from the seed, its name and the number of the step, and from nothing else.
///
/// ```
/// use tunesmith_core::Seed;
/// use tunesmith_optim::{AddNoise, Chain};
/// let noise = AddNoise { eta: 0.01, gamma: 0.55, seed: Seed::new(0).named("gradient noise") };
/// assert_eq!(Chain::from(noise).states().len(), 0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AddNoise {
    /// The variance in the first step.
    pub eta: f64,
    /// The power of the step by which the variance falls.
    pub gamma: f64,
    /// Where the noise comes from.
    pub seed: Seed,
}

impl Transform for AddNoise {
    fn scope(&self) -> Scope {
        Scope::Tensor
    }

    fn update<T: Real>(&self, step: &Step, chunk: Chunk<'_, T>) {
        let deviation = (self.eta / (step.count as f64).powf(self.gamma)).sqrt();
        let Parts { segment, update, .. } = chunk.parts::<0>();
        let mut generator = self.seed.named(&segment.name).at(step.count).generator();
        update.iter_mut().for_each(|x| *x += T::from_f64(deviation * generator.normal()));
    }
}
