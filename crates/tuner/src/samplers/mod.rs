//! The samplers, one file or folder each.

mod auto;
mod random;
mod tpe;

pub use auto::Auto;
pub use random::Random;
pub use tpe::Tpe;
