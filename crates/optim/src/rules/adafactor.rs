//! Adafactor (Shazeer & Stern 2018): a mean square kept as one number per row and one per column.

use tunesmith_core::{Describe, Param, register};
use tunesmith_tensor::kernel::{Real, elementwise};

use super::settings::{self, KERAS, PYTORCH};
use crate::transforms::root_mean_square;
use crate::{Chain, Chunk, OptimizerEntry, Parts, Rule, Scope, StateSpec, Step, Transform};

/// Divides gradients by the root of a mean square that is factored into rows and columns, in steps relative to the
/// size of the parameter, as `torch.optim.Adafactor` does. Keras's, and the paper's, adds the square of `eps1` (there
/// 1e-30 in all) to every squared gradient instead of bounding the mean square from below.
///
/// ```
/// use tunesmith_optim::{Adafactor, Layout, Rule};
/// let mut optimizer = Adafactor::default().optimizer();
/// optimizer.init(&Layout::packed([("weight", vec![100, 200])]), tunesmith_tensor::DType::F32);
/// assert_eq!(optimizer.state_bytes(), 4 * (100 + 200));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Adafactor {
    /// The greatest relative step size, before the schedule.
    pub lr: f64,
    /// The power of the step's number that is the share of a new square in the mean.
    pub beta2_decay: f64,
    /// The least root mean square; off is the distance from 1 to the next number, or 1e-15 in Keras's dialect.
    pub eps1: Option<f64>,
    /// The least size of a parameter that steps are relative to.
    pub eps2: f64,
    /// The greatest root mean square of an update before the step size.
    pub d: f64,
    /// Decoupled decay: a step takes `lr * weight_decay * value` off the value.
    pub weight_decay: f64,
    /// `pytorch` or `keras`.
    pub dialect: String,
}

impl Default for Adafactor {
    fn default() -> Self {
        let dialect = PYTORCH.to_owned();
        Self { lr: 1e-2, beta2_decay: -0.8, eps1: None, eps2: 1e-3, d: 1.0, weight_decay: 0.0, dialect }
    }
}

impl Describe for Adafactor {
    const NAME: &'static str = "adafactor";
    const ABOUT: &'static str = "relative steps, scaled by a mean square kept per row and per column";
    const SOURCE: &'static str = "Shazeer & Stern 2018, arXiv 1804.04235";
    const PARAMS: &'static [Param<Self>] = &[
        settings::lr(1e-4, 1.0, |s: &mut Self| &mut s.lr),
        Param::float(
            "beta2_decay",
            -1.0,
            -0.5,
            |s: &mut Self| &mut s.beta2_decay,
            "power of the share of the new",
        )
        .rarely()
        .valid(-10.0, 0.0),
        Param::optional_float("eps1", 1e-16, 1e-4, |s: &mut Self| &mut s.eps1, "least root mean square")
            .log()
            .fixed()
            .valid(1e-18, 1.0),
        Param::float("eps2", 1e-4, 1e-2, |s: &mut Self| &mut s.eps2, "least size of a parameter")
            .log()
            .fixed()
            .valid(0.0, f64::INFINITY),
        Param::float("d", 0.5, 2.0, |s: &mut Self| &mut s.d, "greatest root mean square of an update")
            .fixed()
            .valid(1e-6, f64::INFINITY),
        settings::decoupled_decay(|s: &mut Self| &mut s.weight_decay),
        settings::dialect(|s: &mut Self| &mut s.dialect),
    ];
}

impl Rule for Adafactor {
    fn lr(&self) -> f64 {
        self.lr
    }

    fn transform(self) -> impl Into<Chain> {
        Factored(self)
    }
}

register!(OptimizerEntry, Adafactor);

#[derive(Debug)]
struct Factored(Adafactor);

/// Rows in all matrices of a tensor of two axes or more; nothing else has rows.
fn rows(shape: &[usize]) -> usize {
    match shape {
        [lead @ .., _, _] => lead.iter().product::<usize>() * shape[lead.len()],
        _ => 0,
    }
}

/// Columns in all matrices of a tensor of two axes or more.
fn columns(shape: &[usize]) -> usize {
    match shape {
        [lead @ .., _, columns] => lead.iter().product::<usize>() * columns,
        _ => 0,
    }
}

/// Elements that are not in any matrix.
fn loose(shape: &[usize]) -> usize {
    if shape.len() < 2 { shape.iter().product() } else { 0 }
}

impl Transform for Factored {
    fn states(&self) -> Vec<StateSpec> {
        vec![
            StateSpec::per_tensor("row_var", rows),
            StateSpec::per_tensor("col_var", columns),
            StateSpec::per_tensor("variance", loose),
        ]
    }

    fn scope(&self) -> Scope {
        Scope::Tensor
    }

    fn update<T: Real>(&self, step: &Step, chunk: Chunk<'_, T>) {
        let Adafactor { lr, beta2_decay, eps1, eps2, d, weight_decay, ref dialect } = self.0;
        let Parts { segment, value, update, state: [row_means, column_means, variance], .. } = chunk.parts();
        let count = step.count as f64;
        let keras = dialect == KERAS;
        let least = eps1.unwrap_or(if keras { 1e-15 } else { T::EPSILON.to_f64() });
        let (added, floor) = if keras { (least * least, 0.0) } else { (0.0, least * least) };
        let mean_floor = if keras { 0.0 } else { least };

        let share = count.powf(beta2_decay);
        // A square of a huge gradient is held finite: a mean that is infinite would make every quotient NaN.
        let towards = |mean: &mut T, square: f64| {
            let mean_now = mean.to_f64();
            *mean = T::from_f64(mean_now + share * (square - mean_now)).min(T::MAX);
        };
        if let [.., height, width] = segment.shape[..] {
            let matrices = update.chunks_exact_mut(height * width);
            let rows = row_means.chunks_exact_mut(height);
            for ((matrix, rows), columns) in matrices.zip(rows).zip(column_means.chunks_exact_mut(width)) {
                let square = |x: T| x.to_f64() * x.to_f64() + added;
                for (mean, row) in rows.iter_mut().zip(matrix.chunks_exact(width)) {
                    towards(mean, row.iter().map(|&x| square(x)).sum::<f64>() / width as f64);
                }
                for (j, mean) in columns.iter_mut().enumerate() {
                    let column = matrix[j..].iter().step_by(width);
                    towards(mean, column.map(|&x| square(x)).sum::<f64>() / height as f64);
                }
                let mean = (rows.iter().map(|x| x.to_f64()).sum::<f64>() / height as f64).max(mean_floor);
                for (row, row_mean) in matrix.chunks_exact_mut(width).zip(rows.iter()) {
                    let row_share = if mean > 0.0 { row_mean.to_f64() / mean } else { 0.0 };
                    for (g, column_mean) in row.iter_mut().zip(columns.iter()) {
                        let variance = (row_share * column_mean.to_f64()).max(floor);
                        *g = if variance > 0.0 { T::from_f64(g.to_f64() / variance.sqrt()) } else { T::ZERO };
                    }
                }
            }
        } else {
            for (g, mean) in update.iter_mut().zip(variance) {
                towards(mean, g.to_f64() * g.to_f64() + added);
                *g = T::from_f64(g.to_f64() / mean.to_f64().max(floor).sqrt());
            }
        }

        let relative = (lr * step.scale).min(1.0 / count.sqrt());
        let size = root_mean_square(value).max(eps2);
        let factor = T::from_f64(size * relative / (root_mean_square(update) / d).max(1.0));
        let decay = T::from_f64(lr * step.scale * step.decay(weight_decay));
        elementwise::zip_in_place(update, value, |u, value| factor * u + decay * value);
    }
}
