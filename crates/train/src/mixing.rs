//! `Mixing`: mixup and cutmix, training batches whose rows are blended in pairs.

use std::ops::Range;

use tunesmith_autodiff::Var;
use tunesmith_core::{Error, Generator, Seed, Why};
use tunesmith_data::Dataset;
use tunesmith_nn::{Loss, Sequential};
use tunesmith_tensor::Shape;

use crate::fitting::{Fed, Inputs};
use crate::settings::Training;

/// How the rows of training batches are blended in pairs: by mixup (Zhang et al. 2018, "mixup: beyond empirical risk
/// minimization", arXiv 1710.09412), which adds them, or by cutmix (Yun et al. 2019, "CutMix: regularization strategy to
/// train strong classifiers with localizable features", arXiv 1905.04899), which puts a box of one image into the other.
///
/// Every row gets a partner of its batch. The loss is that to its own target times the share that is its own, plus that to
/// the partner's times the rest: for cross entropy and squares this is the loss to blended targets, and it needs none. The
/// share has the beta distribution of (alpha, alpha), one number for a batch, as in both papers. Of the two, where both are
/// on, each batch takes one by a toss.
///
/// ```
/// use tunesmith_core::Seed;
/// use tunesmith_data::{Dataset, Targets};
/// use tunesmith_train::{Mixed, Mixing};
/// let targets = Targets::Numbers { values: vec![0.0, 1.0], outputs: 1 };
/// let data = Dataset::new(vec![1.0, 2.0, 3.0, 4.0], &["a", "b"], targets);
/// let mut mixed = Mixed::default();
/// mixed.draw(Mixing::mixup(0.4), &[1, 0], &[2], Seed::new(0));
/// let mut x = [3.0, 4.0];
/// mixed.blend(&data, 0, &mut x); // the batch's first row
/// let (share, partner) = (mixed.share(), data.row(mixed.partners()[0]));
/// assert_eq!(x, [share * 3.0 + (1.0 - share) * partner[0], share * 4.0 + (1.0 - share) * partner[1]]);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Mixing {
    /// The alpha of mixup: near 0 rows are hardly blended, at 1 every share is as likely.
    pub mixup: Option<f64>,
    /// The alpha of cutmix, for samples `[channels, height, width]`.
    pub cutmix: Option<f64>,
}

impl Mixing {
    /// Mixup with that alpha.
    #[must_use]
    pub fn mixup(alpha: f64) -> Self {
        Self { mixup: Some(alpha), cutmix: None }
    }

    /// Cutmix with that alpha.
    #[must_use]
    pub fn cutmix(alpha: f64) -> Self {
        Self { mixup: None, cutmix: Some(alpha) }
    }

    /// What a recipe asks for; `None` when nothing.
    pub(crate) fn of(training: &Training) -> Option<Self> {
        let &Training { mixup, cutmix, .. } = training;
        (mixup.is_some() || cutmix.is_some()).then_some(Self { mixup, cutmix })
    }

    /// Looks whether a model's samples can be blended.
    pub(crate) fn check(self, model: &Sequential) -> Result<(), Error> {
        let conflict = |key: &str, because: String| {
            Err(Error::new(format!("training.regularize.{key}"), Why::Conflict { because }))
        };
        if let (Some(_), Some(columns)) = (self.mixup, model.whole_columns().first()) {
            let because = format!(
                "mixup adds numbers, and {} looks rows up by identifiers, which have no middle: leave it out",
                columns.layer
            );
            return conflict("mixup", because);
        }
        let sample = sample_shape(model);
        if self.cutmix.is_some() && sample.dims().len() != 3 {
            let because = format!(
                "cutmix cuts boxes out of images [channels, height, width], the samples are {sample}: give the model a \
                 first layer {{ reshape = {{ shape = [...] }} }} if they are images, or use mixup"
            );
            return conflict("cutmix", because);
        }
        Ok(())
    }
}

/// The shape of a sample, as a model sees it whose first layer reshapes.
pub(crate) fn sample_shape(model: &Sequential) -> Shape {
    let reshapes = model.plugs().first().is_some_and(|layer| layer.name == "reshape");
    if reshapes { model.summary().rows[0].output } else { *model.input_shape() }
}

/// How one batch is blended: who with whom, by how much, and where.
#[derive(Clone, Debug)]
pub struct Mixed {
    partners: Vec<usize>,
    share: f32,
    patch: Option<Patch>,
}

/// The box of an image that is the partner's.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Patch {
    /// The image's height and width.
    size: [usize; 2],
    down: Range<usize>,
    across: Range<usize>,
}

impl Default for Mixed {
    /// Nothing is blended.
    fn default() -> Self {
        Self { partners: Vec::new(), share: 1.0, patch: None }
    }
}

impl Mixed {
    /// Draws how a batch of these rows is blended. What was drawn before is forgotten, its memory used again.
    ///
    /// # Panics
    /// When cutmix is on and samples do not have three axes.
    #[track_caller]
    pub fn draw(&mut self, mixing: Mixing, rows: &[usize], sample_shape: &[usize], seed: Seed) {
        let mut generator = seed.generator();
        self.partners.clear();
        self.partners.extend_from_slice(rows);
        generator.shuffle(&mut self.partners);
        let cuts = match (mixing.mixup, mixing.cutmix) {
            (Some(_), Some(_)) => generator.chance(0.5),
            (_, cutmix) => cutmix.is_some(),
        };
        let alpha = if cuts { mixing.cutmix } else { mixing.mixup };
        self.share = alpha.map_or(1.0, |alpha| generator.beta(alpha, alpha) as f32);
        self.patch = None;
        if cuts {
            let &[_, height, width] = sample_shape else {
                panic!("cutmix: samples are [channels, height, width], not {sample_shape:?}")
            };
            let patch = Patch::draw(f64::from(self.share), [height, width], &mut generator);
            self.share = 1.0 - patch.area() as f32 / (height * width) as f32;
            self.patch = Some(patch);
        }
    }

    /// The rows that are blended into those of the batch, one for each, in its order.
    #[must_use]
    pub fn partners(&self) -> &[usize] {
        &self.partners
    }

    /// How much of a blended row is its own; the rest is its partner's.
    #[must_use]
    pub fn share(&self) -> f32 {
        self.share
    }

    /// Blends partners into samples of the batch, from its row number `first` on.
    ///
    /// # Panics
    /// When these are more rows than have partners.
    #[track_caller]
    pub fn blend(&self, data: &Dataset, first: usize, x: &mut [f32]) {
        let rows = x.len() / data.width();
        let partners = &self.partners[first..first + rows];
        for (own, &partner) in x.chunks_exact_mut(data.width()).zip(partners) {
            let partner = data.row(partner);
            match &self.patch {
                Some(patch) => patch.copy(partner, own),
                None => {
                    let (share, rest) = (self.share, 1.0 - self.share);
                    own.iter_mut().zip(partner).for_each(|(own, &other)| *own = share * *own + rest * other);
                }
            }
        }
    }
}

impl Patch {
    /// A box whose sides are the image's times the root of what is not its own; where it leaves the image it is cut off
    /// (Yun et al. 2019, section 3.1 and their code).
    fn draw(share: f64, size: [usize; 2], generator: &mut Generator) -> Self {
        let part = (1.0 - share).sqrt();
        let mut side = |length: usize| {
            let half = (length as f64 * part) as usize / 2;
            let middle = generator.below(length.max(1));
            middle.saturating_sub(half)..(middle + half).min(length)
        };
        let (down, across) = (side(size[0]), side(size[1]));
        Self { size, down, across }
    }

    fn area(&self) -> usize {
        self.down.len() * self.across.len()
    }

    /// Copies the box from one image to another, in every channel.
    fn copy(&self, from: &[f32], to: &mut [f32]) {
        let [height, width] = self.size;
        for channel in 0..to.len() / (height * width).max(1) {
            for line in self.down.clone() {
                let start = (channel * height + line) * width;
                let place = start + self.across.start..start + self.across.end;
                to[place.clone()].copy_from_slice(&from[place]);
            }
        }
    }
}

/// What a step feeds about the partners of its rows.
#[derive(Debug)]
pub(crate) struct Partners {
    y: Fed,
    share: [f32; 1],
}

impl Partners {
    /// Room for the targets of as many partners as rows, and the blended loss, given that to the rows' own targets.
    pub(crate) fn new(
        loss: &dyn Loss,
        data: &Dataset,
        prediction: &Var,
        rows: usize,
        total: usize,
        own: &Var,
    ) -> (Self, Var) {
        let (y, target, batch) = Fed::new(loss, data, prediction, rows, total);
        let share = prediction.graph().input("own share", []);
        let others = loss.value(prediction, &target, &batch);
        let blended = &share * own + (1.0 - &share) * others;
        (Self { y, share: [1.0] }, blended)
    }

    /// Fills the buffers for rows of the batch from number `first` on, and blends their samples.
    pub(crate) fn gather(
        &mut self,
        mixed: &Mixed,
        data: &Dataset,
        first: usize,
        count: Option<f64>,
        x: &mut [f32],
    ) {
        let rows = x.len() / data.width();
        self.y.gather(data, &mixed.partners[first..first + rows], count);
        self.share = [mixed.share];
        mixed.blend(data, first, x);
    }

    /// The same inputs and these, behind them.
    pub(crate) fn add_to<'a>(&'a self, inputs: Inputs<'a>) -> Inputs<'a> {
        inputs.with(&self.y).numbers_too(&self.share)
    }

    /// Bytes of the buffers.
    pub(crate) fn bytes(&self) -> usize {
        self.y.bytes()
    }
}
