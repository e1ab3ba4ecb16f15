//! Adam-mini (Zhang et al. 2024): Adam with one mean square for a whole block.

use tunesmith_core::{Describe, Param, register};
use tunesmith_tensor::kernel::Real;

use super::settings;
use crate::chunk::without_dust;
use crate::transforms::{AdamStep, sum_of_squares};
use crate::{
    AddL2, Chain, Chunk, OptimizerEntry, Parts, Rule, ScaleByLearningRate, Scope, StateSpec, Step, Transform,
    chain,
};

/// Adam that divides all elements of a block by one root mean square, and so keeps half of Adam's state: a block is a
/// whole parameter, or one output of it (a row).
///
/// ```
/// use tunesmith_optim::{AdamMini, Layout, Rule};
/// let mut optimizer = AdamMini { block: "row".into(), ..AdamMini::default() }.optimizer();
/// optimizer.init(&Layout::packed([("weight", vec![10, 200])]), tunesmith_tensor::DType::F32);
/// assert_eq!(optimizer.state_bytes(), 4 * (10 * 200 + 10));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct AdamMini {
    /// Step size before the schedule.
    pub lr: f64,
    /// What is left of the mean after one step.
    pub beta1: f64,
    /// What is left of the mean square after one step.
    pub beta2: f64,
    /// Added to the corrected root of the mean square.
    pub eps: f64,
    /// What shares a mean square: a whole `tensor`, or a `row` of one with two axes or more.
    pub block: String,
    /// Decoupled decay: a step takes `lr * weight_decay * value` off the value.
    pub weight_decay: f64,
}

impl Default for AdamMini {
    fn default() -> Self {
        let block = "tensor".to_owned();
        Self { lr: 1e-3, beta1: 0.9, beta2: 0.999, eps: 1e-8, block, weight_decay: 0.0 }
    }
}

impl Describe for AdamMini {
    const NAME: &'static str = "adam_mini";
    const ABOUT: &'static str = "adam with one mean square for a whole block, at half the memory";
    const SOURCE: &'static str = "Zhang et al. 2024, arXiv 2406.16793";
    const PARAMS: &'static [Param<Self>] = &[
        settings::lr(1e-5, 1e-1, |s: &mut Self| &mut s.lr),
        settings::beta1(|s: &mut Self| &mut s.beta1),
        settings::beta2(|s: &mut Self| &mut s.beta2),
        settings::eps(|s: &mut Self| &mut s.eps),
        Param::name("block", &["tensor", "row"], |s: &mut Self| &mut s.block, "what shares a mean square"),
        settings::decoupled_decay(|s: &mut Self| &mut s.weight_decay),
    ];
}

impl Rule for AdamMini {
    fn lr(&self) -> f64 {
        self.lr
    }

    fn transform(self) -> impl Into<Chain> {
        let (decay, lr) = (AddL2::unless_zero(self.weight_decay), ScaleByLearningRate::new(self.lr));
        chain!(ScaleByBlocks(self), decay, lr)
    }
}

register!(OptimizerEntry, AdamMini);

#[derive(Debug)]
struct ScaleByBlocks(AdamMini);

/// Rows of a parameter with two axes or more; anything else is one block.
fn rows(shape: &[usize]) -> usize {
    if shape.len() < 2 { 1 } else { shape[0] }
}

impl Transform for ScaleByBlocks {
    fn states(&self) -> Vec<StateSpec> {
        let blocks = if self.0.block == "row" { rows } else { |_: &[usize]| 1 };
        vec![StateSpec::per_element("exp_avg"), StateSpec::per_tensor("exp_avg_sq", blocks)]
    }

    fn scope(&self) -> Scope {
        Scope::Tensor
    }

    fn update<T: Real>(&self, step: &Step, chunk: Chunk<'_, T>) {
        let AdamMini { beta1, beta2, eps, .. } = self.0;
        let adam = AdamStep::<T>::new(step, beta1, beta2, eps);
        let Parts { update, state: [means, squares], .. } = chunk.parts();
        let length = update.len() / squares.len();
        let blocks = update.chunks_exact_mut(length).zip(means.chunks_exact_mut(length));
        for ((update, means), square) in blocks.zip(squares) {
            let now = sum_of_squares(update) / length as f64;
            *square = without_dust(T::from_f64(beta2 * square.to_f64() + (1.0 - beta2) * now));
            let root = adam.root(*square);
            for (update, mean) in update.iter_mut().zip(means) {
                *mean = without_dust(adam.mean(*update, *mean));
                *update = adam.unbiased(*mean) / root;
            }
        }
    }
}
