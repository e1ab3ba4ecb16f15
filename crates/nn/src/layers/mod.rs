//! The layers, one file each.

mod activation;
mod dense;
mod dropout;
mod flatten;
mod repeat;

pub use activation::ActivationLayer;
pub use dense::Dense;
pub use dropout::Dropout;
pub use flatten::Flatten;
pub use repeat::Repeat;
