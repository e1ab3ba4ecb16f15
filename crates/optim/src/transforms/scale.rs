//! `ScaleByLearningRate`: the last link of most chains.

use tunesmith_tensor::kernel::Real;

use crate::{Chunk, Idle, Step, Transform};

/// Multiplies updates by the learning rate and the schedule's factor.
///
/// Alone it is gradient descent:
///
/// ```
/// use tunesmith_optim::{Chain, ScaleByLearningRate};
/// assert_eq!(Chain::from(ScaleByLearningRate::new(0.1)).len(), 1);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScaleByLearningRate {
    lr: f64,
    decay: f64,
}

impl ScaleByLearningRate {
    /// The learning rate before the schedule.
    #[must_use]
    pub const fn new(lr: f64) -> Self {
        Self { lr, decay: 0.0 }
    }

    /// Divides the learning rate of step `t` by `1 + (t - 1) * decay`, as AdaGrad's `lr_decay` does.
    #[must_use]
    pub const fn decaying(mut self, decay: f64) -> Self {
        self.decay = decay;
        self
    }

    /// The learning rate of a step.
    pub(crate) fn at<T: Real>(&self, step: &Step) -> T {
        let earlier = (step.count - 1) as f64;
        T::from_f64(self.lr * step.scale / (1.0 + earlier * self.decay))
    }
}

impl Transform for ScaleByLearningRate {
    fn idle(&self) -> Idle {
        Idle::Stays
    }

    fn update<T: Real>(&self, step: &Step, chunk: Chunk<'_, T>) {
        let lr = self.at::<T>(step);
        chunk.each(|update, _, []| (lr * update, []));
    }
}
