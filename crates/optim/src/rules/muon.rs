//! Muon (Jordan et al. 2024): matrices step along their momentum made orthogonal, all else by AdamW.

use tunesmith_core::{Describe, Param, register};
use tunesmith_tensor::kernel::Real;
use tunesmith_tensor::kernel::gemm::{gemm, matmul_into};

use super::settings;
use crate::chunk::without_dust;
use crate::transforms::{AdamStep, norm};
use crate::{AdamW, Chain, Chunk, OptimizerEntry, Parts, Rule, Scope, StateSpec, Step, Transform};

/// Steps a matrix along the nearest orthogonal matrix to its momentum, as `torch.optim.Muon` does but in the
/// precision of the values rather than in bf16; parameters that do not have two axes step by AdamW with its own
/// betas. The first and the last layer of a network are better left to AdamW as well: give them a group.
///
/// ```
/// use tunesmith_optim::{Layout, Muon, Pace, Rule};
/// use tunesmith_tensor::{DType, Par};
/// let rule = Muon { lr: 1.0, weight_decay: 0.0, ..Muon::default() };
/// let mut optimizer = rule.optimizer();
/// optimizer.init(&Layout::packed([("weight", vec![2, 2])]), DType::F64);
/// let mut weight = [0.0_f64; 4];
/// optimizer.step(&mut weight, &[&[-3.0, 0.0, 0.0, -0.1]], Pace::default(), Par::Seq).unwrap();
/// // Whatever the gradient's scales, both directions move about as far.
/// assert!((0.6..1.3).contains(&weight[0]) && (0.6..1.3).contains(&weight[3]));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Muon {
    /// Step size before the schedule.
    pub lr: f64,
    /// What is left of the momentum after one step.
    pub momentum: f64,
    /// Whether to look ahead along the momentum.
    pub nesterov: bool,
    /// Iterations of Newton and Schulz that make the momentum nearly orthogonal.
    pub ns_steps: usize,
    /// The least norm that a momentum is divided by.
    pub eps: f64,
    /// How steps follow from shapes: `original` (by the root of rows over columns where there are more rows) or
    /// `match_rms_adamw` (as long as AdamW's, so that its learning rates hold).
    pub adjust_lr_fn: String,
    /// Decoupled decay: a step takes `lr * weight_decay * value` off the value.
    pub weight_decay: f64,
    /// Learning rate of AdamW over that of matrices.
    pub adam_lr_ratio: f64,
}

impl Default for Muon {
    fn default() -> Self {
        Self {
            lr: 1e-3,
            momentum: 0.95,
            nesterov: true,
            ns_steps: 5,
            eps: 1e-7,
            adjust_lr_fn: "original".to_owned(),
            weight_decay: 0.1,
            adam_lr_ratio: 1.0,
        }
    }
}

impl Describe for Muon {
    const NAME: &'static str = "muon";
    const ABOUT: &'static str = "matrices step along their momentum made orthogonal, all else by adamw";
    const SOURCE: &'static str =
        "Jordan et al. 2024, kellerjordan.github.io/posts/muon; Liu et al. 2025, arXiv 2502.16982";
    const USUAL: bool = true;
    const PARAMS: &'static [Param<Self>] = &[
        settings::lr(1e-4, 1e-1, |s: &mut Self| &mut s.lr),
        settings::memory(
            "momentum",
            0.8,
            0.99,
            |s: &mut Self| &mut s.momentum,
            "share of the past in a step",
        ),
        Param::switch("nesterov", |s: &mut Self| &mut s.nesterov, "look ahead along the momentum"),
        Param::int("ns_steps", 3, 8, |s: &mut Self| &mut s.ns_steps, "iterations of Newton and Schulz")
            .fixed()
            .valid(1.0, 100.0),
        settings::eps(|s: &mut Self| &mut s.eps),
        Param::name(
            "adjust_lr_fn",
            &["original", "match_rms_adamw"],
            |s: &mut Self| &mut s.adjust_lr_fn,
            "how steps follow from shapes",
        ),
        settings::decoupled_decay(|s: &mut Self| &mut s.weight_decay),
        Param::float(
            "adam_lr_ratio",
            0.01,
            1.0,
            |s: &mut Self| &mut s.adam_lr_ratio,
            "adamw's rate over this one",
        )
        .log()
        .rarely()
        .valid(0.0, f64::INFINITY),
    ];
}

impl Rule for Muon {
    fn lr(&self) -> f64 {
        self.lr
    }

    fn transform(self) -> impl Into<Chain> {
        Orthogonal(self)
    }
}

register!(OptimizerEntry, Muon);

#[derive(Debug)]
struct Orthogonal(Muon);

fn of_matrix(shape: &[usize]) -> usize {
    if shape.len() == 2 { shape[0] * shape[1] } else { 0 }
}

fn of_others(shape: &[usize]) -> usize {
    if shape.len() == 2 { 0 } else { shape.iter().product() }
}

impl Transform for Orthogonal {
    fn states(&self) -> Vec<StateSpec> {
        vec![
            StateSpec::per_tensor("momentum_buffer", of_matrix),
            StateSpec::per_tensor("exp_avg", of_others),
            StateSpec::per_tensor("exp_avg_sq", of_others),
        ]
    }

    fn scope(&self) -> Scope {
        Scope::Tensor
    }

    fn scratch(&self, shape: &[usize]) -> usize {
        let short = shape.iter().min().copied().unwrap_or(0);
        if shape.len() == 2 { of_matrix(shape) + 2 * short * short } else { 0 }
    }

    fn update<T: Real>(&self, step: &Step, chunk: Chunk<'_, T>) {
        let Muon { lr, momentum, nesterov, ns_steps, eps, weight_decay, adam_lr_ratio, .. } = self.0;
        let lr = lr * step.scale;
        let Parts { segment, value, update, state: [buffer, means, squares], scratch, .. } = chunk.parts();
        let [rows, columns] = segment.shape[..] else {
            let AdamW { beta1, beta2, eps, .. } = AdamW::default();
            let adam = AdamStep::<T>::new(&Step { momentum: 1.0, ..*step }, beta1, beta2, eps);
            let (lr, decay) = (T::from_f64(lr * adam_lr_ratio), T::from_f64(step.decay(weight_decay)));
            let moments = means.iter_mut().zip(squares);
            for ((update, &value), (mean, square)) in update.iter_mut().zip(value).zip(moments) {
                let (next_mean, next_square) = adam.moments(*update, *mean, *square);
                (*mean, *square) = (without_dust(next_mean), without_dust(next_square));
                *update = lr * (adam.scaled(*mean, *square) + decay * value);
            }
            return;
        };

        let share = T::from_f64(step.momentum(momentum));
        for (update, buffer) in update.iter_mut().zip(buffer) {
            let next = *buffer + (T::ONE - share) * (*update - *buffer);
            *buffer = without_dust(next);
            *update = if nesterov { *update + share * (*buffer - *update) } else { *buffer };
        }
        let length = norm(update).max(eps);
        update.iter_mut().for_each(|x| *x = T::from_f64(x.to_f64() / length));
        orthogonalise(update, rows, columns, ns_steps, scratch);

        let (rows, columns) = (rows as f64, columns as f64);
        let factor = match self.0.adjust_lr_fn.as_str() {
            "match_rms_adamw" => 0.2 * rows.max(columns).sqrt(),
            _ => (rows / columns).max(1.0).sqrt(),
        };
        let (factor, decay) = (T::from_f64(lr * factor), T::from_f64(lr * step.decay(weight_decay)));
        for (update, &value) in update.iter_mut().zip(value) {
            *update = factor * *update + decay * value;
        }
    }
}

/// Coefficients of the quintic whose iterates lift small singular values fastest (Jordan et al. 2024).
const QUINTIC: [f64; 3] = [3.4445, -4.7750, 2.0315];

/// Brings the singular values of a matrix of norm 1 near to 1 by iterates of a quintic.
fn orthogonalise<T: Real>(x: &mut [T], rows: usize, columns: usize, steps: usize, scratch: &mut [T]) {
    let [a, b, c] = QUINTIC.map(T::from_f64);
    let (before, rest) = scratch.split_at_mut(x.len());
    let short = rows.min(columns);
    let (gram, polynomial) = rest.split_at_mut(short * short);
    let tall = rows > columns;
    for _ in 0..steps {
        // Of the two products of the matrix with itself the smaller one.
        if tall {
            matmul_into(x, true, x, false, [short, rows, short], T::ZERO, gram);
        } else {
            matmul_into(x, false, x, true, [short, columns, short], T::ZERO, gram);
        }
        polynomial.copy_from_slice(gram);
        let square = (short, 1);
        gemm(short, short, short, c, gram, square, gram, square, b, polynomial, square);
        before.copy_from_slice(x);
        if tall {
            matmul_into(before, false, polynomial, false, [rows, short, short], a, x);
        } else {
            matmul_into(polynomial, false, before, false, [short, short, columns], a, x);
        }
    }
}
