//! The transforms rules are made of, and those that stand before and behind them: one idea, one file.

mod norm;

// Before a rule.
mod clip;
mod noise;
mod orthogonality;
mod penalty;

// What rules are made of.
mod adam;
mod momentum;
mod rms;
mod root_sum;
mod scale;
mod schedule_free;
mod trust_ratio;

// Behind a rule.
mod constraint;

pub(crate) use adam::AdamStep;
pub use adam::ScaleByAdam;
pub use clip::{ClipByGlobalNorm, ClipByValue, clip_by_global_norm, clip_by_value};
pub use constraint::ConstrainNorm;
pub use momentum::Momentum;
pub use noise::AddNoise;
pub(crate) use norm::{norm, root_mean_square, sum_of_squares};
pub use orthogonality::AddOrthogonality;
pub use penalty::{AddL1, AddL2};
pub use rms::ScaleByRms;
pub(crate) use rms::variance;
pub use root_sum::ScaleByRootSum;
pub use scale::ScaleByLearningRate;
pub use schedule_free::ScheduleFree;
pub use trust_ratio::ScaleByTrustRatio;
