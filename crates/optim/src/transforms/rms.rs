//! `ScaleByRms`: RMSprop's scaling.

use tunesmith_tensor::kernel::Real;

use super::root_sum::placed;
use crate::{Chunk, Idle, StateSpec, Step, Transform};

/// Divides every update by a running root mean square of it (Tieleman & Hinton 2012, Coursera lecture 6.5), or, when
/// centered, by a running standard deviation (Graves 2013, "Generating sequences with recurrent neural networks",
/// section 4.2).
///
/// ```
/// use tunesmith_optim::{Chain, ScaleByRms};
/// let chain = Chain::from(ScaleByRms { alpha: 0.99, eps: 1e-8, eps_inside: false, centered: true });
/// assert_eq!(chain.states().len(), 2);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScaleByRms {
    /// What is left of the means after one step.
    pub alpha: f64,
    /// Added to the root, or to what it is taken of.
    pub eps: f64,
    /// Whether `eps` is added inside the root.
    pub eps_inside: bool,
    /// Whether the square of the mean is taken off the mean of the squares.
    pub centered: bool,
}

impl Transform for ScaleByRms {
    fn states(&self) -> Vec<StateSpec> {
        let mut states = vec![StateSpec::per_element("square_avg")];
        if self.centered {
            states.push(StateSpec::per_element("grad_avg"));
        }
        states
    }

    fn idle(&self) -> Idle {
        Idle::Moves
    }

    fn update<T: Real>(&self, _: &Step, chunk: Chunk<'_, T>) {
        let (alpha, rest) = (T::from_f64(self.alpha), T::from_f64(1.0 - self.alpha));
        let (inside, outside) = placed::<T>(self.eps, self.eps_inside);
        if self.centered {
            chunk.each(|update, _, [square, mean]| {
                let square = alpha * square + rest * update * update;
                let mean = mean + rest * (update - mean);
                (update / ((variance(square, mean) + inside).sqrt() + outside), [square, mean])
            });
        } else {
            chunk.each(|update, _, [square]| {
                let square = alpha * square + rest * update * update;
                (update / ((square + inside).sqrt() + outside), [square])
            });
        }
    }
}

/// The variance from a mean of squares and a mean. Rounding can make the difference negative, which counts
/// as zero, and overflow makes it `inf - inf`, which counts as infinite: PyTorch gives NaN in both cases.
#[inline(always)]
pub(crate) fn variance<T: Real>(square: T, mean: T) -> T {
    let variance = square - mean * mean;
    let variance = if variance.is_nan() { square } else { variance };
    variance.max(T::ZERO)
}
