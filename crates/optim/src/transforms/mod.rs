//! The transforms rules are made of, simplest first: one idea, one file.

mod scale;

mod penalty;

mod clip;

mod momentum;

mod root_sum;

mod rms;

mod adam;

pub use adam::ScaleByAdam;
pub use clip::{ClipByGlobalNorm, ClipByValue, clip_by_global_norm, clip_by_value};
pub use momentum::Momentum;
pub use penalty::{AddL1, AddL2};
pub use rms::ScaleByRms;
pub(crate) use rms::deviation;
pub use root_sum::ScaleByRootSum;
pub use scale::ScaleByLearningRate;
