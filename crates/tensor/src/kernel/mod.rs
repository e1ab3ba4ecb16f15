//! The kernels: loops on slices, generic over [`Real`], without shapes, tensors or allocation.
//!
//! Every kernel checks its lengths once, runs on one thread and gives the same bits on every instruction set
//! (except [`gemm::gemm`], whose products use fused multiply-add where the machine has it). A caller who wants
//! threads cuts the slices with [`Par`](crate::Par).
//!
//! | module | holds |
//! |---|---|
//! | [`elementwise`] | `map`, `zip` and their row and column broadcasts |
//! | [`reduce`] | sums, extremes, along slices, rows, columns, any axis |
//! | [`softmax`] | softmax, log-softmax, log-sum-exp of rows |
//! | [`gemm`] | the matrix product |
//! | [`arena`] | one aligned buffer, cut into places |

mod approx;
pub mod arena;
pub mod elementwise;
mod erf;
pub mod gemm;
mod real;
pub mod reduce;
mod simd;
pub mod softmax;
mod tiny;

pub use arena::{Arena, Place};
pub use real::Real;
pub use simd::{Level, vectorize};
