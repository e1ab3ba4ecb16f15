//! The pruners and schedulers, one file each.

mod settings;

mod asha;
mod median;
mod none;
mod patient;
mod percentile;
mod plateau;
mod rungs;
mod stopping_halving;
mod threshold;
mod wilcoxon;

pub use asha::Asha;
pub use median::Median;
pub use none::NoPruning;
pub use patient::Patient;
pub use percentile::Percentile;
pub use plateau::Plateau;
pub use stopping_halving::StoppingHalving;
pub use threshold::Threshold;
pub use wilcoxon::Wilcoxon;
