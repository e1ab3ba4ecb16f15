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
/// assert_eq!(Pace::default(), Pace { scale: 1.0, progress: 0.0 });
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    /// The schedule's factor of the learning rate.
    pub scale: f64,
    /// The share of the training that is done, 0 to 1.
    pub progress: f64,
}

impl Default for Pace {
    fn default() -> Self {
        Self { scale: 1.0, progress: 0.0 }
    }
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
    /// The share of the training that is done, 0 to 1.
    pub progress: f64,
    /// Whether penalties and decay hold for the parameters at hand: see [`decay`](Step::decay).
    pub decays: bool,
    /// What this transform measured of all elements; zeros unless its scope is global.
    pub sums: Sums,
    /// What this transform keeps for the whole slab: as the last step left it in
    /// [`measure`](crate::Transform::measure), of this step in [`update`](crate::Transform::update).
    pub globals: Globals,
}

impl Default for Step {
    fn default() -> Self {
        let (sums, globals) = (Sums::default(), Globals::default());
        Self { count: 0, scale: 1.0, progress: 0.0, decays: true, sums, globals }
    }
}

impl Step {
    /// The strength of a penalty or decay for the parameters at hand: as given, or zero where a group has none.
    #[must_use]
    pub fn decay(&self, strength: f64) -> f64 {
        if self.decays { strength } else { 0.0 }
    }

    /// `1 - beta^count`: how much of its final weight a running mean that started at zero has by now.
    #[must_use]
    pub fn bias_correction(&self, beta: f64) -> f64 {
        1.0 - beta.powf(self.count as f64)
    }
}

/// Why a step was not taken; values and state are as they were before.
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
