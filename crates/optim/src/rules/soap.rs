//! SOAP (Vyas et al. 2024): Adam along the axes that Shampoo's matrices have.

use tunesmith_core::{Describe, Param, register};
use tunesmith_tensor::Tensor;
use tunesmith_tensor::kernel::Real;
use tunesmith_tensor::kernel::gemm::matmul_into;

use super::bases::{eigen, gather, of_columns, of_rows, rotate, sides};
use super::settings;
use crate::chunk::without_dust;
use crate::transforms::norm;
use crate::{Chain, Chunk, OptimizerEntry, Parts, Rule, Scope, StateSpec, Step, Transform};

/// Adam on gradients that are turned to the eigenvectors of running means of `G G'` and `G' G`, and turned back. The
/// first step only fills the means. Kernels are matrices of units by everything else; a side longer than 512 keeps its
/// own axes; vectors and scalars step by AdamW.
///
/// ```
/// use tunesmith_optim::{Layout, Pace, Rule, Soap};
/// use tunesmith_tensor::{DType, Par};
/// let mut optimizer = Soap { lr: 0.1, weight_decay: 0.0, ..Soap::default() }.optimizer();
/// optimizer.init(&Layout::packed([("weight", vec![2, 2])]), DType::F64);
/// let mut weight = [0.0_f64; 4];
/// for _ in 0..2 {
///     optimizer.step(&mut weight, &[&[-3.0, -3.0, 0.1, -0.1]], Pace::default(), Par::Seq).unwrap();
/// }
/// assert!(weight[0] > 0.05 && weight[2] < -0.05); // both outputs move about as far
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Soap {
    /// Step size before the schedule.
    pub lr: f64,
    /// What is left of the mean after one step.
    pub beta1: f64,
    /// What is left of the mean square after one step.
    pub beta2: f64,
    /// What is left of the matrices after one step.
    pub shampoo_beta: f64,
    /// Added to the root of the mean square.
    pub eps: f64,
    /// Decoupled decay: a step takes `lr * weight_decay * value` off the value.
    pub weight_decay: f64,
    /// Steps between turns of the axes.
    pub precondition_frequency: usize,
}

impl Default for Soap {
    fn default() -> Self {
        Self {
            lr: 3e-3,
            beta1: 0.95,
            beta2: 0.95,
            shampoo_beta: 0.95,
            eps: 1e-8,
            weight_decay: 0.01,
            precondition_frequency: 10,
        }
    }
}

impl Describe for Soap {
    const NAME: &'static str = "soap";
    const ABOUT: &'static str = "adam along the axes that shampoo's matrices have";
    const SOURCE: &'static str = "Vyas et al. 2024, arXiv 2409.11321";
    const PARAMS: &'static [Param<Self>] = &[
        settings::lr(1e-4, 1e-1, |s: &mut Self| &mut s.lr),
        settings::beta1(|s: &mut Self| &mut s.beta1),
        settings::beta2(|s: &mut Self| &mut s.beta2),
        settings::memory(
            "shampoo_beta",
            0.9,
            0.999,
            |s: &mut Self| &mut s.shampoo_beta,
            "share of the past in the matrices",
        ),
        settings::eps(|s: &mut Self| &mut s.eps),
        settings::decoupled_decay(|s: &mut Self| &mut s.weight_decay),
        Param::int(
            "precondition_frequency",
            1,
            100,
            |s: &mut Self| &mut s.precondition_frequency,
            "steps between turns of the axes",
        )
        .log()
        .fixed()
        .valid(1.0, f64::INFINITY),
    ];
}

impl Rule for Soap {
    fn lr(&self) -> f64 {
        self.lr
    }

    fn transform(self) -> impl Into<Chain> {
        AlongAxes(self)
    }
}

register!(OptimizerEntry, Soap);

#[derive(Debug)]
struct AlongAxes(Soap);

impl Transform for AlongAxes {
    fn states(&self) -> Vec<StateSpec> {
        vec![
            StateSpec::per_element("exp_avg"),
            StateSpec::per_element("exp_avg_sq"),
            StateSpec::per_tensor("left", of_rows),
            StateSpec::per_tensor("right", of_columns),
            StateSpec::per_tensor("left_axes", of_rows),
            StateSpec::per_tensor("right_axes", of_columns),
        ]
    }

    fn scope(&self) -> Scope {
        Scope::Tensor
    }

    fn scratch(&self, shape: &[usize]) -> usize {
        2 * shape.iter().product::<usize>()
    }

    fn update<T: Real>(&self, step: &Step, chunk: Chunk<'_, T>) {
        let Soap { lr, beta1, beta2, shampoo_beta, eps, weight_decay, precondition_frequency } = self.0;
        let beta1 = step.momentum(beta1);
        let Parts { segment, value, update, state, scratch, .. } = chunk.parts();
        let [mean, square, left, right, left_axes, right_axes] = state;
        let (gradient, scratch) = scratch.split_at_mut(update.len());
        gradient.copy_from_slice(update);
        let shape = sides(&segment.shape);
        // Products of gradients that leave the type would never leave the means.
        let length = norm(gradient);
        let gathers = T::from_f64(length * length).is_finite();

        if step.count == 1 {
            if let (Some([rows, columns]), true) = (shape, gathers) {
                gather(
                    gradient,
                    [rows, columns],
                    [&mut *left, &mut *right],
                    shampoo_beta,
                    1.0 - shampoo_beta,
                    scratch,
                );
                first_axes(left, rows, left_axes);
                first_axes(right, columns, right_axes);
            }
            return update.fill(T::ZERO);
        }
        let axes = [&*left_axes, &*right_axes];
        if let Some(shape) = shape {
            rotate(update, shape, axes, false, scratch);
        }
        let [rest1, kept2, rest2] = [1.0 - beta1, beta2, 1.0 - beta2].map(T::from_f64);
        for (((update, gradient), mean), square) in
            update.iter_mut().zip(&*gradient).zip(&mut *mean).zip(&mut *square)
        {
            *mean = without_dust(*mean + rest1 * (*gradient - *mean));
            *square = without_dust(kept2 * *square + rest2 * *update * *update); // not by a difference: it may be infinite
            *update = *mean;
        }
        if let Some(shape) = shape {
            rotate(update, shape, axes, false, scratch);
        }
        let eps = T::from_f64(eps);
        update.iter_mut().zip(&*square).for_each(|(update, square)| *update /= square.sqrt() + eps);
        if let Some(shape) = shape {
            rotate(update, shape, axes, true, scratch);
        }
        // The first step did not step.
        let count = (step.count - 1) as i32;
        let corrected = (1.0 - beta2.powi(count)).sqrt() / (1.0 - beta1.powi(count));
        let size = T::from_f64(lr * step.scale * corrected);
        let decay = T::from_f64(lr * step.scale * step.decay(weight_decay));
        for (update, &value) in update.iter_mut().zip(value) {
            let moved = size * *update;
            *update = moved + decay * (value - moved);
        }

        let Some([rows, columns]) = shape.filter(|_| gathers) else { return };
        gather(
            gradient,
            [rows, columns],
            [&mut *left, &mut *right],
            shampoo_beta,
            1.0 - shampoo_beta,
            scratch,
        );
        if (step.count - 1).is_multiple_of(precondition_frequency as u64) {
            if let Some(order) = turn(left, rows, left_axes) {
                scratch[..square.len()].copy_from_slice(square);
                for (row, from) in square.chunks_exact_mut(columns).zip(order) {
                    row.copy_from_slice(&scratch[from * columns..][..columns]);
                }
            }
            if let Some(order) = turn(right, columns, right_axes) {
                for row in square.chunks_exact_mut(columns) {
                    scratch[..columns].copy_from_slice(row);
                    row.iter_mut().zip(&order).for_each(|(x, &from)| *x = scratch[from]);
                }
            }
        }
    }
}

/// Writes the eigenvectors of a matrix, that of the largest value first.
fn first_axes<T: Real>(matrix: &[T], side: usize, axes: &mut [T]) {
    if matrix.is_empty() {
        return;
    }
    let Some((_, vectors)) = eigen(matrix, side) else { return };
    for (row, vectors) in axes.chunks_exact_mut(side).zip(vectors.chunks_exact(side)) {
        row.iter_mut().zip(vectors.iter().rev()).for_each(|(x, v)| *x = T::from_f64(*v));
    }
}

/// Turns axes one power iteration towards the eigenvectors of a matrix, in the order of their values as they were;
/// returns that order, or nothing where there is nothing to turn.
fn turn<T: Real>(matrix: &[T], side: usize, axes: &mut [T]) -> Option<Vec<usize>> {
    if matrix.is_empty() {
        return None;
    }
    if axes.iter().all(|&x| x == T::ZERO) {
        first_axes(matrix, side, axes); // the first gradient was none that says anything
        return None;
    }
    let double = |x: &[T]| x.iter().map(|x| x.to_f64()).collect::<Vec<f64>>();
    let (matrix, old) = (double(matrix), double(axes));
    let mut product = vec![0.0; side * side];
    matmul_into(&matrix, false, &old, false, [side, side, side], 0.0, &mut product);
    let value =
        |column: usize| (0..side).map(|row| old[row * side + column] * product[row * side + column]).sum();
    let values: Vec<f64> = (0..side).map(value).collect();
    let largest = values.iter().copied().fold(0.0, f64::max);
    if !(largest > 0.0 && largest.is_finite()) {
        return None;
    }
    let mut order: Vec<usize> = (0..side).collect();
    order.sort_by(|&a, &b| values[b].total_cmp(&values[a])); // stable
    let columns = |row: usize| order.iter().map(|&column| product[row * side + column]).collect::<Vec<f64>>();
    let sorted: Vec<f64> = (0..side).flat_map(columns).collect();
    let (turned, _) = Tensor::from_vec(sorted, [side, side]).qr();
    axes.iter_mut().zip(turned.to_vec::<f64>()).for_each(|(axis, x)| *axis = T::from_f64(x));
    Some(order)
}
