//! The pruners, one file each.

mod asha;
mod median;
mod none;
mod rungs;

pub use asha::Asha;
pub use median::Median;
pub use none::NoPruning;
