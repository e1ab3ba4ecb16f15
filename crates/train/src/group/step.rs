//! One training step of several trials: one pass of a wider graph, then each trial's own optimizer.

use std::collections::BTreeMap;
use std::ops::Range;

use tunesmith_autodiff::{Gradients, Runner, Timing};
use tunesmith_core::{Error, Plug, Seed};
use tunesmith_data::Dataset;
use tunesmith_nn::loss::find_loss;
use tunesmith_nn::{ClassWeights, Loss, Sequential, SideBySide};
use tunesmith_optim::{Layout, Optimizer, Pace, StepError};
use tunesmith_tensor::{DType, Par};

use crate::fitting::{self, Fed, Inputs};

/// One trial of a group: its model, its parameters, its optimizer.
#[derive(Debug)]
pub struct Member {
    /// The model.
    pub model: Sequential,
    /// Its parameters, in the order of [`Sequential::params`].
    pub params: Vec<f32>,
    /// Its optimizer, made for those parameters.
    pub optimizer: Box<dyn Optimizer>,
}

impl Member {
    /// A trial; an optimizer that has no state yet gets it here.
    #[must_use]
    pub fn new(model: &Sequential, params: Vec<f32>, mut optimizer: Box<dyn Optimizer>) -> Self {
        if optimizer.made_for().is_none() {
            optimizer.init(&layout(model), DType::F32);
        }
        Self { model: model.clone(), params, optimizer }
    }
}

/// Where a model's learnt tensors lie in its slab.
pub(crate) fn layout(model: &Sequential) -> Layout {
    let learnt = model.params().into_iter().filter(|param| param.learnt);
    Layout::packed(learnt.map(|param| (param.name, param.shape.dims().to_vec())))
}

/// How one trial takes a step.
#[derive(Clone, Copy, Debug)]
pub struct Turn {
    /// Its learning rate's factor and its progress.
    pub pace: Pace,
    /// Where its random numbers of this step come from.
    pub noise: Seed,
}

/// Takes training steps of several trials at once.
///
/// The trials' layers have the same shapes; rates of dropout, first weights, optimizers, penalties, schedules and seeds are
/// each trial's own. All see the same rows in the same order. Each becomes what [`Stepper`](crate::Stepper) would have made
/// of it on those rows, up to rounding; with dropout, as long as that stepper does not cut a batch of this size into
/// shards, which draw masks of their own.
///
/// ```
/// use tunesmith_core::{Plug, Seed};
/// use tunesmith_data::{Dataset, Targets};
/// use tunesmith_nn::{Sequential, layers::Dense};
/// use tunesmith_optim::{Adam, Pace, Rule, Sgd};
/// use tunesmith_train::{GroupStepper, Member, Turn};
///
/// let data = Dataset::new(vec![0.0, 1.0, 2.0], &["x"], Targets::Numbers { values: vec![1.0, 3.0, 5.0], outputs: 1 });
/// let model = Sequential::new([1]).with(Dense::new(1));
/// let adam = Member::new(&model, vec![0.0, 0.0], Adam { lr: 0.1, ..Adam::default() }.optimizer());
/// let sgd = Member::new(&model, vec![0.0, 0.0], Sgd { lr: 0.1, ..Sgd::default() }.optimizer());
/// let mut group = GroupStepper::new(vec![adam, sgd], &Plug::new("mse")).unwrap();
/// for step in 0..400 {
///     let turn = Turn { pace: Pace::default(), noise: Seed::new(step) };
///     let losses = group.step(&data, &[0, 1, 2], &[Some(turn); 2]);
///     assert!(losses.iter().all(Result::is_ok));
/// }
/// for member in group.members() {
///     assert!((member.params[0] - 2.0).abs() < 1e-2 && (member.params[1] - 1.0).abs() < 1e-2);
/// }
/// ```
#[derive(Debug)]
pub struct GroupStepper {
    members: Vec<Member>,
    loss: Box<dyn Loss>,
    label_weights: Option<ClassWeights>,
    /// Each learnt tensor's place in a trial's own slab.
    tensors: Vec<Range<usize>>,
    /// The parameters of all trials, tensor by tensor and in each trial by trial.
    slab: Vec<f32>,
    /// One trial's gradient.
    gradient: Vec<f32>,
    noise: Vec<i64>,
    losses: Vec<Result<f64, StepError>>,
    /// What each size of batch needs: the usual one, and the last of an epoch.
    batches: BTreeMap<usize, Batch>,
}

/// A batch of one size, for all trials.
#[derive(Debug)]
struct Batch {
    runner: Runner<f32>,
    x: Vec<f32>,
    /// The batch's rows, each as often as there are trials.
    rows: Vec<usize>,
    y: Fed,
    gradients: Vec<f32>,
}

impl Batch {
    /// Fills the buffers for some rows that count so much.
    fn gather(&mut self, data: &Dataset, rows: &[usize], count: Option<f64>, trials: usize) {
        for (of_each, &row) in self.rows.chunks_exact_mut(trials).zip(rows) {
            of_each.fill(row);
        }
        data.gather_rows(rows, &mut self.x);
        self.y.gather(data, &self.rows, count);
    }
}

impl GroupStepper {
    /// A stepper for several trials and a loss.
    ///
    /// # Errors
    /// When the models' layers differ in more than a group allows, or no such loss is linked.
    ///
    /// # Panics
    /// When there is no trial, or parameters or an optimizer's state do not have a model's size.
    #[track_caller]
    pub fn new(members: Vec<Member>, loss: &Plug) -> Result<Self, Error> {
        let loss = find_loss(loss, "training.loss")?;
        let models: Vec<Sequential> = members.iter().map(|member| member.model.clone()).collect();
        SideBySide::trace(&models, 1)?;
        let len = models[0].param_count();
        for member in &members {
            let (params, state) =
                (member.params.len(), member.optimizer.made_for().map(|(layout, _)| layout.len()));
            assert!(
                params == len && state == Some(len),
                "GroupStepper::new: a model has {len} parameters, {params} were given, its optimizer was made for {state:?}"
            );
        }
        let mut group = Self {
            tensors: layout(&models[0]).segments().iter().map(|segment| segment.range.clone()).collect(),
            slab: Vec::new(),
            gradient: vec![0.0; len],
            noise: Vec::new(),
            losses: Vec::new(),
            batches: BTreeMap::new(),
            label_weights: loss.label_weights(),
            members,
            loss,
        };
        group.lay_out();
        Ok(group)
    }

    /// The trials, in the order given.
    #[must_use]
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    pub(crate) fn member(&mut self, index: usize) -> &mut Member {
        &mut self.members[index]
    }

    /// Takes one step of every trial that has a turn, on the same rows, and returns each trial's loss before it.
    ///
    /// A trial without a turn stays as it is, and so does one whose gradient is not finite, which its result says; the
    /// others do not notice. After the first batch of a size nothing is allocated.
    ///
    /// # Panics
    /// When there are not as many turns as trials, or data and models do not have the same sizes.
    #[track_caller]
    pub fn step(
        &mut self,
        data: &Dataset,
        rows: &[usize],
        turns: &[Option<Turn>],
    ) -> &[Result<f64, StepError>] {
        let trials = self.members.len();
        assert!(turns.len() == trials, "step: {} turns for {trials} trials", turns.len());
        if !self.batches.contains_key(&rows.len()) {
            let batch = self.batch(data, rows.len());
            self.batches.insert(rows.len(), batch);
        }
        let Self { members, label_weights, tensors, slab, gradient, noise, losses, batches, .. } = self;
        let batch = batches.get_mut(&rows.len()).expect("just made");
        for (noise, turn) in noise.iter_mut().zip(turns) {
            // What the first shard of a stepper's batch draws from.
            *noise = turn.map_or(0, |turn| turn.noise.at(0).value().cast_signed());
        }
        let count = fitting::count(label_weights.as_ref(), data, rows.iter().copied());
        batch.gather(data, rows, count, trials);
        let Batch { runner, x, y, gradients, .. } = batch;
        runner.run_training(Inputs::new(x).codes_too(noise).with(y).feed(slab, 0), gradients);
        losses.clear();
        for (trial, (member, turn)) in members.iter_mut().zip(turns).enumerate() {
            let loss = f64::from(runner.output(1)[trial]);
            let Some(Turn { pace, .. }) = *turn else {
                losses.push(Ok(loss));
                continue;
            };
            for tensor in tensors.iter() {
                gradient[tensor.clone()].copy_from_slice(&gradients[place(tensor, trial, trials)]);
            }
            let stepped = member.optimizer.step(&mut member.params, &[&*gradient], pace, Par::Seq);
            for tensor in tensors.iter().filter(|_| stepped.is_ok()) {
                slab[place(tensor, trial, trials)].copy_from_slice(&member.params[tensor.clone()]);
            }
            losses.push(stepped.map(|()| loss));
        }
        losses
    }

    /// Keeps the trials at these positions, in this order, and hands back the others: at a rung. The graph is planned anew
    /// for those that stay.
    ///
    /// # Panics
    /// When no trial is kept, there is no such position, or one is named twice.
    #[track_caller]
    pub fn keep(&mut self, positions: &[usize]) -> Vec<Member> {
        assert!(!positions.is_empty(), "keep: a group has at least one trial");
        let mut members: Vec<Option<Member>> =
            std::mem::take(&mut self.members).into_iter().map(Some).collect();
        for &position in positions {
            let member = members.get_mut(position).and_then(Option::take);
            self.members
                .push(member.unwrap_or_else(|| panic!("keep: there is no trial {position}, or no longer")));
        }
        self.batches.clear();
        self.lay_out();
        members.into_iter().flatten().collect()
    }

    /// Drops the trial at a position and hands it back: see [`GroupStepper::keep`].
    ///
    /// # Panics
    /// When it is the last, or there is no such position.
    #[track_caller]
    pub fn drop(&mut self, position: usize) -> Member {
        let kept: Vec<usize> = (0..self.members.len()).filter(|&other| other != position).collect();
        let dropped = self.keep(&kept).pop();
        dropped.unwrap_or_else(|| panic!("drop: there is no trial {position}"))
    }

    /// The trials themselves, which can be trained on alone.
    #[must_use]
    pub fn into_members(self) -> Vec<Member> {
        self.members
    }

    /// Runs a step's graph several times, without the optimizers, and says what each kernel call costs: see
    /// [`Runner::profile`]. The rows are the data's first.
    ///
    /// # Panics
    /// When data and models do not have the same sizes.
    #[must_use]
    pub fn profile(&self, data: &Dataset, rows: usize, runs: usize) -> Vec<Timing> {
        let rows: Vec<usize> = (0..rows).collect();
        let mut batch = self.batch(data, rows.len());
        let count = fitting::count(self.label_weights.as_ref(), data, rows.iter().copied());
        batch.gather(data, &rows, count, self.members.len());
        let inputs = Inputs::new(&batch.x).codes_too(&self.noise).with(&batch.y);
        let mut gradients = Gradients::new(batch.runner.plan(), |_| false);
        batch.runner.profile(inputs.feed(&self.slab, 0), &mut gradients, runs)
    }

    /// Copies all parameters to where the graph reads them.
    fn lay_out(&mut self) {
        let trials = self.members.len();
        self.slab.resize(self.gradient.len() * trials, 0.0);
        self.noise.resize(trials, 0);
        for (trial, member) in self.members.iter().enumerate() {
            for tensor in &self.tensors {
                self.slab[place(tensor, trial, trials)].copy_from_slice(&member.params[tensor.clone()]);
            }
        }
    }

    fn batch(&self, data: &Dataset, rows: usize) -> Batch {
        let trials = self.members.len();
        let models: Vec<Sequential> = self.members.iter().map(|member| member.model.clone()).collect();
        let traced = SideBySide::trace(&models, rows).expect("the models were checked to fit");
        let (y, target, batch) = Fed::new(&*self.loss, data, &traced.output, rows * trials, rows);
        let losses = self.loss.value(&traced.output, &target, &batch.of_each(trials));
        let plan = traced.graph.plan_training(&losses.sum(), &[&losses]);
        Batch {
            gradients: vec![0.0; plan.param_len()],
            runner: Runner::new(plan),
            x: vec![0.0; rows * models[0].input_shape().numel()],
            rows: vec![0; rows * trials],
            y,
        }
    }
}

/// Where a tensor of a trial lies in the slab of all.
fn place(tensor: &Range<usize>, trial: usize, trials: usize) -> Range<usize> {
    let start = tensor.start * trials + tensor.len() * trial;
    start..start + tensor.len()
}
