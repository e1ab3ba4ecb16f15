//! The workloads that training is measured on, the same as other libraries are measured on.

use std::time::Instant;

use tunesmith_autodiff::{Precision, Timing};
use tunesmith_core::{Plug, Seed};
use tunesmith_data::{Dataset, Targets};
use tunesmith_nn::Sequential;
use tunesmith_nn::layers::{Conv2d, Dense, Embedding, Flatten, Lstm, MaxPool2d, TransformerEncoderLayer};
use tunesmith_optim::{Adam, Layout, Optimizer, Pace, Rule};
use tunesmith_tensor::{DType, Par};
use tunesmith_train::{GroupStepper, Member, Stepper, Turn};

/// A network trained by Adam on random rows.
#[derive(Clone, Copy, Debug)]
pub struct Workload {
    /// Its name on the command line.
    pub name: &'static str,
    /// What is trained.
    pub network: Network,
    /// Rows per step.
    pub batch: usize,
}

/// The networks that are measured.
#[derive(Clone, Copy, Debug)]
pub enum Network {
    /// Dense layers with ReLU between them, by their features, units of the hidden layers, and outputs. One output is a
    /// probability, several are classes.
    Dense(&'static [usize]),
    /// Two convolutions, a pooling and two dense layers on images of 28 x 28 pixels.
    Cnn,
    /// An LSTM of 64 units over 50 words of 10,000, then one probability.
    Lstm,
    /// Neural collaborative filtering: embeddings of 943 users and 1,682 items, three dense layers, a rating.
    Ncf,
    /// Two encoder layers with norm first over 64 words of 1,000, then a word for each.
    Transformer,
}

/// From the smallest to the largest dense one, then the others.
pub const WORKLOADS: [Workload; 7] = [
    Workload { name: "article", network: Network::Dense(&[2, 10, 1]), batch: 10 },
    Workload { name: "digits_mlp", network: Network::Dense(&[64, 128, 64, 10]), batch: 32 },
    Workload { name: "mnist_mlp", network: Network::Dense(&[784, 512, 256, 10]), batch: 128 },
    Workload { name: "cnn", network: Network::Cnn, batch: 64 },
    Workload { name: "lstm", network: Network::Lstm, batch: 32 },
    Workload { name: "ncf", network: Network::Ncf, batch: 256 },
    Workload { name: "transformer", network: Network::Transformer, batch: 16 },
];

impl Network {
    /// The widths of a dense one: what the hand-written loop is written for.
    #[must_use]
    pub fn widths(&self) -> Option<&'static [usize]> {
        if let Self::Dense(widths) = self { Some(widths) } else { None }
    }

    fn model(self) -> Sequential {
        match self {
            Self::Dense(widths) => {
                let (features, units) = widths.split_first().expect("a network has a first width");
                let (outputs, hidden) = units.split_last().expect("a network has a last width");
                let model = hidden.iter().fold(Sequential::new([*features]), |model, &units| {
                    model.with(Dense::new(units).activation("relu"))
                });
                model.with(Dense::new(*outputs).activation(if *outputs == 1 { "sigmoid" } else { "linear" }))
            }
            Self::Cnn => Sequential::new([1, 28, 28])
                .with(Conv2d::new(32, 3).activation("relu"))
                .with(Conv2d::new(64, 3).activation("relu"))
                .with(MaxPool2d::new(2))
                .with(Flatten)
                .with(Dense::new(128).activation("relu"))
                .with(Dense::new(10)),
            Self::Lstm => {
                Sequential::new([50]).with(Embedding::new(10_000, 64)).with(Lstm::new(64)).with(Dense::new(1))
            }
            Self::Ncf => {
                let table = |start: usize, rows: usize| {
                    let select = Plug::new("select").with("start", start).with("count", 1_usize);
                    let embedding = Plug::new("embedding").with("vocabulary", rows).with("units", 32_usize);
                    let layers = [select, embedding, Plug::new("flatten")].map(|plug| plug.to_value());
                    Plug::new("sequential").with("layers", layers.to_vec()).to_value()
                };
                let tables = Plug::new("parallel").with("branches", vec![table(0, 943), table(1, 1_682)]);
                let dense = |units: usize, activation: &str| {
                    Plug::new("dense").with("units", units).with("activation", activation)
                };
                let layers = [tables, dense(64, "relu"), dense(32, "relu"), dense(1, "linear")];
                Sequential::from_plugs(&layers, [2], None).expect("these layers follow each other")
            }
            Self::Transformer => {
                let layer = || TransformerEncoderLayer::new(4, 128).norm_first().dropout(0.0);
                Sequential::new([64])
                    .with(Embedding::new(1_000, 64))
                    .with(layer())
                    .with(layer())
                    .with(Dense::new(1_000))
            }
        }
    }

    /// What the columns of a row may be: any numbers, or identifiers below a bound each.
    fn identifiers(self) -> Option<Vec<usize>> {
        match self {
            Self::Dense(_) | Self::Cnn => None,
            Self::Lstm => Some(vec![10_000; 50]),
            Self::Ncf => Some(vec![943, 1_682]),
            Self::Transformer => Some(vec![1_000; 64]),
        }
    }

    fn loss(self) -> Plug {
        Plug::new(match self {
            Self::Dense([.., 1]) => "binary_cross_entropy",
            Self::Lstm => "binary_cross_entropy_with_logits",
            Self::Ncf => "mse",
            _ => "cross_entropy",
        })
    }
}

impl Workload {
    /// The workload of that name.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        WORKLOADS.into_iter().find(|workload| workload.name == name)
    }

    /// The network.
    #[must_use]
    pub fn model(&self) -> Sequential {
        self.network.model()
    }

    /// 64 batches of random rows.
    #[must_use]
    pub fn data(&self) -> Dataset {
        let model = self.model();
        let (rows, width) = (64 * self.batch, model.input_shape().numel());
        let mut generator = Seed::new(0).named(self.name).generator();
        let identifiers = self.network.identifiers();
        let x = (0..rows * width)
            .map(|i| match &identifiers {
                None => generator.normal() as f32,
                Some(bounds) => generator.below(bounds[i % width]) as f32,
            })
            .collect();
        let features: Vec<String> = (0..width).map(|i| format!("x{i}")).collect();
        if let Network::Ncf = self.network {
            let values = (0..rows).map(|_| generator.uniform() as f32).collect();
            return Dataset::new(x, &features, Targets::Numbers { values, outputs: 1 });
        }
        let output = model.output_shape();
        let (last, positions) = output.dims().split_last().expect("outputs have an axis");
        let (classes, positions) = ((*last).max(2), positions.iter().product::<usize>());
        let codes = (0..rows * positions).map(|_| generator.below(classes) as i64).collect();
        let names = (0..classes).map(|i| i.to_string()).collect();
        Dataset::per_position(x, &features, positions, Targets::Classes { codes, names })
    }

    /// Everything a training step needs.
    #[must_use]
    pub fn training(&self, par: Par) -> TrainingStep {
        self.training_in(Precision::default(), par)
    }

    /// The same with products of matrices in that precision.
    #[must_use]
    pub fn training_in(&self, precision: Precision, par: Par) -> TrainingStep {
        let model = self.model();
        let stepper = Stepper::new(&model, &self.network.loss(), par).expect("its loss is built in");
        let stepper = stepper.in_precision(precision);
        let mut optimizer = Adam::default().optimizer();
        let layout = model
            .params()
            .into_iter()
            .filter(|param| param.learnt)
            .map(|param| (param.name, param.shape.dims().to_vec()));
        optimizer.init(&Layout::packed(layout), DType::F32);
        let params = model.initial_params(0).into_iter().map(|x| x as f32).collect();
        TrainingStep { model, stepper, optimizer, params, feed: RowFeed::new(self) }
    }

    /// Several of it as a group, each with another seed and its own rate.
    #[must_use]
    pub fn group(&self, trials: usize) -> GroupStep {
        let model = self.model();
        let member = |trial: usize| {
            let adam = Adam { lr: 1e-3 * (1.0 + trial as f64 / trials as f64), ..Adam::default() };
            let params = model.initial_params(trial as u64).into_iter().map(|x| x as f32).collect();
            Member::new(&model, params, adam.optimizer())
        };
        let members = (0..trials).map(member).collect();
        let stepper = GroupStepper::new(members, &self.network.loss()).expect("its layers are dense");
        let turn = |trial: usize| Some(Turn { pace: Pace::default(), noise: Seed::new(trial as u64) });
        GroupStep { stepper, turns: (0..trials).map(turn).collect(), feed: RowFeed::new(self) }
    }
}

/// The rows of one batch after another.
#[derive(Debug)]
struct RowFeed {
    data: Dataset,
    order: Vec<usize>,
    batch: usize,
    next: usize,
    count: u64,
}

impl RowFeed {
    fn new(workload: &Workload) -> Self {
        let data = workload.data();
        // A shuffled order, as in training: each batch is gathered from all over the data set.
        let mut generator = Seed::new(0).named("order").generator();
        let mut keyed: Vec<(f64, usize)> = (0..data.rows()).map(|row| (generator.uniform(), row)).collect();
        keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
        let order = keyed.into_iter().map(|(_, row)| row).collect();
        Self { data, order, batch: workload.batch, next: 0, count: 0 }
    }

    /// The next batch's rows, and the data they are of.
    fn advance(&mut self) -> (&Dataset, &[usize]) {
        let rows = &self.order[self.next..self.next + self.batch];
        self.next = (self.next + self.batch) % self.order.len();
        self.count += 1;
        (&self.data, rows)
    }
}

/// Several networks in training as a group: each call of [`step`](GroupStep::step) is one step of all of them.
#[derive(Debug)]
pub struct GroupStep {
    stepper: GroupStepper,
    turns: Vec<Option<Turn>>,
    feed: RowFeed,
}

impl GroupStep {
    /// Gathers a batch, runs it forward and backward for all networks, and updates the parameters of each.
    ///
    /// # Panics
    /// When a training diverges.
    pub fn step(&mut self) {
        let (data, rows) = self.feed.advance();
        let losses = self.stepper.step(data, rows, &self.turns);
        assert!(losses.iter().all(Result::is_ok), "the gradients of a small network are finite");
    }

    /// What each kernel call of a step's graph costs.
    #[must_use]
    pub fn profile(&self, runs: usize) -> Vec<Timing> {
        self.stepper.profile(&self.feed.data, self.feed.batch, runs)
    }
}

/// A network in training: each call of [`step`](TrainingStep::step) is one whole step.
#[derive(Debug)]
pub struct TrainingStep {
    model: Sequential,
    stepper: Stepper,
    optimizer: Box<dyn Optimizer>,
    params: Vec<f32>,
    feed: RowFeed,
}

impl TrainingStep {
    /// How many parts a batch is cut into.
    #[must_use]
    pub fn shards(&self) -> usize {
        self.stepper.shards_of(self.feed.batch)
    }

    /// The matrix products of one step: for each part of a batch, how often, rows, inner size, columns.
    ///
    /// # Panics
    /// Before the first step.
    #[must_use]
    pub fn products(&self) -> Vec<Vec<(usize, [usize; 3])>> {
        let plans = self.stepper.plans(self.feed.batch);
        assert!(!plans.is_empty(), "plans are made in the first step");
        plans.iter().map(|plan| plan.products()).collect()
    }

    /// Where the time of a step goes, kernel by kernel for each part of a batch, and then the time of the optimizer.
    ///
    /// # Panics
    /// When the training diverges.
    pub fn profile(&mut self, runs: usize) -> (Vec<Vec<Timing>>, f64) {
        self.step();
        let kernels = self.stepper.profile(self.feed.batch, &self.params, runs);
        let learnt = self.model.param_count();
        let gradients = vec![1e-3; learnt];
        let pass = |optimizer: &mut dyn Optimizer, params: &mut [f32]| {
            let start = Instant::now();
            let done = optimizer.step(&mut params[..learnt], &[&gradients], Pace::default(), Par::Seq);
            done.expect("these gradients are finite");
            start.elapsed().as_secs_f64()
        };
        let passes = (0..runs).map(|_| pass(&mut *self.optimizer, &mut self.params));
        (kernels, passes.fold(f64::INFINITY, f64::min))
    }

    /// Gathers a batch, runs it forward and backward, updates the parameters, and returns the loss.
    ///
    /// # Panics
    /// When the training diverges.
    pub fn step(&mut self) -> f64 {
        let noise = Seed::new(self.feed.count + 1);
        let (data, rows) = self.feed.advance();
        let (params, optimizer) = (&mut self.params, &mut *self.optimizer);
        let loss = self.stepper.step(data, rows, params, optimizer, Pace::default(), noise);
        loss.expect("the gradients of a small network are finite")
    }
}
