//! `Pace` and `Step`: what a step is told by its caller, and what it tells its transforms; `StepError`.

use std::fmt;

use crate::MAX_GLOBALS;

/// Up to four sums over all elements, for a transform that needs the whole before it changes a part
/// (see [`Scope::Global`](crate::Scope::Global)).
pub type Sums = [f64; 4];

/// The numbers a transform keeps for the whole slab, in the order declared
/// (see [`StateSpec::global`](crate::StateSpec::global)); those it did not declare are zero.
pub type Globals = [f64; MAX_GLOBALS];

/// What the caller of a step says: how far training is, and what the schedule makes of it.
///
/// ```
/// use tunesmith_optim::Pace;
/// let pace = Pace::default();
/// assert_eq!((pace.scale, pace.progress), (1.0, 0.0));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    /// The schedule's factor of the learning rate.
    pub scale: f64,
    /// The factor of the rule's [momentum](crate::Rule::momentum).
    pub momentum: f64,
    /// The share of the training that is done, 0 to 1.
    pub progress: f64,
    /// When gradients that are not finite are looked for.
    pub guard: Guard,
}

impl Default for Pace {
    fn default() -> Self {
        Self { scale: 1.0, momentum: 1.0, progress: 0.0, guard: Guard::Before }
    }
}

/// When a step looks for gradients that are NaN or infinite.
///
/// ```
/// use tunesmith_optim::{Guard, Layout, Pace, Rule, Sgd};
/// use tunesmith_tensor::{DType, Par};
///
/// // The slab is worked on in parts; the last of these three holds the bad gradient.
/// let mut gradient = vec![1.0_f32; 10_000];
/// gradient[9_999] = f32::NAN;
/// for (guard, first) in [(Guard::Before, 0.5), (Guard::Along, 0.25)] {
///     let mut optimizer = Sgd { lr: 0.25, ..Sgd::default() }.optimizer();
///     optimizer.init(&Layout::packed([("x", vec![10_000])]), DType::F32);
///     let mut x = vec![0.5_f32; 10_000];
///     let pace = Pace { guard, ..Pace::default() };
///     assert!(optimizer.step(&mut x, &[&gradient], pace, Par::Seq).is_err());
///     assert_eq!((x[0], x[9_999]), (first, 0.5));
/// }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Guard {
    /// In a pass of its own, before anything changes: a step that is refused leaves values and state as they were.
    #[default]
    Before,
    /// In the pass that steps, which saves reading the gradients twice: a seventh of Adam's time, a quarter of SGD's,
    /// when they are more than the cache holds. A step that is refused leaves values and state finite, but may have
    /// changed some of them: for a caller who gives up then, or goes back to a copy.
    Along,
}

/// What a transform is told about the step it is part of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// The number of this step: 1 for the first since the optimizer was made, or since the parameters at hand were no
    /// longer frozen. Refused steps do not count.
    pub count: u64,
    /// The factor of the learning rate: the schedule's, times that of the [group](crate::Group) the parameters at hand
    /// belong to.
    pub scale: f64,
    /// The factor of the momentum: see [`momentum`](Step::momentum).
    pub momentum: f64,
    /// The share of the training that is done, 0 to 1.
    pub progress: f64,
    /// The factor of penalties and decay for the parameters at hand: see [`decay`](Step::decay).
    pub decays: f64,
    /// What this transform measured of all elements; zeros unless its scope is global.
    pub sums: Sums,
    /// What this transform keeps for the whole slab: as the last step left it in
    /// [`measure`](crate::Transform::measure), of this step in [`update`](crate::Transform::update).
    pub globals: Globals,
}

impl Default for Step {
    fn default() -> Self {
        let (sums, globals) = (Sums::default(), Globals::default());
        Self { count: 0, scale: 1.0, momentum: 1.0, progress: 0.0, decays: 1.0, sums, globals }
    }
}

impl Step {
    /// The strength of a penalty or decay for the parameters at hand: as given, times their groups'
    /// factor.
    #[must_use]
    pub fn decay(&self, strength: f64) -> f64 {
        strength * self.decays
    }

    /// The share of the past that a sum or a mean keeps in this step: as given, times the factor of its schedule.
    #[must_use]
    pub fn momentum(&self, memory: f64) -> f64 {
        self.momentum * memory
    }

    /// `1 - beta^count`: how much of its final weight a running mean that started at zero has by now.
    #[must_use]
    pub fn bias_correction(&self, beta: f64) -> f64 {
        1.0 - beta.powf(self.count as f64)
    }
}

/// Why a step was not taken; what is left of values and state, its [`Guard`] says.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum StepError {
    /// A gradient is NaN or infinite.
    NonFinite {
        /// The parameter; empty for padding.
        segment: String,
        /// The element's place in the slab.
        index: usize,
        /// The gradient there, summed over the shards.
        value: f64,
    },
}

impl fmt::Display for StepError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NonFinite { segment, index, value } => write!(
                f,
                "the gradient of `{segment}` is {value} (element {index} of the slab); lower the learning rate or \
                 clip gradients"
            ),
        }
    }
}

impl std::error::Error for StepError {}
