//! `ConstrainNorm`: limits on the weights of each unit, kept behind a rule.

use tunesmith_tensor::kernel::{Real, elementwise};

use super::norm;
use crate::{Chunk, Parts, Scope, Step, Transform};

/// Keeps the Euclidean norm of the weights that enter each unit (the rows of a weight) within limits, by scaling them
/// after the step; vectors and scalars are free. It belongs behind a rule: see
/// [`Optimizer::append`](crate::Optimizer::append) (Srivastava et al. 2014, "Dropout", section 5.1; Keras's `MaxNorm`
/// and `UnitNorm` over the incoming weights).
///
/// ```
/// use tunesmith_optim::{ConstrainNorm, GradientDescent, Layout, Pace, Rule};
/// use tunesmith_tensor::{DType, Par};
/// let mut optimizer = GradientDescent { lr: 1.0 }.optimizer();
/// optimizer.append(ConstrainNorm::at_most(1.0).into());
/// optimizer.init(&Layout::packed([("weight", vec![2, 2])]), DType::F64);
/// let mut weight = [0.0_f64, 0.0, 0.5, 0.0];
/// optimizer.step(&mut weight, &[&[-3.0, -4.0, 0.0, 0.0]], Pace::default(), Par::Seq).unwrap();
/// assert!((weight[0] - 0.6).abs() < 1e-12 && (weight[1] - 0.8).abs() < 1e-12);
/// assert_eq!(weight[2..], [0.5, 0.0]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ConstrainNorm {
    least: f64,
    most: f64,
}

impl ConstrainNorm {
    /// The weights of a unit are at most so long.
    #[must_use]
    pub const fn at_most(most: f64) -> Self {
        Self { least: 0.0, most }
    }

    /// The weights of a unit have length 1, unless all are zero.
    #[must_use]
    pub const fn unit() -> Self {
        Self { least: 1.0, most: 1.0 }
    }
}

impl Transform for ConstrainNorm {
    fn scope(&self) -> Scope {
        Scope::Tensor
    }

    fn update<T: Real>(&self, _: &Step, chunk: Chunk<'_, T>) {
        let Parts { segment, value, update, .. } = chunk.parts::<0>();
        if !segment.is_weight() {
            return;
        }
        let length = update.len() / segment.shape[0];
        for (update, value) in update.chunks_exact_mut(length).zip(value.chunks_exact(length)) {
            elementwise::zip_in_place(update, value, |update, value| value - update); // the values after the step
            let now = norm(update);
            let wanted = now.clamp(self.least, self.most);
            let factor = T::from_f64(if now > 0.0 { wanted / now } else { 1.0 });
            elementwise::zip_in_place(update, value, |next, value| value - factor * next);
        }
    }
}
