//! `Layer`: a part of a model, and the registry of layers.

use std::fmt::Debug;

use tunesmith_autodiff::Var;
use tunesmith_core::{Describe, Error, Meta, Place, from_table, kind};

use crate::Trace;

/// A part of a model: records its computation and makes its parameters.
pub trait Layer: Debug + Send + Sync {
    /// Records the computation on a batch `[rows, ...]`.
    ///
    /// # Errors
    /// When the input's shape cannot be used, with what would be right.
    fn forward(&self, trace: &mut Trace, input: &Var) -> Result<Var, Error>;
}

kind! {
    /// A registered layer.
    pub struct LayerEntry: "layer", "layers" => Box<dyn Layer>;
}

impl LayerEntry {
    /// The entry of a described layer.
    #[must_use]
    pub const fn of<T: Describe + Layer>(place: Place) -> Self {
        Self::new(Meta::of::<T>(place), |table, at| Ok(Box::new(from_table::<T>(table, at)?)))
    }
}
