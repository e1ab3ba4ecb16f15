//! Graphs of tensor operations: their derivatives, their plans, and running them without allocation.
//!
//! A computation goes through four stages, one type each:
//!
//! ```text
//! Graph + Var      a pure description; shapes are checked at the caller's line
//!    | gradient    adds the derivative as more graph (so it can be differentiated again)
//! Plan             dead nodes out, equal ones shared, elementwise chains fused, every value placed in one arena
//!    |
//! Runner           an arena and a flat list of kernel calls, run thousands of times
//! ```
//!
//! ```
//! use tunesmith_autodiff::{Feed, Graph, Runner};
//!
//! // The line through (0, 1), (1, 3), (2, 5), by gradient descent.
//! let graph = Graph::new();
//! let (x, y) = (graph.input("x", [3, 1]), graph.input("y", [3, 1]));
//! let (w, b) = (graph.param("w", [1, 1]), graph.param("b", [1]));
//! let loss = (x.matmul(&w) + &b - &y).square().mean();
//!
//! let mut runner = Runner::<f64>::new(graph.plan_training(&loss, &[]));
//! let (mut params, mut gradient) = ([0.0, 0.0], [0.0, 0.0]);
//! for _ in 0..500 {
//!     runner.run_training(
//!         Feed { params: &params, inputs: &[&[0.0, 1.0, 2.0], &[1.0, 3.0, 5.0]], ..Feed::default() },
//!         &mut gradient,
//!     );
//!     params.iter_mut().zip(&gradient).for_each(|(p, g)| *p -= 0.1 * g);
//! }
//! assert!((params[0] - 2.0).abs() < 1e-6 && (params[1] - 1.0).abs() < 1e-6);
//! ```
//!
//! An operation is a [`Primitive`](op::Primitive); the built-in ones stand one concept a file in [`ops`]. Every one
//! registers cases for the [gradient check](gradcheck), and so does an operation of another crate.
//!
//! This crate knows nothing of layers, optimizers and files. Deliberately absent: devices, shapes as types, and a
//! tape that records while it computes.

mod precision;

mod graph;
mod var;

pub mod op;
pub mod ops;

mod derivative;

mod plan;

mod gradients;
mod runner;

pub mod gradcheck;

pub use gradients::{Gradients, Table};
pub use graph::Graph;
pub use op::Element;
pub use plan::{Cost, ParamPlace, Plan};
pub use precision::Precision;
pub use runner::{Feed, Runner, Timing};
pub use var::Var;

#[doc(hidden)]
pub use tunesmith_core::inventory; // `gradient_cases!` expands to it in other crates
