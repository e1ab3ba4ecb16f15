//! The transforms rules are made of, simplest first: one idea, one file.

mod norm;

mod scale;

mod penalty;

mod clip;

mod momentum;

mod root_sum;

mod rms;

mod adam;

mod trust_ratio;

mod schedule_free;

pub(crate) use adam::AdamStep;
pub use adam::ScaleByAdam;
pub use clip::{ClipByGlobalNorm, ClipByValue, clip_by_global_norm, clip_by_value};
pub use momentum::Momentum;
pub(crate) use norm::{norm, root_mean_square, sum_of_squares};
pub use penalty::{AddL1, AddL2};
pub use rms::ScaleByRms;
pub(crate) use rms::variance;
pub use root_sum::ScaleByRootSum;
pub use scale::ScaleByLearningRate;
pub use schedule_free::ScheduleFree;
pub use trust_ratio::ScaleByTrustRatio;
