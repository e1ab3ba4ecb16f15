//! The samplers, one file or folder each.

mod auto;
mod random;
pub(crate) mod tpe;

pub use auto::Auto;
pub use random::Random;
pub use tpe::Tpe;
