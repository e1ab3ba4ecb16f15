//! `Slots`: where the values of a step lie in what the walk puts out.

use tunesmith_tensor::Shape;

use super::{Cell, Direction};

/// The output of [`Recurrent`](super::Recurrent) is `[slots, rows, units]`: outputs, then states, then what steps kept.
///
/// Outputs and states have a slot more than there are steps, for their zeros before the first one: the slots before every
/// step, in order of time, are one contiguous stretch, which is what the derivative by the recurrent weights multiplies.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slots {
    pub(super) steps: usize,
    direction: Direction,
    /// Without what the way back needs, states take turns in two slots, and each step keeps in the same.
    all: bool,
    stateful: bool,
    kept: usize,
}

impl Slots {
    pub(super) fn of<C: Cell>(steps: usize, direction: Direction, all: bool) -> Self {
        Self { steps, direction, all, stateful: C::STATE, kept: C::KEPT }
    }

    /// The place in time of the step that is computed as `nth`.
    pub(super) fn time(&self, nth: usize) -> usize {
        match self.direction {
            Direction::Forward => nth,
            Direction::Backward => self.steps - 1 - nth,
        }
    }

    /// The slot of the outputs before the step at a time.
    pub(super) fn before(&self, time: usize) -> usize {
        time + usize::from(self.direction == Direction::Backward)
    }

    /// The slot of the outputs of the step at a time.
    pub(super) fn after(&self, time: usize) -> usize {
        time + usize::from(self.direction == Direction::Forward)
    }

    /// The place among the states of what belongs to a slot of outputs.
    pub(super) fn state(&self, slot: usize) -> usize {
        if self.all { slot } else { slot % 2 }
    }

    /// The place among what is kept of the step at a time.
    pub(super) fn kept(&self, time: usize) -> usize {
        if self.all { self.kept * time } else { 0 }
    }

    /// How many slots outputs, states and what is kept have.
    pub(super) fn parts(&self) -> [usize; 3] {
        let (states, kept) = if self.all { (self.steps + 1, self.steps) } else { (2, 1) };
        [self.steps + 1, if self.stateful { states } else { 0 }, self.kept * kept]
    }

    /// How many slots there are.
    pub(super) fn count(&self) -> usize {
        self.parts().iter().sum()
    }
}

/// Steps, rows and units of a walk.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    pub(super) steps: usize,
    pub(super) rows: usize,
    pub(super) units: usize,
}

impl Sizes {
    /// From the shapes of projected inputs, recurrent weights and the two biases.
    pub(super) fn of<C: Cell>(inputs: &[Shape]) -> Result<Self, String> {
        let (gates, found) = (C::GATES, |i: usize| inputs[i].to_string());
        match (inputs[0].dims(), inputs[1].dims(), inputs[2].dims(), inputs[3].dims()) {
            (&[steps, rows, wide], &[out, units], &[a], &[b])
                if steps > 0 && units > 0 && [wide, out, a, b] == [gates * units; 4] =>
            {
                Ok(Self { steps, rows, units })
            }
            _ => Err(format!(
                "projected inputs [time, rows, {gates} units], weights [{gates} units, units] and two biases \
                 [{gates} units] are needed, with at least one step, found {}, {}, {} and {}",
                found(0),
                found(1),
                found(2),
                found(3)
            )),
        }
    }
}
