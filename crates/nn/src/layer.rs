//! `Layer`: a part of a model, and the registry of layers.

use std::any::Any;
use std::fmt::Debug;

use tunesmith_autodiff::Var;
use tunesmith_core::{Describe, Error, Meta, Place, from_table, kind};

use tunesmith_tensor::Shape;

use crate::Trace;

/// The kind of sample a layer is tried on by the conformance suite.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// The shape, without the rows.
    pub shape: Shape,
    /// Samples hold whole numbers from zero up to, not including, this; any numbers when it is `None`.
    pub below: Option<usize>,
}

impl Sample {
    /// Any numbers in that shape.
    #[must_use]
    pub fn numbers(shape: impl Into<Shape>) -> Self {
        Self { shape: shape.into(), below: None }
    }

    /// Whole numbers below a bound in that shape.
    #[must_use]
    pub fn whole(shape: impl Into<Shape>, below: usize) -> Self {
        Self { shape: shape.into(), below: Some(below) }
    }
}

/// A part of a model: records its computation and makes its parameters.
pub trait Layer: Any + Debug + Send + Sync {
    /// Records the computation on a batch `[rows, ...]`.
    ///
    /// # Errors
    /// When the input's shape cannot be used, with what would be right.
    fn forward(&self, trace: &mut Trace, input: &Var) -> Result<Var, Error>;

    /// Records the layer of several trials at once ([`SideBySide`](crate::SideBySide)): `trials` are those layers, all of
    /// this kind, this one the first.
    ///
    /// A layer that looks at one row at a time, learns nothing and draws no random numbers need not write this. Others use
    /// what [`Trace`] has for each trial, or cannot be trained in a group.
    ///
    /// # Errors
    /// What the trials must have in common, and what [`forward`](Layer::forward) returns.
    fn forward_of_each(&self, trace: &mut Trace, trials: &[&dyn Layer], input: &Var) -> Result<Var, Error> {
        let _ = trials;
        trace.rows_of_each(|trace| self.forward(trace, input))
    }

    /// What the layer with its defaults is tried on by the conformance suite: six numbers, unless it needs another shape.
    fn sample(&self) -> Sample {
        Sample::numbers([6])
    }
}

impl dyn Layer {
    /// The layers as what they are, when all are of that kind.
    ///
    /// # Panics
    /// When one is not: the trials of a group have layers of one kind.
    pub(crate) fn all_of<'a, L: Layer>(layers: &[&'a dyn Layer]) -> Vec<&'a L> {
        let of_kind = |layer: &&'a dyn Layer| {
            let any: &dyn Any = *layer;
            any.downcast_ref().expect("the layers of a group were found to be of one kind")
        };
        layers.iter().map(of_kind).collect()
    }
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
