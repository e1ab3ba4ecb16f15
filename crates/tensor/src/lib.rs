//! N-dimensional arrays and the CPU kernels under them.
//!
//! ```
//! use tunesmith_tensor::{DType, Tensor};
//!
//! // Least squares: fit y = 2 x + 1 from four points.
//! let x = Tensor::from([0.0f64, 1.0, 2.0, 3.0]);
//! let y = &x * 2.0 + 1.0;
//! let design = Tensor::stack(&[&x, &Tensor::ones([4], DType::F64)], 1);
//! let normal = design.t().matmul(&design);
//! let fit = normal.solve(&design.t().matmul(&y)).expect("two distinct points are enough");
//! assert!(fit.all_close(&Tensor::from([2.0f64, 1.0]), 1e-12, 0.0).is_ok());
//! ```
//!
//! | file | holds |
//! |---|---|
//! | `shape.rs`, `layout.rs` | sizes, broadcasting, the messages about shapes; strides |
//! | `dtype.rs`, `element.rs`, `dispatch.rs` | `f32`, `f64`, `i64` as data and as types, and the one match between |
//! | `storage.rs` | shared elements, copied when written |
//! | `tensor.rs`, `view.rs` | building, reading, converting; reshape, slice, expand without copying |
//! | `unary.rs`, `binary.rs` | elementwise functions, operators, comparisons |
//! | `reduce.rs`, `matmul.rs` | sums, extremes, softmax along axes; products |
//! | `index.rs`, `join.rs` | gather and scatter; cat, stack, split |
//! | `linalg.rs` | nalgebra in and out, solving, decompositions |
//! | `close.rs`, `display.rs` | comparing and printing |
//! | `kernel/` | loops on slices, the only place with `unsafe` |
//! | `par.rs` | one thread or rayon's pool, as an argument |
//!
//! Deliberately absent: gradients (the crate `tunesmith-autodiff` runs the same kernels), randomness
//! ([`Tensor::from_fn`] takes a generator), names, devices, broadcasting that changes an operand in place, and
//! element types beyond the three. The tensor methods use one thread; a caller with threads cuts the work itself.

mod binary;
mod close;
mod dispatch;
mod display;
mod dtype;
mod element;
mod index;
mod join;
pub mod kernel;
mod layout;
mod linalg;
mod matmul;
mod par;
mod reduce;
mod shape;
mod storage;
mod tensor;
mod unary;
mod view;

pub use close::Mismatch;
pub use dtype::DType;
pub use element::Element;
pub use linalg::LinalgError;
pub use par::Par;
pub use shape::{MAX_AXES, Shape};
pub use tensor::Tensor;
