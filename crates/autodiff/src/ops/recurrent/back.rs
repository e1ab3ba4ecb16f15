//! `RecurrentGradient`: the walk back: the derivatives by the gates of all steps.

use tunesmith_tensor::Shape;
use tunesmith_tensor::kernel::{Real, elementwise};

use super::slots::Slots;
use super::unrolled;
use super::weight::Weight;
use super::{Back, Cell, Direction};
use crate::Var;
use crate::op::{Call, Primitive, Site};

/// From the derivative by a stretch of the outputs' slots, all that [`Recurrent`](super::Recurrent) put out, and the
/// recurrent weights: the derivative by the projected inputs, `[time, rows, GATES * units]`, and behind it, where
/// [`Cell::APART`], that by the recurrent part.
#[derive(Clone, Debug)]
pub struct RecurrentGradient<C> {
    /// The rule of a step.
    pub cell: C,
    /// The order in which the steps were computed.
    pub direction: Direction,
    /// The first of the slots that the derivative is by.
    pub first: usize,
}

impl<C: Cell> RecurrentGradient<C> {
    pub(super) fn slots(&self, all: &Shape) -> Slots {
        let parts = 1 + usize::from(C::STATE);
        Slots::of::<C>((all.dims()[0] - parts) / (parts + C::KEPT), self.direction, true)
    }
}

/// How many derivatives by gates are put out.
fn parts<C: Cell>() -> usize {
    1 + usize::from(C::APART)
}

impl<C: Cell> Primitive for RecurrentGradient<C> {
    const NAME: &'static str = C::GRADIENT;

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        match (inputs[0].dims(), inputs[1].dims()) {
            (&[_, rows, units], &[slots, all_rows, all_units])
                if [rows, units] == [all_rows, all_units] && slots == self.slots(&inputs[1]).count() =>
            {
                let steps = self.slots(&inputs[1]).steps;
                Ok(Shape::from([parts::<C>() * steps, rows, C::GATES * units]))
            }
            _ => Err(format!("slots [slots, rows, units] are needed, found {} and {}", inputs[0], inputs[1])),
        }
    }

    fn run<T: Real>(&self, call: Call<'_, T>) {
        let &[gradient, all, weight] = call.inputs else { unreachable!("three operands") };
        let &[given, rows, units] = call.shapes[0].dims() else { unreachable!("checked while building") };
        let (slots, len, wide) = (self.slots(&call.shapes[1]), rows * units, C::GATES * units);
        let (weight, room) = Weight::new(weight, (units, 1), [wide, units], call.scratch);
        let (by_hidden, by_state) = room.split_at_mut(len);
        by_hidden.fill(T::ZERO);
        by_state.fill(T::ZERO);
        let [outputs, states, _] = slots.parts();
        let (hidden, rest) = all.split_at(outputs * len);
        let (state, kept) = rest.split_at(states * len);
        let place = |whole: &'_ [T], slot: usize| -> std::ops::Range<usize> {
            if whole.is_empty() { 0..0 } else { slot * len..(slot + 1) * len }
        };
        let (by_projected, by_recurrent) = call.out.split_at_mut(slots.steps * rows * wide);
        let beta = if C::DIRECT { T::ONE } else { T::ZERO };
        for nth in (0..slots.steps).rev() {
            let time = slots.time(nth);
            let (before, after) = (slots.before(time), slots.after(time));
            if (self.first..self.first + given).contains(&after) {
                let upstream = &gradient[(after - self.first) * len..][..len];
                elementwise::zip_in_place(by_hidden, upstream, |sum, x| sum + x);
            }
            let gates = time * rows * wide..(time + 1) * rows * wide;
            let by_recurrent = if C::APART { &mut by_recurrent[gates.clone()] } else { &mut [] };
            let by_projected = &mut by_projected[gates];
            self.cell.back(Back {
                units,
                hidden_before: &hidden[place(hidden, before)],
                hidden: &hidden[place(hidden, after)],
                state_before: &state[place(state, before)],
                state: &state[place(state, after)],
                kept: &kept[slots.kept(time) * len..][..C::KEPT * len],
                by_hidden,
                by_state,
                by_projected,
                by_recurrent,
            });
            if nth > 0 {
                let by_gates = if C::APART { by_recurrent } else { by_projected };
                weight.times(by_gates, rows, beta, by_hidden);
            }
        }
    }

    fn derivative(&self, site: &Site<'_>) -> Vec<Option<Var>> {
        unrolled::second_derivative(self, site)
    }

    fn scratch(&self, inputs: &[Shape], output: &Shape) -> usize {
        let (units, wide) = (inputs[0].dims()[2], output.dims()[2]);
        let len = inputs[0].dims()[1] * units;
        Weight::<f32>::room(wide, units) + len * (1 + usize::from(C::STATE))
    }

    fn flops(&self, inputs: &[Shape], output: &Shape) -> u64 {
        let units = inputs[0].dims()[2] as u64;
        (output.numel() / parts::<C>()) as u64 * (2 * units + 6)
    }

    fn products(&self, inputs: &[Shape], output: &Shape) -> Vec<(usize, [usize; 3])> {
        let (rows, units) = (inputs[0].dims()[1], inputs[0].dims()[2]);
        let gates = C::GATES * units;
        vec![(output.numel() / parts::<C>() / (rows * gates).max(1), [rows, gates, units])]
    }
}
