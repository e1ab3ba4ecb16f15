//! `ScaleByRootSum`: AdaGrad's scaling.

use tunesmith_tensor::kernel::Real;

use crate::{Chunk, Idle, StateSpec, Step, Transform};

/// Divides every update by the root of the sum of its squares so far (Duchi, Hazan & Singer 2011, "Adaptive
/// subgradient methods for online learning and stochastic optimization").
///
/// ```
/// use tunesmith_optim::{Chain, ScaleByRootSum};
/// let chain = Chain::from(ScaleByRootSum { eps: 1e-10, eps_inside: false, initial: 0.0 });
/// assert_eq!(chain.states()[0].name, "sum");
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScaleByRootSum {
    /// Added to the root, or to the sum.
    pub eps: f64,
    /// Whether `eps` is added to the sum, inside the root.
    pub eps_inside: bool,
    /// What the sums start at.
    pub initial: f64,
}

impl Transform for ScaleByRootSum {
    fn states(&self) -> Vec<StateSpec> {
        vec![StateSpec::per_element("sum").starting_at(self.initial)]
    }

    fn idle(&self) -> Idle {
        if self.eps > 0.0 { Idle::Stays } else { Idle::Moves }
    }

    fn update<T: Real>(&self, _: &Step, chunk: Chunk<'_, T>) {
        let (inside, outside) = placed::<T>(self.eps, self.eps_inside);
        chunk.each(|update, _, [sum]| {
            let sum = sum + update * update;
            (update / ((sum + inside).sqrt() + outside), [sum])
        });
    }
}

/// What to add inside a root and what to add to it; one of the two is zero.
pub(super) fn placed<T: Real>(eps: f64, inside: bool) -> (T, T) {
    let eps = T::from_f64(eps);
    if inside { (eps, T::ZERO) } else { (T::ZERO, eps) }
}
