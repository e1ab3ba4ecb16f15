//! The samplers, one file or folder each.

mod random;

pub use random::Random;
