//! Clipping, as transforms and as plain functions: `ClipByValue`, `ClipByGlobalNorm`.

use tunesmith_tensor::kernel::{Real, elementwise};

use super::sum_of_squares;
use crate::{Chunk, Idle, Scope, Step, Sums, Transform, View};

/// Limits every update to `-limit..=limit`.
///
/// ```
/// use tunesmith_optim::{Chain, ClipByValue};
/// assert_eq!(Chain::from(ClipByValue::new(0.5)).len(), 1);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClipByValue {
    limit: f64,
}

impl ClipByValue {
    /// The largest size of an update.
    #[must_use]
    pub const fn new(limit: f64) -> Self {
        Self { limit }
    }
}

impl Transform for ClipByValue {
    fn idle(&self) -> Idle {
        Idle::Stays
    }

    fn update<T: Real>(&self, _: &Step, chunk: Chunk<'_, T>) {
        let limit = T::from_f64(self.limit);
        chunk.each(|update, _, []| (limited(update, limit), []));
    }
}

/// Shrinks all updates together so that their Euclidean norm is at most `max_norm`: they are multiplied by
/// `min(1, max_norm / (norm + 1e-6))`, PyTorch's formula. The norm is taken in `f64`, so that it neither overflows
/// nor loses small terms (Pascanu, Mikolov & Bengio 2013, "On the difficulty of training recurrent neural networks").
///
/// ```
/// use tunesmith_optim::{Chain, ClipByGlobalNorm};
/// assert_eq!(Chain::from(ClipByGlobalNorm::new(1.0)).len(), 1);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClipByGlobalNorm {
    max_norm: f64,
}

impl ClipByGlobalNorm {
    /// The largest norm of all updates together.
    #[must_use]
    pub const fn new(max_norm: f64) -> Self {
        Self { max_norm }
    }
}

impl Transform for ClipByGlobalNorm {
    fn scope(&self) -> Scope {
        Scope::Global
    }

    fn measure<T: Real>(&self, _: &Step, view: View<'_, T>) -> Sums {
        [sum_of_squares(view.update), 0.0, 0.0, 0.0]
    }

    fn idle(&self) -> Idle {
        Idle::Stays
    }

    fn update<T: Real>(&self, step: &Step, chunk: Chunk<'_, T>) {
        let factor = T::from_f64(shrinking(step.sums[0].sqrt(), self.max_norm));
        chunk.each(|update, _, []| (factor * update, []));
    }
}

/// Limits every gradient to `-limit..=limit`; NaN stays NaN.
///
/// ```
/// let mut gradient = [0.2, -3.0, 0.7];
/// tunesmith_optim::clip_by_value(&mut [&mut gradient], 0.5);
/// assert_eq!(gradient, [0.2, -0.5, 0.5]);
/// ```
pub fn clip_by_value<T: Real>(gradients: &mut [&mut [T]], limit: f64) {
    let limit = T::from_f64(limit);
    for gradient in gradients {
        elementwise::map_in_place(gradient, |g| limited(g, limit));
    }
}

/// Shrinks all gradients together so that their Euclidean norm is at most `max_norm` (see [`ClipByGlobalNorm`]) and
/// returns the norm they had.
///
/// ```
/// let (mut a, mut b) = ([3.0], [0.0, 4.0]);
/// let norm = tunesmith_optim::clip_by_global_norm(&mut [&mut a, &mut b], 1.0);
/// assert_eq!(norm, 5.0);
/// assert!((a[0] - 0.6_f64).abs() < 1e-6 && (b[1] - 0.8_f64).abs() < 1e-6);
/// ```
pub fn clip_by_global_norm<T: Real>(gradients: &mut [&mut [T]], max_norm: f64) -> f64 {
    let norm = gradients.iter().map(|gradient| sum_of_squares(gradient)).sum::<f64>().sqrt();
    let factor = T::from_f64(shrinking(norm, max_norm));
    for gradient in gradients {
        elementwise::map_in_place(gradient, |g| factor * g);
    }
    norm
}

#[inline(always)]
fn limited<T: Real>(x: T, limit: T) -> T {
    x.max(-limit).min(limit)
}

fn shrinking(norm: f64, max_norm: f64) -> f64 {
    (max_norm / (norm + 1e-6)).min(1.0)
}
