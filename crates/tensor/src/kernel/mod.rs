//! The kernels: loops on slices, generic over [`Real`], without shapes, tensors or allocation.
//!
//! Every kernel checks its lengths once, runs on one thread and gives the same bits on every instruction set
//! (except [`gemm::gemm`], whose products use fused multiply-add where the machine has it). A caller who wants
//! threads cuts the slices with [`Par`](crate::Par).
//!
//! Two traps for who writes a closure for [`elementwise`], or a loop for [`vectorize`]:
//!
//! - A closure the compiler does not inline runs as scalar code for the oldest machine, ten times slower. It
//!   inlines one elementary function and some arithmetic by itself; for more, write `#[inline(always)] |x| ...`
//!   as the argument. The same holds for a closure bound to a name inside a kernel: make it a function marked
//!   `#[inline(always)]`.
//! - Where the type is known to be `f32`, `x.exp()` is the standard library's scalar function, not
//!   [`Real::exp`]. In code generic over `T: Real` there is no such doubt.
//!
//! | module | holds |
//! |---|---|
//! | [`elementwise`] | `map`, `zip` and their row and column broadcasts |
//! | [`reduce`] | sums, extremes, along slices, rows, columns, any axis |
//! | [`normalize`] | rows or columns brought to mean zero and variance one |
//! | [`softmax`] | softmax, log-softmax, log-sum-exp of rows |
//! | [`gemm`] | the matrix product |
//! | [`int8`] | products in whole numbers of eight bits, for prediction |
//! | [`conv`], [`pool`] | convolution and pooling of images |
//! | [`arena`] | one aligned buffer, cut into places |

mod approx;
pub mod arena;
pub mod conv;
pub mod elementwise;
mod erf;
mod fold;
pub mod gemm;
pub mod int8;
pub mod normalize;
pub mod pool;
mod real;
pub mod reduce;
mod simd;
pub mod softmax;

#[cfg(test)]
mod same_bits;

pub use arena::{Arena, Place};
pub use real::Real;
pub use simd::{Level, vectorize};
