//! All that the author of a layer, an activation, a loss or an initialiser imports.

pub use tunesmith_autodiff::{Graph, Var};
pub use tunesmith_core::{Count, Describe, Error, Generator, Param, Plug, Sizes, register};
pub use tunesmith_tensor::Shape;

pub use crate::activation::{Activation, ActivationEntry};
pub use crate::init::{Fans, Init, InitEntry};
pub use crate::layer::{Layer, LayerEntry, Sample};
pub use crate::loss::{Batch, ClassWeights, Loss, LossEntry, Targets};
pub use crate::trace::{Mode, Trace};
