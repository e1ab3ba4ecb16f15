//! Layers, activations, losses and initialisers; a model from a list of them.
//!
//! A model is a description: [`Sequential`] holds layers, tracing it on a [`Graph`](tunesmith_autodiff::Graph) for a
//! batch size gives the computation, and its parameters are one slab of numbers that the caller owns.
//!
//! ```
//! use tunesmith_nn::{Sequential, layers::Dense};
//! let model = Sequential::new([4]).with(Dense::new(10).activation("relu")).with(Dense::new(3));
//! assert_eq!(model.params().len(), 4); // two weights, two biases
//! assert_eq!(model.param_count(), 4 * 10 + 10 + 10 * 3 + 3);
//! let logits = model.predict::<f64>(&model.initial_params(0), &[0.5; 8]);
//! assert_eq!(logits.len(), 2 * 3);
//! ```
//!
//! Every layer, activation, loss and initialiser is a plug-in: one file, registered where it is defined, built from a
//! recipe by name. Weight names and layouts are PyTorch's (`0.weight` is `[out, in]`).
//!
//! This crate knows nothing of optimizers, data sets and files.

pub mod activation;
pub mod init;
pub mod layers;
pub mod loss;

mod layer;
mod trace;

mod quantized;
mod sequential;
mod side_by_side;
mod summary;

pub mod conform;
#[doc(hidden)]
pub mod parity;
pub mod plugin;

pub use activation::{Activation, ActivationEntry};
pub use init::{Init, InitEntry};
pub use layer::{Layer, LayerEntry, Sample};
pub use loss::{Batch, ClassWeights, Loss, LossEntry, Targets};
pub use quantized::Quantized;
pub use sequential::{Param, Sequential, Traced};
pub use side_by_side::SideBySide;
pub use summary::{Row, Summary};
pub use trace::{Mode, Trace, WholeColumns};
