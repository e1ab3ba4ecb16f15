//! `Training`: how a model is trained, as a recipe says it.

use tunesmith_autodiff::Precision;
use tunesmith_core::{Describe, Error, Param, Plug};
use tunesmith_nn::loss::find_loss;
use tunesmith_optim::{GroupEntry, OptimizerEntry, ScheduleEntry};

use crate::callback::CallbackEntry;
use crate::metric::Named;

/// How a model is trained: the section `[training]` of a recipe.
///
/// ```
/// use tunesmith_train::Training;
/// let training = Training::new("mse").epochs(20).optimizer("adam", 0.01);
/// assert_eq!(training.epochs, 20);
/// ```
#[derive(Clone, Debug)]
pub struct Training {
    /// What is made small.
    pub loss: Plug,
    /// Passes over the training rows.
    pub epochs: usize,
    /// Rows per step; a rule that needs the whole data takes all.
    pub batch_size: usize,
    /// Batches whose gradients make one step together, as one batch of all their rows would; the last step of an epoch
    /// takes what is left. For a rule that needs the whole data: the parts it is gone through in.
    pub accumulate: usize,
    /// Whether values are computed again for the gradients instead of being kept: less memory, more time, the same result.
    pub recompute: bool,
    /// What the operands of products of matrices are rounded to, forward and backward: "f32" (not at all) or "bf16", which
    /// is faster on machines with AMX. Sums, parameters, values and the state of the rule stay in 32 bits.
    pub precision: String,
    /// The rule that turns gradients into updates.
    pub optimizer: Plug,
    /// The factor on the learning rate over time.
    pub schedule: Option<Plug>,
    /// The factor on the rows of a step over time, epoch by epoch.
    pub batch_size_schedule: Option<Plug>,
    /// The factor on the rule's momentum over time.
    pub momentum_schedule: Option<Plug>,
    /// Factor of the weights' signs added to their gradients.
    pub l1: f64,
    /// Factor of the weights added to their gradients (PyTorch's convention: half the penalty's factor of the squares).
    pub l2: f64,
    /// Gradients are held between plus and minus this.
    pub clip_value: Option<f64>,
    /// The norm of all gradients together is held below this.
    pub clip_norm: Option<f64>,
    /// Strength of the penalty on weights whose units are not orthogonal.
    pub orthogonal: f64,
    /// Variance of the noise on the first gradient; it fades.
    pub gradient_noise: Option<f64>,
    /// Rows of a batch are added in pairs, by shares of the beta distribution of this twice.
    pub mixup: Option<f64>,
    /// Rows of a batch get boxes out of each other, as large as shares of the beta distribution of this twice.
    pub cutmix: Option<f64>,
    /// The weights of each unit are at most so long.
    pub max_norm: Option<f64>,
    /// The weights of each unit have length one.
    pub unit_norm: bool,
    /// Parameters that are treated unlike the rest.
    pub groups: Vec<Plug>,
    /// The rate of each layer over that of the layer behind it.
    pub layer_decay: f64,
    /// So many epochs after the layer behind it each layer begins to learn; the last learns from the start.
    pub gradual_unfreezing: Option<usize>,
    /// The width of layers for which the learning rate was chosen; it is scaled for others.
    pub base_width: Option<usize>,
    /// Whether steps grow with the gradient, for that scaling.
    pub base_steps: String,
    /// What is measured besides the loss; empty means accuracy for classes, RMSE and R2 for numbers.
    pub metrics: Vec<Plug>,
    /// What watches and steers.
    pub callbacks: Vec<Plug>,
    /// Where first weights, order of rows and dropout come from.
    pub seed: usize,
    /// Whether the training rows are measured after every epoch too.
    pub measure_training: bool,
}

impl Default for Training {
    fn default() -> Self {
        Self {
            loss: Plug::new("cross_entropy"),
            epochs: 30,
            batch_size: 32,
            accumulate: 1,
            recompute: false,
            precision: Precision::default().to_string(),
            optimizer: Plug::new("adam"),
            schedule: None,
            batch_size_schedule: None,
            momentum_schedule: None,
            l1: 0.0,
            l2: 0.0,
            clip_value: None,
            clip_norm: None,
            orthogonal: 0.0,
            gradient_noise: None,
            mixup: None,
            cutmix: None,
            max_norm: None,
            unit_norm: false,
            groups: Vec::new(),
            layer_decay: 1.0,
            gradual_unfreezing: None,
            base_width: None,
            base_steps: NORMALIZED.to_owned(),
            metrics: Vec::new(),
            callbacks: Vec::new(),
            seed: 0,
            measure_training: true,
        }
    }
}

/// Steps that do not grow with the gradient.
pub(crate) const NORMALIZED: &str = "normalized";

impl Describe for Training {
    const NAME: &'static str = "training";
    const ABOUT: &'static str = "how a model is trained";
    const PARAMS: &'static [Param<Self>] = &[
        Param::plug("loss", "loss", |s: &mut Self| &mut s.loss, "what is made small"),
        Param::int("epochs", 5, 100, |s: &mut Self| &mut s.epochs, "passes over the training rows")
            .log()
            .rarely()
            .valid(1.0, f64::INFINITY),
        Param::int("batch_size", 16, 256, |s: &mut Self| &mut s.batch_size, "rows per step")
            .log()
            .rarely()
            .valid(1.0, f64::INFINITY),
        Param::int(
            "accumulate",
            1,
            8,
            |s: &mut Self| &mut s.accumulate,
            "batches that make one step together",
        )
        .fixed()
        .valid(1.0, f64::INFINITY),
        Param::switch(
            "recompute",
            |s: &mut Self| &mut s.recompute,
            "less memory: compute values again for the gradients instead of keeping them",
        ),
        Param::name(
            "precision",
            &Precision::NAMES,
            |s: &mut Self| &mut s.precision,
            "what products of matrices round their operands to; bf16 is faster with AMX",
        ),
        Param::plug("optimizer", "optimizer", |s: &mut Self| &mut s.optimizer, "the rule of the updates"),
        Param::optional_plug(
            "schedule",
            "schedule",
            |s: &mut Self| &mut s.schedule,
            "the learning rate over time",
        ),
        Param::optional_plug(
            "batch_size_schedule",
            "schedule",
            |s: &mut Self| &mut s.batch_size_schedule,
            "the batch size over the epochs",
        ),
        Param::optional_plug(
            "momentum_schedule",
            "schedule",
            |s: &mut Self| &mut s.momentum_schedule,
            "the rule's momentum (or beta1) over time",
        ),
        Param::float("regularize.l1", 0.0, 1e-2, |s: &mut Self| &mut s.l1, "pulls weights to zero evenly")
            .rarely()
            .valid(0.0, 1e6),
        Param::float(
            "regularize.l2",
            0.0,
            1e-2,
            |s: &mut Self| &mut s.l2,
            "pulls weights to zero in proportion",
        )
        .rarely()
        .valid(0.0, 1e6),
        Param::optional_float(
            "clip.value",
            0.1,
            10.0,
            |s: &mut Self| &mut s.clip_value,
            "bound on each gradient",
        )
        .log()
        .rarely()
        .valid(1e-12, 1e12),
        Param::optional_float(
            "clip.norm",
            0.1,
            10.0,
            |s: &mut Self| &mut s.clip_norm,
            "bound on the norm of all gradients",
        )
        .log()
        .rarely()
        .valid(1e-12, 1e12),
        Param::float(
            "regularize.orthogonal",
            0.0,
            1e-2,
            |s: &mut Self| &mut s.orthogonal,
            "pulls the units of a weight apart",
        )
        .rarely()
        .valid(0.0, 1e6),
        Param::optional_float(
            "regularize.gradient_noise",
            1e-3,
            1.0,
            |s: &mut Self| &mut s.gradient_noise,
            "variance of noise on the first gradient, which fades",
        )
        .log()
        .rarely()
        .valid(0.0, 1e12),
        Param::optional_float(
            "regularize.mixup",
            0.1,
            2.0,
            |s: &mut Self| &mut s.mixup,
            "blends rows in pairs: near 0 hardly, at 1 by any share",
        )
        .log()
        .rarely()
        .valid(1e-6, 1e6),
        Param::optional_float(
            "regularize.cutmix",
            0.1,
            2.0,
            |s: &mut Self| &mut s.cutmix,
            "puts boxes of images into others: near 0 tiny or whole, at 1 of any size",
        )
        .log()
        .rarely()
        .valid(1e-6, 1e6),
        Param::optional_float(
            "constrain.max_norm",
            0.5,
            5.0,
            |s: &mut Self| &mut s.max_norm,
            "the longest that the weights of a unit are",
        )
        .log()
        .rarely()
        .valid(1e-12, 1e12),
        Param::switch(
            "constrain.unit_norm",
            |s: &mut Self| &mut s.unit_norm,
            "the weights of a unit have length one",
        ),
        Param::plugs("groups", "group", |s: &mut Self| &mut s.groups, "parameters treated unlike the rest"),
        Param::float(
            "layer_decay",
            0.5,
            1.0,
            |s: &mut Self| &mut s.layer_decay,
            "the rate of a layer over that of the next",
        )
        .rarely()
        .valid(1e-6, 1e6),
        Param::optional_int(
            "gradual_unfreezing",
            1,
            5,
            |s: &mut Self| &mut s.gradual_unfreezing,
            "epochs by which each layer begins to learn after the next",
        )
        .rarely()
        .valid(1.0, f64::INFINITY),
        Param::optional_int(
            "width_transfer.base",
            16,
            256,
            |s: &mut Self| &mut s.base_width,
            "the width the learning rate was chosen for",
        )
        .log()
        .fixed()
        .valid(1.0, f64::INFINITY),
        Param::name(
            "width_transfer.steps",
            &[NORMALIZED, "plain"],
            |s: &mut Self| &mut s.base_steps,
            "plain steps, as sgd's, grow with the gradient",
        ),
        Param::plugs("metrics", "metric", |s: &mut Self| &mut s.metrics, "what is measured besides the loss"),
        Param::plugs("callbacks", "callback", |s: &mut Self| &mut s.callbacks, "what watches and steers"),
        Param::int("seed", 0, 100, |s: &mut Self| &mut s.seed, "of first weights, order of rows, dropout")
            .fixed(),
        Param::switch(
            "measure_training",
            |s: &mut Self| &mut s.measure_training,
            "measure the training rows after each epoch",
        ),
    ];

    fn check(&self) -> Result<(), String> {
        if self.unit_norm && self.max_norm.is_some() {
            return Err("constrain.unit_norm leaves nothing to constrain.max_norm, write one of them".into());
        }
        Ok(())
    }
}

impl Training {
    /// Training for a loss, by name; everything else as in [`Training::default`].
    #[must_use]
    pub fn new(loss: &str) -> Self {
        Self { loss: Plug::new(loss), ..Self::default() }
    }

    /// The same with that many passes over the training rows.
    #[must_use]
    pub fn epochs(mut self, epochs: usize) -> Self {
        self.epochs = epochs;
        self
    }

    /// The same with that many rows per step.
    #[must_use]
    pub fn batch_size(mut self, rows: usize) -> Self {
        self.batch_size = rows;
        self
    }

    /// The same with a rule by name and its learning rate.
    #[must_use]
    pub fn optimizer(mut self, name: &str, lr: f64) -> Self {
        self.optimizer = Plug::new(name).with("lr", lr);
        self
    }

    /// The same with a metric more.
    #[must_use]
    pub fn metric(mut self, name: &str) -> Self {
        self.metrics.push(Plug::new(name));
        self
    }

    /// The same from another seed.
    #[must_use]
    pub fn seed(mut self, seed: usize) -> Self {
        self.seed = seed;
        self
    }

    /// Checks every plug-in it names.
    ///
    /// # Errors
    /// The first that is not linked, or whose settings are not possible.
    pub fn check(&self) -> Result<(), Error> {
        find_loss(&self.loss, "training.loss")?;
        OptimizerEntry::make(&self.optimizer, "training.optimizer")?;
        let schedules = [
            (&self.schedule, "training.schedule"),
            (&self.batch_size_schedule, "training.batch_size_schedule"),
            (&self.momentum_schedule, "training.momentum_schedule"),
        ];
        for (schedule, at) in schedules {
            schedule.as_ref().map(|schedule| ScheduleEntry::make(schedule, at)).transpose()?;
        }
        for (i, group) in self.groups.iter().enumerate() {
            GroupEntry::make(group, &format!("training.groups.{i}"))?;
        }
        for (i, metric) in self.metrics.iter().enumerate() {
            Named::make(metric, &format!("training.metrics.{i}"))?;
        }
        for (i, callback) in self.callbacks.iter().enumerate() {
            CallbackEntry::make(callback, &format!("training.callbacks.{i}"))?;
        }
        Ok(())
    }
}
