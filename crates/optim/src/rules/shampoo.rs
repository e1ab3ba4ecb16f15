//! Shampoo (Gupta, Koren & Singer 2018): AdaGrad with a matrix for each side of a weight.

use tunesmith_core::{Describe, Param, register};
use tunesmith_tensor::kernel::Real;
use tunesmith_tensor::kernel::gemm::matmul_into;

use super::bases::{eigen, gather, of_columns, of_rows, rotate, sides};
use super::settings;
use crate::transforms::norm;
use crate::{
    AddL2, Chain, Chunk, Momentum, OptimizerEntry, Parts, Rule, ScaleByLearningRate, Scope, StateSpec, Step,
    Transform, chain,
};

/// Steps along `L^(-1/4) G R^(-1/4)`, where `L` and `R` are sums of `G G'` and `G' G` over all steps. Kernels are
/// matrices of units by everything else; a side longer than 512 keeps its own axes; vectors and scalars step by
/// AdaGrad, which is the same with matrices that are diagonal. With `graft`, a step is as long as that of another rule.
///
/// ```
/// use tunesmith_optim::{Layout, Pace, Rule, Shampoo};
/// use tunesmith_tensor::{DType, Par};
/// let rule = Shampoo { lr: 1.0, eps: 1e-12, ..Shampoo::default() };
/// let mut optimizer = rule.optimizer();
/// optimizer.init(&Layout::packed([("weight", vec![2, 2])]), DType::F64);
/// let mut weight = [0.0_f64; 4];
/// optimizer.step(&mut weight, &[&[-3.0, 0.0, 0.0, -0.1]], Pace::default(), Par::Seq).unwrap();
/// // The first step is the same along every direction, whatever the gradient's scales.
/// assert!((weight[0] - 1.0).abs() < 1e-6 && (weight[3] - 1.0).abs() < 1e-6);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Shampoo {
    /// Step size before the schedule.
    pub lr: f64,
    /// What is left of the step after one step.
    pub momentum: f64,
    /// Decoupled decay: a step takes `lr * weight_decay * value` off the value.
    pub weight_decay: f64,
    /// What both matrices hold on their diagonals at first.
    pub eps: f64,
    /// Steps between decompositions.
    pub update_interval: usize,
    /// Whose step's length is taken, parameter by parameter: `none` or `sgd`.
    pub graft: String,
}

impl Default for Shampoo {
    fn default() -> Self {
        Self {
            lr: 0.1,
            momentum: 0.0,
            weight_decay: 0.0,
            eps: 1e-4,
            update_interval: 10,
            graft: "none".to_owned(),
        }
    }
}

impl Describe for Shampoo {
    const NAME: &'static str = "shampoo";
    const ABOUT: &'static str = "adagrad with a matrix for each side of a weight";
    const SOURCE: &'static str =
        "Gupta, Koren & Singer 2018, arXiv 1802.09568; graft: Anil et al. 2021, arXiv 2002.09018";
    const PARAMS: &'static [Param<Self>] = &[
        settings::lr(1e-3, 1.0, |s: &mut Self| &mut s.lr),
        settings::memory(
            "momentum",
            0.5,
            0.99,
            |s: &mut Self| &mut s.momentum,
            "share of the past in a step",
        ),
        settings::decoupled_decay(|s: &mut Self| &mut s.weight_decay),
        settings::eps(|s: &mut Self| &mut s.eps),
        Param::int(
            "update_interval",
            1,
            100,
            |s: &mut Self| &mut s.update_interval,
            "steps between decompositions",
        )
        .log()
        .fixed()
        .valid(1.0, f64::INFINITY),
        Param::name("graft", &["none", "sgd"], |s: &mut Self| &mut s.graft, "whose step's length is taken"),
    ];
}

impl Rule for Shampoo {
    fn lr(&self) -> f64 {
        self.lr
    }

    fn transform(self) -> impl Into<Chain> {
        let momentum = (self.momentum > 0.0).then_some(Momentum {
            momentum: self.momentum,
            dampening: 0.0,
            nesterov: false,
        });
        let precondition = Precondition {
            eps: self.eps,
            interval: self.update_interval as u64,
            grafts: self.graft == "sgd",
        };
        let (decay, lr) = (AddL2::unless_zero(self.weight_decay), ScaleByLearningRate::new(self.lr));
        chain!(precondition, momentum, decay, lr)
    }
}

register!(OptimizerEntry, Shampoo);

#[derive(Debug)]
struct Precondition {
    eps: f64,
    interval: u64,
    grafts: bool,
}

fn of_vector(shape: &[usize]) -> usize {
    if sides(shape).is_some() { 0 } else { shape.iter().product() }
}

impl Transform for Precondition {
    fn states(&self) -> Vec<StateSpec> {
        vec![
            StateSpec::per_tensor("left", of_rows),
            StateSpec::per_tensor("right", of_columns),
            StateSpec::per_tensor("left_root", of_rows),
            StateSpec::per_tensor("right_root", of_columns),
            StateSpec::per_tensor("sum", of_vector),
        ]
    }

    fn scope(&self) -> Scope {
        Scope::Tensor
    }

    fn scratch(&self, shape: &[usize]) -> usize {
        if sides(shape).is_some() { shape.iter().product() } else { 0 }
    }

    fn update<T: Real>(&self, step: &Step, chunk: Chunk<'_, T>) {
        let Parts { segment, update, state, scratch, .. } = chunk.parts();
        let [left, right, left_root, right_root, sum] = state;
        let length = norm(update);
        let Some([rows, columns]) = sides(&segment.shape) else {
            let eps = T::from_f64(self.eps);
            for (update, sum) in update.iter_mut().zip(sum) {
                *sum += *update * *update;
                *update /= (*sum + eps).sqrt();
            }
            return graft(self.grafts, length, update);
        };
        if !T::from_f64(length * length).is_finite() {
            return update.fill(T::ZERO); // the sums would never be finite again
        }
        let shape = [rows, columns];
        gather(update, shape, [&mut *left, &mut *right], 1.0, 1.0, scratch);
        if (step.count - 1).is_multiple_of(self.interval) {
            fourth_root(left, rows, self.eps, left_root);
            fourth_root(right, columns, self.eps, right_root);
        }
        // Both roots are symmetric.
        rotate(update, shape, [left_root, right_root], false, scratch);
        graft(self.grafts, length, update);
    }
}

/// Gives a step the length of plain descent's.
fn graft<T: Real>(grafts: bool, length: f64, update: &mut [T]) {
    let now = norm(update);
    if grafts && now > 0.0 {
        update.iter_mut().for_each(|x| *x = T::from_f64(x.to_f64() * (length / now)));
    }
}

/// Writes the inverse of the fourth root of a positive matrix with `eps` on its diagonal; leaves the last one where
/// the matrix is not finite.
fn fourth_root<T: Real>(matrix: &[T], side: usize, eps: f64, root: &mut [T]) {
    if matrix.is_empty() {
        return;
    }
    let Some((values, vectors)) = eigen(matrix, side) else { return };
    let powers: Vec<f64> = values.iter().map(|value| (value.max(0.0) + eps).powf(-0.25)).collect();
    let scaled: Vec<f64> =
        vectors.chunks_exact(side).flat_map(|row| row.iter().zip(&powers).map(|(x, p)| x * p)).collect();
    let mut product = vec![0.0; side * side];
    matmul_into(&scaled, false, &vectors, true, [side, side, side], 0.0, &mut product);
    root.iter_mut().zip(product).for_each(|(root, x)| *root = T::from_f64(x));
}
