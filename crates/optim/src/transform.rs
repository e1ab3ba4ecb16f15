//! `Transform`: one idea about how gradients become updates; rules are short chains of these.

use std::fmt::Debug;

use tunesmith_tensor::kernel::Real;

use crate::{Chunk, Globals, MAX_STATES, Segment, StateSpec, Step, Sums};

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

/// What becomes of an element whose gradient is zero: whether the rows of a large table that a batch does not meet can be
/// left out of a step. See [`Layout::sparse`](crate::Layout::sparse).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Idle {
    /// Its value and its state stay as they are, and it adds nothing to sums: it can be left out, and nobody can tell.
    /// (But for a value or a state that a step would round to zero, being below 1e-31 in `f32`, 1e-292 in `f64`.)
    Stays,
    /// Momentum or decay moves it by itself. Where rows are sparse, it is left out all the same: a step without a gradient
    /// is then no step for it.
    Moves,
    /// It has to be seen: the transform looks at whole parameters, or goes by what it did in each step before.
    Needed,
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

    /// What becomes of an element whose updates are zero. Most transforms of single elements, such as a running mean, can
    /// say [`Idle::Moves`]; nothing but the transform itself knows, so it is taken to be needed unless it says otherwise.
    fn idle(&self) -> Idle {
        Idle::Needed
    }

    /// Sums over one chunk; the sums over all chunks are in [`Step::sums`] when [`update`](Transform::update) is
    /// called. Only asked of transforms of the scope [`Global`](Scope::Global).
    fn measure<T: Real>(&self, step: &Step, view: View<'_, T>) -> Sums {
        let _ = (step, view);
        Sums::default()
    }

    /// Changes the numbers it keeps for the whole slab: called once per step, behind
    /// [`measure`](Transform::measure) and before the first [`update`](Transform::update). Only asked of transforms
    /// that declare some (see [`StateSpec::global`]).
    fn settle(&self, step: &Step, globals: &mut Globals) {
        let _ = (step, globals);
    }

    /// Replaces the chunk's updates, and its state.
    fn update<T: Real>(&self, step: &Step, chunk: Chunk<'_, T>);

    /// How many elements of working memory an update of a parameter of that shape needs: handed over in
    /// [`Parts::scratch`](crate::Parts::scratch) with any content. Only asked of transforms of the scope
    /// [`Tensor`](Scope::Tensor).
    fn scratch(&self, shape: &[usize]) -> usize {
        let _ = shape;
        0
    }

    /// What the updates add to the loss for one whole parameter, where they are the gradient of a penalty: what is to be
    /// known by rules that compare losses. Zero for anything else.
    fn penalty<T: Real>(&self, step: &Step, segment: &Segment, value: &[T]) -> f64 {
        let _ = (step, segment, value);
        0.0
    }

    /// Whether the values to evaluate with are not those that are trained but what
    /// [`average`](Transform::average) writes.
    fn averages(&self) -> bool {
        false
    }

    /// Writes the values to evaluate with, such as an average over the steps so far. Only asked of transforms that
    /// say so in [`averages`](Transform::averages), after at least one step; the view has no updates.
    fn average<T: Real>(&self, step: &Step, view: View<'_, T>, into: &mut [T]) {
        let _ = step;
        into.copy_from_slice(view.value);
    }
}

/// A chunk to be measured.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct View<'a, T> {
    /// The updates so far.
    pub update: &'a [T],
    /// The values.
    pub value: &'a [T],
    pub(crate) state: [&'a [T]; MAX_STATES],
}

impl<'a, T> View<'a, T> {
    /// The first `N` of the declared states, those for the whole slab left out; a state that does not hold one number
    /// per element is empty.
    #[must_use]
    pub fn state<const N: usize>(&self) -> [&'a [T]; N] {
        std::array::from_fn(|i| self.state[i])
    }
}
