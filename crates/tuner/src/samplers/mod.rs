//! The samplers, one file or folder each.

mod random;
mod tpe;

pub use random::Random;
pub use tpe::Tpe;
