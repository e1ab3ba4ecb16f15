//! `ScaleByTrustRatio`: LAMB's layer-wise scaling.

use tunesmith_tensor::kernel::{Real, elementwise};

use super::norm;
use crate::{Chunk, Parts, Scope, Step, Transform};

/// Makes the update of each parameter as long as the parameter: multiplies it by the ratio of their norms, or leaves
/// it where either is zero (You et al. 2020, "Large batch optimization for deep learning: training BERT in 76
/// minutes").
///
/// ```
/// use tunesmith_optim::{GradientDescent, Layout, Pace, Rule, ScaleByTrustRatio};
/// use tunesmith_tensor::{DType, Par};
/// let mut optimizer = GradientDescent { lr: 0.5 }.optimizer();
/// optimizer.prepend(ScaleByTrustRatio.into());
/// optimizer.init(&Layout::packed([("x", vec![2])]), DType::F64);
/// let mut x = [3.0, 4.0];
/// optimizer.step(&mut x, &[&[0.0, 0.1]], Pace::default(), Par::Seq).unwrap();
/// assert_eq!(x, [3.0, 1.5]);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ScaleByTrustRatio;

impl Transform for ScaleByTrustRatio {
    fn scope(&self) -> Scope {
        Scope::Tensor
    }

    fn update<T: Real>(&self, _: &Step, chunk: Chunk<'_, T>) {
        let Parts { value, update, .. } = chunk.parts::<0>();
        let (of_value, of_update) = (norm(value), norm(update));
        if of_value > 0.0 && of_update > 0.0 {
            // In two factors, each of which a single precision number can hold.
            let (down, up) = (T::from_f64(1.0 / of_update.sqrt()), T::from_f64(of_value / of_update.sqrt()));
            elementwise::map_in_place(update, |u| u * down * up);
        }
    }
}
