//! One training step: a batch cut into shards, each with a runner of its own, then one pass of the optimizer.
//!
//! How many shards a batch has follows from the shapes alone, never from the machine; their gradients are added in
//! order. So the result is the same, bit for bit, for any number of threads.

mod shard;

use std::collections::BTreeMap;
use std::sync::Arc;

use tunesmith_autodiff::{Gradients, Plan, Precision, Runner, Table, Timing};
use tunesmith_core::{Error, Plug, Seed};
use tunesmith_data::Dataset;
use tunesmith_nn::loss::find_loss;
use tunesmith_nn::{ClassWeights, Loss, Sequential};
use tunesmith_optim::{Gradient, Optimizer, Pace, StepError};
use tunesmith_tensor::{Par, Shape};

use crate::fitting::{self, Fed};
use crate::mixing::{self, Mixed, Mixing, Partners};
use crate::rows::{Rows, add, pays};

use shard::{MAX_SHARDS, Shard, Source, inputs, shard_count};

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
    /// The most rows that go through the model at once.
    part: usize,
    recompute: bool,
    precision: Precision,
    mixing: Option<Mixing>,
    /// The shape of a sample, for what is blended.
    sample: Shape,
    /// How the batch at hand is blended.
    mixed: Mixed,
    /// The sum of the gradients of all parts of a batch but the last, and the size of the batch.
    earlier: Vec<f32>,
    earlier_of: usize,
    /// The learnt tensors of which only rows that are met are updated, by their places.
    sparse: Vec<usize>,
    /// For each size of a whole batch, of what tables only touched rows are written, and which those were.
    rows: BTreeMap<usize, Rows>,
    /// The buffers as they were before a batch of several parts.
    buffers: Vec<f32>,
    /// The shards for each size that was met, by rows at once and rows of the whole batch: the usual one, and the last
    /// of an epoch.
    batches: BTreeMap<(usize, usize), Vec<Shard>>,
}

impl Stepper {
    /// A stepper for a model and a loss.
    ///
    /// # Errors
    /// When no such loss is linked, or its settings are not possible.
    pub fn new(model: &Sequential, loss: &Plug, par: Par) -> Result<Self, Error> {
        let loss = find_loss(loss, "training.loss")?;
        let (label_weights, learnt) = (loss.label_weights(), model.param_count());
        let params = model.params().into_iter().filter(|param| param.learnt).enumerate();
        let sparse = params.filter(|(_, param)| param.sparse).map(|(place, _)| place).collect();
        Ok(Self {
            model: model.clone(),
            loss,
            label_weights,
            par,
            learnt,
            tried: Vec::new(),
            part: usize::MAX,
            recompute: false,
            precision: Precision::default(),
            mixing: None,
            sample: *model.input_shape(),
            mixed: Mixed::default(),
            earlier: Vec::new(),
            earlier_of: 0,
            sparse,
            rows: BTreeMap::new(),
            buffers: Vec::new(),
            batches: BTreeMap::new(),
        })
    }

    /// The same, going through a batch in parts of at most that many rows, whose gradients are added before the one
    /// step: the batch as a whole need not fit into memory. Every row counts as it does in the whole batch. A layer that
    /// normalises over its batch sees a part at a time, and its running statistics move with each, as in PyTorch.
    ///
    /// # Panics
    /// When that is zero.
    #[must_use]
    #[track_caller]
    pub fn in_parts_of(mut self, rows: usize) -> Self {
        assert!(rows > 0, "in_parts_of: a part of 0 rows holds nothing");
        self.part = rows;
        self
    }

    /// Forgets all plans and goes on in parts of that many rows: batches have another size from now on.
    pub(crate) fn plan_anew(&mut self, part: usize) {
        self.batches.clear();
        self.rows.clear();
        self.earlier_of = 0;
        self.part = part;
    }

    /// The same, with or without computing values again for the gradients instead of keeping them: less memory, up to a
    /// third more work, the same result bit for bit.
    #[must_use]
    pub fn recomputing(mut self, on: bool) -> Self {
        self.recompute = on;
        self
    }

    /// The same with the rows of each batch blended in pairs, as the step's noise says; the loss it returns is the blended
    /// one.
    #[must_use]
    pub fn mixing(mut self, mixing: Option<Mixing>) -> Self {
        self.mixing = mixing;
        self.sample = mixing::sample_shape(&self.model);
        self
    }

    /// The same with products of matrices in that precision; parameters and all else stay in 32 bits.
    #[must_use]
    pub fn in_precision(mut self, precision: Precision) -> Self {
        self.precision = precision;
        self
    }

    /// Takes one step on the rows of a batch and returns the batch's loss before it.
    ///
    /// A rule that evaluates more than once a step does so on the same rows with the same noise. After the first batch
    /// of a size nothing is allocated.
    ///
    /// # Errors
    /// When a gradient is not finite; the parameters are then as the [guard](tunesmith_optim::Guard) says, by default
    /// unchanged.
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
        let (par, learnt) = (self.par, self.learnt);
        if let Some(mixing) = self.mixing {
            self.mixed.draw(mixing, rows, self.sample.dims(), noise.named("mixing"));
        }
        if optimizer.needs_closure() {
            let mut tried = std::mem::take(&mut self.tried);
            tried.clear();
            tried.extend_from_slice(params);
            let (learning, buffers) = params.split_at_mut(learnt);
            let before: &[f32] = buffers;
            let mut evaluate = |values: &[f32], gradient: &mut [f32]| {
                tried[..learnt].copy_from_slice(values);
                tried[learnt..].copy_from_slice(before);
                let loss = self.differentiate(data, rows, &mut tried, noise);
                gradient.fill(0.0);
                let (gradients, count) = self.gradients(rows);
                gradients[..count].iter().for_each(|part| add(par, gradient, part));
                loss
            };
            let stepped = optimizer.step_with(learning, &mut evaluate, pace, par);
            if stepped.is_ok() {
                buffers.copy_from_slice(&tried[learnt..]);
                self.last_shards(rows)[0].runner.update(params);
            }
            self.tried = tried;
            return stepped;
        }
        self.buffers.clear();
        self.buffers.extend_from_slice(&params[learnt..]);
        let loss = self.differentiate(data, rows, params, noise);
        let (gradients, count) = self.gradients(rows);
        let gradient = Gradient { shards: &gradients[..count], touched: self.rows[&rows.len()].touched() };
        if let Err(error) = optimizer.step_sparse(&mut params[..learnt], gradient, pace, par) {
            params[learnt..].copy_from_slice(&self.buffers);
            return Err(error);
        }
        // A model with buffers has one shard (see `shards_of`).
        self.last_shards(rows)[0].runner.update(params);
        Ok(loss)
    }

    /// Computes the loss and the gradients of a batch, part by part; buffers move with every part but the last.
    fn differentiate(&mut self, data: &Dataset, rows: &[usize], params: &mut [f32], noise: Seed) -> f64 {
        let parts = rows.chunks(self.part);
        let (whole, last) = (rows.len(), parts.len().saturating_sub(1));
        self.prepare(data, whole);
        if last > 0 && self.earlier_of != whole {
            self.earlier.clear();
            self.earlier.resize(self.learnt, 0.0);
            self.earlier_of = whole;
        }
        let Self { par, label_weights, batches, mixed, earlier, rows: touched, part: size, .. } = self;
        let met = touched.get_mut(&whole).expect("just made");
        met.clear(if last > 0 { &mut *earlier } else { &mut [] });
        let count = fitting::count(label_weights.as_ref(), data, rows.iter().copied());
        let source = Source { data, count, mixed };
        let mut loss = 0.0;
        for (at, part) in parts.enumerate() {
            let shards = batches.get_mut(&(part.len(), whole)).expect("just made");
            let params_now: &[f32] = params;
            each_side_by_side(*par, shards, 0, &|index, shard| {
                let noise = noise.at((at * MAX_SHARDS + index) as u64);
                shard.run(&source, part, at * *size, params_now, noise);
            });
            loss += shards.iter().map(|shard| shard.loss).sum::<f64>();
            shards.iter().for_each(|shard| met.meet(&shard.gradients));
            if at < last {
                shards.iter().for_each(|shard| met.add(*par, earlier, &shard.gradients));
                shards[0].runner.update(params);
            }
        }
        loss
    }

    /// The shards of the last part of a batch that was differentiated.
    fn last_shards(&self, rows: &[usize]) -> &[Shard] {
        &self.batches[&(rows.chunks(self.part).last().map_or(0, <[usize]>::len), rows.len())]
    }

    /// The gradients of a batch that was differentiated: they add up to that of the whole. And how many they are.
    fn gradients(&self, rows: &[usize]) -> ([&[f32]; MAX_SHARDS + 1], usize) {
        let mut gradients: [&[f32]; MAX_SHARDS + 1] = [&[]; MAX_SHARDS + 1];
        let earlier = (rows.len() > self.part).then_some(&self.earlier[..]);
        let mut found = 0;
        let last = self.last_shards(rows).iter().map(|shard| shard.gradients.values());
        for gradient in earlier.into_iter().chain(last) {
            gradients[found] = gradient;
            found += 1;
        }
        (gradients, found)
    }

    /// The plans of a batch of that many rows, one for each shard, once a step on as many rows was taken.
    #[must_use]
    pub fn plans(&self, rows: usize) -> Vec<Arc<Plan>> {
        let shards = self.batches.get(&(rows, rows)).map_or(&[][..], Vec::as_slice);
        shards.iter().map(|shard| shard.runner.plan().clone()).collect()
    }

    /// Where the time of a step on that many rows goes, kernel by kernel for each shard, the shortest of several runs on
    /// the rows of the last step. Nothing when no step on as many rows was taken.
    pub fn profile(&mut self, rows: usize, params: &[f32], runs: usize) -> Vec<Vec<Timing>> {
        let shards = self.batches.get_mut(&(rows, rows)).map_or(&mut [][..], Vec::as_mut_slice);
        let time = |shard: &mut Shard| {
            let Shard { runner, x, y, partners, gradients, .. } = shard;
            runner.profile(inputs(x, y, partners.as_ref()).feed(params, 0), gradients, runs)
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

    /// Plans for a batch of that many rows, where that was not done before.
    fn prepare(&mut self, data: &Dataset, whole: usize) {
        for part in [self.part.min(whole), whole % self.part] {
            if part > 0 && !self.batches.contains_key(&(part, whole)) {
                let shards = self.shards(data, part, whole);
                self.batches.insert((part, whole), shards);
            }
        }
    }

    /// Plans for a batch of that many rows, unless that was done, and says how many bytes steps hold for all batches
    /// planned so far: intermediate values, gradients and what is fed. Parameters and the optimizer's state are their
    /// owners' affair, the data too; a thread's first product packs into a buffer of its own besides
    /// ([`PACK_LEN`](tunesmith_tensor::kernel::gemm::PACK_LEN) numbers), and so does its first in bf16.
    pub fn bytes(&mut self, data: &Dataset, rows: usize) -> usize {
        self.prepare(data, rows);
        let shard = |shard: &Shard| {
            shard.runner.plan().bytes(size_of::<f32>())
                + size_of_val(&*shard.x)
                + shard.gradients.bytes()
                + shard.y.bytes()
                + shard.partners.as_ref().map_or(0, Partners::bytes)
        };
        let adds = self.batches.keys().any(|(part, whole)| part < whole);
        let sum = if adds { self.learnt * size_of::<f32>() } else { 0 };
        let rows = self.rows.values().map(Rows::bytes).sum::<usize>();
        sum + rows + self.batches.values().flatten().map(shard).sum::<usize>()
    }

    /// The shards of `rows` rows at once, out of a batch of `whole`.
    fn shards(&mut self, data: &Dataset, rows: usize, whole: usize) -> Vec<Shard> {
        let count = self.shards_of(rows);
        let width = self.model.input_shape().numel();
        let parts = whole.div_ceil(self.part);
        (0..count)
            .map(|i| {
                let range = rows * i / count..rows * (i + 1) / count;
                let part = range.len();
                let traced = self.model.trace_training(part, self.precision);
                let (y, target, batch) = Fed::new(&*self.loss, data, &traced.output, part, whole);
                let mut loss = self.loss.value(&traced.output, &target, &batch);
                let partners = self.mixing.map(|_| {
                    let (partners, blended) =
                        Partners::new(&*self.loss, data, &traced.output, part, whole, &loss);
                    loss = blended;
                    partners
                });
                let plan = if self.recompute {
                    traced.graph.plan_recomputing(&loss, &[], &traced.layers)
                } else {
                    traced.graph.plan_training(&loss, &[])
                };
                let sparse = &self.sparse;
                let chosen = self.rows.entry(whole).or_insert_with(|| {
                    let wanted = |table: &Table| sparse.contains(&table.param) || pays(table, part, whole);
                    let rows = Rows::new(&plan, wanted, count * parts);
                    let known =
                        |place: &&usize| !rows.touched().iter().any(|touched| touched.segment == **place);
                    if let Some(&place) = sparse.iter().find(known) {
                        let name = &plan.params()[place].name;
                        panic!("the sparse parameter `{name}` is used otherwise than by its rows");
                    }
                    rows
                });
                Shard {
                    rows: range,
                    x: vec![0.0; part * width],
                    y,
                    partners,
                    gradients: Gradients::new(&plan, |table| chosen.contains(table)),
                    runner: Runner::new(plan),
                    loss: 0.0,
                }
            })
            .collect()
    }
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
