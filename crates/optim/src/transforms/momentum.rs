//! `Momentum`: updates keep going where they went.

use tunesmith_tensor::kernel::Real;

use crate::{Chunk, Idle, StateSpec, Step, Transform};

/// Replaces updates by a decaying sum of them (Polyak 1964), or by Nesterov's look ahead along it (Sutskever et al.
/// 2013, "On the importance of initialization and momentum in deep learning"), as PyTorch defines both: the first
/// step's sum is its update, whatever the dampening.
///
/// ```
/// use tunesmith_optim::{Momentum, ScaleByLearningRate, chain};
/// let heavy_ball =
///     chain!(Momentum { momentum: 0.9, dampening: 0.0, nesterov: false }, ScaleByLearningRate::new(0.01));
/// assert_eq!(heavy_ball.states()[0].name, "momentum_buffer");
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Momentum {
    /// What is left of the sum after one step.
    pub momentum: f64,
    /// The share of each update after the first that is withheld from the sum.
    pub dampening: f64,
    /// Whether to add the update once more to the decayed sum.
    pub nesterov: bool,
}

impl Transform for Momentum {
    fn states(&self) -> Vec<StateSpec> {
        vec![StateSpec::per_element("momentum_buffer")]
    }

    fn idle(&self) -> Idle {
        Idle::Moves
    }

    fn update<T: Real>(&self, step: &Step, chunk: Chunk<'_, T>) {
        let momentum = T::from_f64(step.momentum(self.momentum));
        let share = T::from_f64(if step.count == 1 { 1.0 } else { 1.0 - self.dampening });
        let nesterov = self.nesterov;
        chunk.each(|update, _, [sum]| {
            let sum = momentum * sum + share * update;
            (if nesterov { update + momentum * sum } else { sum }, [sum])
        });
    }
}
