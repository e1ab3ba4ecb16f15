//! `Trainer`: everything that lives from the first step of a training to the last.

mod copy;
mod epochs;

use tunesmith_autodiff::Precision;
use tunesmith_core::{Error, Seed, Why};
use tunesmith_data::{Batches, Dataset};
use tunesmith_nn::Sequential;
use tunesmith_optim::{Layout, Optimizer, OptimizerEntry, Pace};
use tunesmith_tensor::kernel::gemm;
use tunesmith_tensor::{DType, Par};

use crate::around;
use crate::callback::{Callback, CallbackEntry, Measure};
use crate::evaluate::{Evaluator, Unit};
use crate::fitting;
use crate::history::History;
use crate::measured::measures;
use crate::mixing::Mixing;
use crate::outcome::Outcome;
use crate::pacing::Pacing;
use crate::settings::Training;
use crate::statistics::Statistics;
use crate::step::Stepper;
use crate::timetable::{Sizes, Timetable};

/// Trains one model: everything that lives from the first step to the last.
///
/// ```
/// use tunesmith_data::{Dataset, Targets};
/// use tunesmith_nn::{Sequential, layers::Dense};
/// use tunesmith_train::{Outcome, Trainer, Training};
///
/// let x: Vec<f32> = (0..64).map(|i| i as f32 / 32.0 - 1.0).collect();
/// let y = x.iter().map(|x| 3.0 * x * x).collect();
/// let data = Dataset::new(x, &["x"], Targets::Numbers { values: y, outputs: 1 });
/// let model = Sequential::new([1]).with(Dense::new(16).activation("tanh")).with(Dense::new(1));
///
/// let training = Training::new("mse").optimizer("adam", 0.02).epochs(200).batch_size(16);
/// let fitted = Trainer::new(&model, &training, &data, None).unwrap().fit(&mut ());
/// assert_eq!(fitted.outcome, Outcome::Finished);
/// assert!(fitted.history.curve("loss")[199] < 0.02);
/// ```
#[derive(Debug)]
pub struct Trainer {
    model: Sequential,
    training: Training,
    train: Dataset,
    validation: Option<Dataset>,
    par: Par,
    reported: Option<String>,
    measured: Vec<Measure>,
    unit: Option<Unit>,
    stepper: Stepper,
    evaluator: Evaluator,
    optimizer: Box<dyn Optimizer>,
    timetable: Timetable,
    pacing: Pacing,
    /// That of the last step.
    pace: Pace,
    callbacks: Vec<Box<dyn Callback>>,
    batches: Batches,
    /// The sizes that batches and stepper have now.
    sizes: Sizes,
    params: Vec<f32>,
    /// What a rule that averages asks to be measured and kept instead of the parameters it walks with.
    averaged: Vec<f32>,
    /// The statistics of layers, run anew for averaged parameters.
    statistics: Statistics,
    /// How many numbers are learnt; buffers lie behind them.
    learnt: usize,
    lr_factor: f64,
    step: usize,
    seed: Seed,
    history: History,
    /// How it ended, once it has.
    outcome: Option<Outcome>,
    seconds: f64,
    /// A copy that cools down: from which step on, and over how many.
    cooling: Option<(usize, usize)>,
}

impl Trainer {
    /// Makes everything ready: checks that data, model and settings fit, draws first weights.
    ///
    /// # Errors
    /// What does not fit, with the setting's path.
    pub fn new(
        model: &Sequential,
        training: &Training,
        train: &Dataset,
        validation: Option<&Dataset>,
    ) -> Result<Self, Error> {
        training.check()?;
        let par = Par::Seq;
        let evaluator = Evaluator::new(model, &training.loss, &training.metrics, train, par)?;
        if let Some(validation) = validation {
            fitting::check_samples(model, validation)?;
        }
        let mut optimizer = OptimizerEntry::make(&training.optimizer, "training.optimizer")?;
        let timetable = Timetable::new(training, &*optimizer, train.rows())?;
        let pacing = Pacing::new(training, &*optimizer, &timetable)?;
        optimizer.prepend(around::before_the_rule(training));
        optimizer.append(around::behind_the_rule(training));
        let layout = Layout::packed(
            model.params().into_iter().filter(|p| p.learnt).map(|p| (p.name, p.shape.dims().to_vec())),
        );
        let width = around::width_transfer(training);
        let treated = around::treated(training, &layout, &timetable)?;
        let treated = around::sparse(model, &*optimizer, treated)?;
        optimizer.init(&width.map_or(treated.clone(), |width| width.on(&treated)), DType::F32);
        let mut callbacks: Vec<Box<dyn Callback>> = training
            .callbacks
            .iter()
            .enumerate()
            .map(|(i, plug)| CallbackEntry::make(plug, &format!("training.callbacks.{i}")))
            .collect::<Result<_, _>>()?;
        let seed = Seed::new(training.seed as u64);
        let sizes = timetable.sizes(0);
        let stepper = stepper(model, training, par, sizes.part)?;
        let mut params = model.initial_params(training.seed as u64);
        if let Some(width) = width {
            width.scale_first_weights(&layout, &mut params);
        }
        let params: Vec<f32> = params.into_iter().map(|p| p as f32).collect();
        let measured = measures(training, &evaluator, validation.is_some());
        for (i, callback) in callbacks.iter_mut().enumerate() {
            let callback: &mut Box<dyn Callback> = callback;
            let at = format!("training.callbacks.{i}");
            callback.prepare(&measured).map_err(|because| Error::new(at, Why::Conflict { because }))?;
        }
        Ok(Self {
            averaged: vec![0.0; params.len()],
            statistics: Statistics::new(model, sizes.part.min(train.rows().max(1)), seed.named("statistics")),
            learnt: model.param_count(),
            measured,
            unit: None,
            model: model.clone(),
            training: training.clone(),
            train: train.clone(),
            validation: validation.cloned(),
            par,
            reported: None,
            stepper,
            evaluator,
            optimizer,
            timetable,
            pacing,
            pace: Pace::default(),
            callbacks,
            batches: batches(train, sizes, seed),
            sizes,
            params,
            lr_factor: 1.0,
            step: 0,
            seed,
            history: History::default(),
            outcome: None,
            seconds: 0.0,
            cooling: None,
        })
    }

    /// The same on the current rayon pool: a batch's shards run side by side. The result is the same, bit for bit.
    ///
    /// # Errors
    /// As for [`Trainer::new`], which has found none before.
    pub fn parallel(mut self, par: Par) -> Result<Self, Error> {
        self.par = par;
        self.stepper = stepper(&self.model, &self.training, par, self.sizes.part)?;
        self.evaluator =
            Evaluator::new(&self.model, &self.training.loss, &self.training.metrics, &self.train, par)?;
        Ok(self)
    }

    /// The same from other first weights than drawn ones, in the order of [`Sequential::params`]: those of a checkpoint.
    ///
    /// # Panics
    /// When they are more or fewer than the model's.
    #[must_use]
    #[track_caller]
    pub fn starting_from(mut self, params: Vec<f32>) -> Self {
        let (wanted, found) = (self.params.len(), params.len());
        assert!(found == wanted, "starting_from: {found} weights, the model has {wanted}");
        self.params = params;
        self
    }

    /// The same with a value reported after each epoch: `validation_accuracy`, or another name of the history.
    #[must_use]
    pub fn reporting(mut self, name: &str) -> Self {
        self.reported = Some(name.to_owned());
        self
    }

    /// The same with metrics of numbers in the target's own unit.
    #[must_use]
    pub fn in_unit(mut self, unit: Unit) -> Self {
        self.evaluator = self.evaluator.in_unit(unit.clone());
        self.unit = Some(unit);
        self
    }

    /// What will be measured after every epoch.
    #[must_use]
    pub fn measured(&self) -> &[Measure] {
        &self.measured
    }

    /// The same with a callback more.
    ///
    /// # Panics
    /// When the callback needs what is not measured.
    #[must_use]
    #[track_caller]
    pub fn callback(mut self, mut callback: impl Callback + 'static) -> Self {
        if let Err(because) = callback.prepare(&self.measured) {
            panic!("callback: {because}");
        }
        self.callbacks.push(Box::new(callback));
        self
    }

    /// Steps of the whole training.
    #[must_use]
    pub fn total_steps(&self) -> usize {
        self.timetable.total_steps()
    }

    /// Plans what training will need and says how many bytes it will hold beside the data: parameters, gradients,
    /// intermediate values, what is fed, the state of the rule, a buffer of the matrix product for each thread, and what
    /// the measurements after each epoch hold. Of batch sizes that change, those that need most count.
    pub fn bytes(&mut self) -> usize {
        let now = self.sizes;
        let mut steps = 0;
        for sizes in self.timetable.all_sizes() {
            self.resize(sizes);
            let (rows, batch) = (self.train.rows(), self.batches.size());
            for size in [batch, rows % batch].into_iter().filter(|&size| size > 0) {
                steps = steps.max(self.stepper.bytes(&self.train, size));
            }
        }
        self.resize(now);
        let mut measuring =
            if self.training.measure_training { self.evaluator.bytes(&self.train) } else { 0 };
        if let Some(validation) = &self.validation {
            measuring = self.evaluator.bytes(validation);
        }
        let slabs = size_of_val(&*self.params) + size_of_val(&*self.averaged);
        let rounding =
            if self.training.precision == Precision::F32.name() { 0 } else { gemm::BF16_PACK_BYTES };
        let packing = self.par.threads() * (gemm::PACK_LEN * size_of::<f32>() + rounding);
        slabs + self.optimizer.state_bytes() + steps + measuring + packing
    }

    /// Goes on with batches of another size, if it is another.
    fn resize(&mut self, sizes: Sizes) {
        if sizes != self.sizes {
            self.sizes = sizes;
            self.batches = batches(&self.train, sizes, self.seed);
            self.stepper.plan_anew(sizes.part);
        }
    }
}

/// The rows in batches of a size, in the order of that seed.
fn batches(train: &Dataset, sizes: Sizes, seed: Seed) -> Batches {
    Batches::new(train.rows(), sizes.batch, seed.named("order"))
}

/// What takes the steps a recipe asks for, in parts of so many rows.
fn stepper(model: &Sequential, training: &Training, par: Par, part: usize) -> Result<Stepper, Error> {
    let mixing = Mixing::of(training);
    if let Some(mixing) = mixing {
        mixing.check(model)?;
    }
    let stepper = Stepper::new(model, &training.loss, par)?.in_parts_of(part).mixing(mixing);
    let precision = Precision::find(&training.precision).ok_or_else(|| {
        let (value, allowed) = (format!("{:?}", training.precision), Precision::NAMES.join(", "));
        Error::new("training.precision", Why::OutOfRange { value, allowed })
    })?;
    Ok(stepper.recomputing(training.recompute).in_precision(precision))
}
