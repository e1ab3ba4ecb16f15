//! `Transform`: one idea about how gradients become updates; rules are short chains of these.

use std::fmt::Debug;

use tunesmith_tensor::kernel::Real;

use crate::{Chunk, StateSpec, Step, Sums};

/// How much of the slab a transform must see at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Scope {
    /// One element: the slab comes in chunks, in any order and on any thread.
    Element,
    /// One element and sums over all: [`Transform::measure`] sees every chunk before [`Transform::update`] sees the
    /// first.
    Global,
    /// One whole parameter: a chunk is one parameter.
    Tensor,
}

/// One idea about how gradients become updates.
///
/// The updates of the first transform of a chain are the gradients; what the last one makes of them is subtracted
/// from the values. A transform is generic over the element type in its methods and knows nothing of threads: it is
/// handed one [`Chunk`] after the other. See [`Chunk::each`] for an example.
pub trait Transform: Debug + Send + Sync + 'static {
    /// The state the transform keeps between steps.
    fn states(&self) -> Vec<StateSpec> {
        Vec::new()
    }

    /// How much of the slab it must see at once.
    fn scope(&self) -> Scope {
        Scope::Element
    }

    /// Sums over one chunk; the sums over all chunks are in [`Step::sums`] when [`update`](Transform::update) is
    /// called. Only asked of transforms of the scope [`Global`](Scope::Global).
    fn measure<T: Real>(&self, step: &Step, view: View<'_, T>) -> Sums {
        let _ = (step, view);
        Sums::default()
    }

    /// Replaces the chunk's updates, and its state.
    fn update<T: Real>(&self, step: &Step, chunk: Chunk<'_, T>);
}

/// A chunk to be measured.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct View<'a, T> {
    /// The updates so far.
    pub update: &'a [T],
    /// The values.
    pub value: &'a [T],
}
