//! One training step: a batch cut into shards, each with a runner of its own, then one pass of the optimizer.
//!
//! How many shards a batch has follows from the shapes alone, never from the machine; their gradients are added in
//! order. So the result is the same, bit for bit, for any number of threads.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use tunesmith_autodiff::{Feed, Plan, Runner, Timing};
use tunesmith_core::{Error, Plug, Seed};
use tunesmith_data::Dataset;
use tunesmith_nn::loss::find_loss;
use tunesmith_nn::{ClassWeights, Loss, Mode, Sequential};
use tunesmith_optim::{Optimizer, Pace, StepError};
use tunesmith_tensor::Par;
use tunesmith_tensor::kernel::elementwise;

use crate::fitting::{self, Fed};

/// The most shards a batch is cut into.
const MAX_SHARDS: usize = 8;
/// A shard has at least this much to compute: below it, waking a second core costs more than it gives.
const MIN_SHARD_FLOPS: u64 = 4_000_000;
/// A shard has at least this many rows.
const MIN_ROWS: usize = 4;
/// Operations that take as long as writing and adding up one number of a gradient.
const FLOPS_PER_GRADIENT: u64 = 200;

/// How many shards a batch of that many rows is cut into: twice as many as long as each still has enough to do, which is
/// more than all of their gradients cost.
fn shard_count(rows: usize, params: usize, flops: u64) -> usize {
    let mut shards = 1;
    while 2 * shards <= MAX_SHARDS {
        let work = flops / (2 * shards) as u64;
        let gradients = FLOPS_PER_GRADIENT * (params * shards) as u64;
        if rows < MIN_ROWS * 2 * shards || work < MIN_SHARD_FLOPS || work < gradients {
            break;
        }
        shards *= 2;
    }
    shards
}

/// A part of a batch with all it needs.
#[derive(Debug)]
struct Shard {
    rows: Range<usize>,
    runner: Runner<f32>,
    x: Vec<f32>,
    y: Fed,
    gradients: Vec<f32>,
    loss: f64,
}

/// Takes training steps: batch in, parameters changed.
///
/// ```
/// use tunesmith_core::{Plug, Seed};
/// use tunesmith_data::{Dataset, Targets};
/// use tunesmith_nn::{Sequential, layers::Dense};
/// use tunesmith_optim::{Adam, Layout, Pace, Rule};
/// use tunesmith_tensor::{DType, Par};
/// use tunesmith_train::Stepper;
///
/// let data = Dataset::new(vec![0.0, 1.0, 2.0], &["x"], Targets::Numbers { values: vec![1.0, 3.0, 5.0], outputs: 1 });
/// let model = Sequential::new([1]).with(Dense::new(1));
/// let mut stepper = Stepper::new(&model, &Plug::new("mse"), Par::Seq).unwrap();
/// let mut params: Vec<f32> = vec![0.0, 0.0];
/// let mut adam = Adam { lr: 0.1, ..Adam::default() }.optimizer();
/// adam.init(&Layout::packed([("weight", vec![1, 1]), ("bias", vec![1])]), DType::F32);
/// for step in 0..400 {
///     stepper.step(&data, &[0, 1, 2], &mut params, &mut *adam, Pace::default(), Seed::new(step)).unwrap();
/// }
/// assert!((params[0] - 2.0).abs() < 1e-2 && (params[1] - 1.0).abs() < 1e-2);
/// ```
#[derive(Debug)]
pub struct Stepper {
    model: Sequential,
    loss: Box<dyn Loss>,
    label_weights: Option<ClassWeights>,
    par: Par,
    /// How many numbers are learnt; buffers lie behind them in the slab.
    learnt: usize,
    /// The slab that a rule tries, when it evaluates more than once a step.
    tried: Vec<f32>,
    /// The shards for each size of batch that was met: the usual one, and the last of an epoch.
    batches: BTreeMap<usize, Vec<Shard>>,
}

impl Stepper {
    /// A stepper for a model and a loss.
    ///
    /// # Errors
    /// When no such loss is linked, or its settings are not possible.
    pub fn new(model: &Sequential, loss: &Plug, par: Par) -> Result<Self, Error> {
        let loss = find_loss(loss, "training.loss")?;
        let (label_weights, learnt) = (loss.label_weights(), model.param_count());
        let (model, tried, batches) = (model.clone(), Vec::new(), BTreeMap::new());
        Ok(Self { model, loss, label_weights, par, learnt, tried, batches })
    }

    /// Takes one step on the rows of a batch and returns the batch's loss before it.
    ///
    /// A rule that evaluates more than once a step does so on the same rows with the same noise. After the first batch
    /// of a size nothing is allocated.
    ///
    /// # Errors
    /// When a gradient is not finite; the parameters are then unchanged.
    ///
    /// # Panics
    /// When data, parameters and model do not have the same sizes.
    pub fn step(
        &mut self,
        data: &Dataset,
        rows: &[usize],
        params: &mut [f32],
        optimizer: &mut dyn Optimizer,
        pace: Pace,
        noise: Seed,
    ) -> Result<f64, StepError> {
        if !self.batches.contains_key(&rows.len()) {
            let shards = self.shards(data, rows.len());
            self.batches.insert(rows.len(), shards);
        }
        let par = self.par;
        let count = fitting::count(self.label_weights.as_ref(), data, rows.iter().copied());
        let shards = self.batches.get_mut(&rows.len()).expect("just made");
        let learnt = self.learnt;
        if optimizer.needs_closure() {
            self.tried.clear();
            self.tried.extend_from_slice(params);
            let tried = &mut self.tried;
            let mut evaluate = |params: &[f32], gradient: &mut [f32]| {
                tried[..learnt].copy_from_slice(params);
                differentiate(par, shards, data, rows, tried, count, noise);
                let (first, rest) = shards.split_first().expect("a batch has a shard");
                gradient.copy_from_slice(&first.gradients);
                for shard in rest {
                    elementwise::zip_in_place(gradient, &shard.gradients, |sum, more| sum + more);
                }
                shards.iter().map(|shard| shard.loss).sum()
            };
            let loss = optimizer.step_with(&mut params[..learnt], &mut evaluate, pace, par)?;
            shards[0].runner.update(params);
            return Ok(loss);
        }
        differentiate(par, shards, data, rows, params, count, noise);
        let mut gradients: [&[f32]; MAX_SHARDS] = [&[]; MAX_SHARDS];
        for (slot, shard) in gradients.iter_mut().zip(shards.iter()) {
            *slot = &shard.gradients;
        }
        optimizer.step(&mut params[..learnt], &gradients[..shards.len()], pace, par)?;
        // A model with buffers has one shard (see `shards_of`).
        shards[0].runner.update(params);
        Ok(shards.iter().map(|shard| shard.loss).sum())
    }

    /// The plans of a batch of that many rows, one for each shard, once a step on as many rows was taken.
    #[must_use]
    pub fn plans(&self, rows: usize) -> Vec<Arc<Plan>> {
        let shards = self.batches.get(&rows).map_or(&[][..], Vec::as_slice);
        shards.iter().map(|shard| shard.runner.plan().clone()).collect()
    }

    /// Where the time of a step on that many rows goes, kernel by kernel for each shard, the shortest of several runs on
    /// the rows of the last step. Nothing when no step on as many rows was taken.
    pub fn profile(&mut self, rows: usize, params: &[f32], runs: usize) -> Vec<Vec<Timing>> {
        let shards = self.batches.get_mut(&rows).map_or(&mut [][..], Vec::as_mut_slice);
        let time = |shard: &mut Shard| {
            let Shard { runner, x, y, gradients, .. } = shard;
            y.feed(x, |inputs, indices| {
                runner.profile(Feed { params, inputs, indices, noise: 0 }, gradients, runs)
            })
        };
        shards.iter_mut().map(time).collect()
    }

    /// How many shards a batch of that many rows is cut into.
    #[must_use]
    pub fn shards_of(&self, rows: usize) -> usize {
        if self.model.needs_whole_batch() {
            return 1;
        }
        let flops = 3 * self.model.summary().flops * rows as u64; // forward, and twice that backward
        shard_count(rows, self.learnt, flops)
    }

    fn shards(&self, data: &Dataset, rows: usize) -> Vec<Shard> {
        let count = self.shards_of(rows);
        let width = self.model.input_shape().numel();
        (0..count)
            .map(|i| {
                let range = rows * i / count..rows * (i + 1) / count;
                let part = range.len();
                let traced = self.model.trace(part, Mode::Training);
                let (y, target, batch) = Fed::new(&*self.loss, data, &traced.output, part, rows);
                let loss = self.loss.value(&traced.output, &target, &batch);
                let plan = traced.graph.plan_training(&loss, &[]);
                let gradients = vec![0.0; plan.param_len()];
                Shard {
                    rows: range,
                    runner: Runner::new(plan),
                    x: vec![0.0; part * width],
                    y,
                    gradients,
                    loss: 0.0,
                }
            })
            .collect()
    }
}

/// Computes the loss and the gradient of every shard, of a batch whose rows count so much.
fn differentiate(
    par: Par,
    shards: &mut [Shard],
    data: &Dataset,
    rows: &[usize],
    params: &[f32],
    count: Option<f64>,
    noise: Seed,
) {
    each_side_by_side(par, shards, 0, &|index, shard| {
        let rows = &rows[shard.rows.clone()];
        data.gather_rows(rows, &mut shard.x);
        shard.y.gather(data, rows, count);
        let noise = noise.at(index as u64).value();
        let Shard { runner, x, y, gradients, .. } = shard;
        y.feed(x, |inputs, indices| runner.run_training(Feed { params, inputs, indices, noise }, gradients));
        shard.loss = shard.runner.loss();
    });
}

/// Calls `f` on every item with its position, side by side where there is a pool; allocates nothing.
pub(crate) fn each_side_by_side<T: Send>(
    par: Par,
    items: &mut [T],
    first: usize,
    f: &(impl Fn(usize, &mut T) + Sync),
) {
    match items {
        [] => {}
        [item] => f(first, item),
        items => {
            let middle = items.len() / 2;
            let (left, right) = items.split_at_mut(middle);
            par.join(
                || each_side_by_side(par, left, first, f),
                || each_side_by_side(par, right, first + middle, f),
            );
        }
    }
}
