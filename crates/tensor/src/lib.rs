//! N-dimensional arrays and the CPU kernels under them.

mod dtype;
pub mod kernel;
mod par;

pub use dtype::DType;
pub use par::Par;

mod shape;
pub use shape::Shape;
