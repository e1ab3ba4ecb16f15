//! `AddOrthogonality`: a penalty on weights whose units are not orthogonal.

use tunesmith_tensor::kernel::gemm::matmul_into;
use tunesmith_tensor::kernel::{Real, reduce};

use crate::{Chunk, Parts, Scope, Segment, Step, Transform};

/// Adds the gradient of `strength * |W W' - I|²`, the soft orthogonality of Brock et al. (2017, arXiv 1609.07093) and
/// Bansal et al. (2018, arXiv 1810.09102), to the updates of weights, whose rows are units; of `W' W` where there are
/// more rows than columns. It belongs before a rule.
///
/// ```
/// use tunesmith_optim::{AddOrthogonality, GradientDescent, Layout, Pace, Rule};
/// use tunesmith_tensor::{DType, Par};
/// let mut optimizer = GradientDescent { lr: 0.05 }.optimizer();
/// optimizer.prepend(AddOrthogonality::new(1.0).into());
/// optimizer.init(&Layout::packed([("weight", vec![2, 3])]), DType::F64);
/// let mut w = [1.0_f64, 0.5, 0.0, 0.5, 0.2, 0.4];
/// for _ in 0..500 {
///     optimizer.step(&mut w, &[&[0.0; 6]], Pace::default(), Par::Seq).unwrap();
/// }
/// let product = |a: usize, b: usize| (0..3).map(|i| w[3 * a + i] * w[3 * b + i]).sum::<f64>();
/// assert!(product(0, 1).abs() < 1e-3 && (product(0, 0) - 1.0).abs() < 1e-3);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AddOrthogonality {
    strength: f64,
}

impl AddOrthogonality {
    /// The strength of the penalty.
    #[must_use]
    pub const fn new(strength: f64) -> Self {
        Self { strength }
    }
}

/// Units and inputs of a weight.
fn matrix(shape: &[usize]) -> (usize, usize) {
    (shape[0], shape[1..].iter().product())
}

/// Writes the smaller product of a weight with itself, less the identity.
fn off_identity<T: Real>(value: &[T], rows: usize, columns: usize, gram: &mut [T]) {
    let (short, long, tall) = (rows.min(columns), rows.max(columns), rows > columns);
    matmul_into(value, tall, value, !tall, [short, long, short], T::ZERO, gram);
    gram.iter_mut().step_by(short + 1).for_each(|diagonal| *diagonal -= T::ONE);
}

impl Transform for AddOrthogonality {
    fn scope(&self) -> Scope {
        Scope::Tensor
    }

    fn scratch(&self, shape: &[usize]) -> usize {
        if shape.len() < 2 {
            return 0;
        }
        let (rows, columns) = matrix(shape);
        rows.min(columns).pow(2)
    }

    fn update<T: Real>(&self, step: &Step, chunk: Chunk<'_, T>) {
        let Parts { segment, value, update, scratch: gram, .. } = chunk.parts::<0>();
        let factor = T::from_f64(4.0 * step.decay(self.strength));
        if !segment.is_weight() || factor == T::ZERO {
            return;
        }
        let (rows, columns) = matrix(&segment.shape);
        let (short, tall) = (rows.min(columns), rows > columns);
        off_identity(value, rows, columns, gram);
        gram.iter_mut().for_each(|x| *x *= factor);
        if tall {
            matmul_into(value, false, gram, false, [rows, short, short], T::ONE, update);
        } else {
            matmul_into(gram, false, value, false, [short, short, columns], T::ONE, update);
        }
    }

    fn penalty<T: Real>(&self, step: &Step, segment: &Segment, value: &[T]) -> f64 {
        if !segment.is_weight() || segment.range.is_empty() {
            return 0.0;
        }
        let (rows, columns) = matrix(&segment.shape);
        let mut gram = vec![T::ZERO; rows.min(columns).pow(2)];
        off_identity(value, rows, columns, &mut gram);
        step.decay(self.strength) * reduce::sum_of_squares(&gram).to_f64()
    }
}
