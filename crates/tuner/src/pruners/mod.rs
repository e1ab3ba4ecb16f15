//! The pruners and schedulers, one file each.

mod bandit;
mod brackets;
mod explore;
mod population;
mod ranking;
mod rungs;
mod settings;

mod asha;
mod extrapolation;
mod freeze_thaw;
mod hyperband;
mod i_epoch;
mod median;
mod none;
mod pasha;
mod patient;
mod pb2;
mod pbt;
mod percentile;
mod plateau;
mod stopping_halving;
mod successive_halving;
mod threshold;
mod wilcoxon;

pub use asha::Asha;
pub use extrapolation::Extrapolate;
pub use freeze_thaw::FreezeThaw;
pub use hyperband::Hyperband;
pub use i_epoch::IEpoch;
pub use median::Median;
pub use none::NoPruning;
pub use pasha::Pasha;
pub use patient::Patient;
pub use pb2::Pb2;
pub use pbt::Pbt;
pub use percentile::Percentile;
pub use plateau::Plateau;
pub use stopping_halving::StoppingHalving;
pub use successive_halving::SuccessiveHalving;
pub use threshold::Threshold;
pub use wilcoxon::Wilcoxon;
