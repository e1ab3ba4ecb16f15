//! One pass of one step: tasks, chunks, and what runs on each chunk.

use std::ops::Range;

use tunesmith_tensor::Par;
use tunesmith_tensor::kernel::{Real, reduce};

use super::{End, Pass, Plan, Tables};
use crate::chunk::{CHUNK, Target, sum_shards};
use crate::state::States;
use crate::{Chunk, Step, Sums, View};

/// Elements one task works on, a multiple of `CHUNK`: some tens of microseconds, well above what a task costs.
const TASK: usize = 16 * CHUNK;
/// Slabs up to this size use a scratch buffer that is cheap to clear.
const SMALL: usize = 256;
/// Values below which a pass takes less time than waking a second core.
pub(super) const WORTH_WAKING: usize = 1 << 18;

/// The parts of all slabs that a task works on.
pub(super) struct Work<'a, T> {
    /// Place of the first element.
    pub(super) offset: usize,
    pub(super) value: &'a mut [T],
    /// Empty when the chain stores nothing.
    pub(super) stored: &'a mut [T],
    pub(super) state: States<'a, T>,
}

impl<T> Work<'_, T> {
    fn split_at(self, at: usize) -> (Self, Self) {
        let (value, value_right) = self.value.split_at_mut(at);
        let (stored, stored_right) = self.stored.split_at_mut(at.min(self.stored.len()));
        let (state, state_right) = self.state.split_at(at);
        (
            Self { offset: self.offset, value, stored, state },
            Self { offset: self.offset + at, value: value_right, stored: stored_right, state: state_right },
        )
    }
}

/// What a pass found out.
#[derive(Clone, Copy)]
pub(super) struct Found {
    pub(super) finite: bool,
    pub(super) sums: Sums,
}

impl Found {
    const NOTHING: Self = Self { finite: true, sums: [0.0; 4] };

    fn and(mut self, other: &Self) -> Self {
        self.finite &= other.finite;
        for (sum, more) in self.sums.iter_mut().zip(other.sums) {
            *sum += more;
        }
        self
    }
}

/// One pass of one step.
pub(super) struct Sweep<'a, T> {
    pub(super) plan: &'a Plan<T>,
    pub(super) pass: &'a Pass,
    /// Where gradients are known to be zero.
    pub(super) tables: Tables<'a, T>,
    /// Whether to look for gradients that are not finite.
    pub(super) check: bool,
    pub(super) step: Step,
    pub(super) gradients: &'a [&'a [T]],
    pub(super) par: Par,
}

/// Whether all numbers are finite.
fn is_finite<T: Real>(numbers: &[T]) -> bool {
    // Zero times a finite number is zero, times any other NaN.
    !reduce::sum_by(numbers, |x| x * T::ZERO).is_nan()
}

impl<T: Real> Sweep<'_, T> {
    /// Halves the work at chunk borders until it is one task; where it is cut never depends on the machine.
    pub(super) fn run(&self, work: Work<'_, T>) -> Found {
        let length = work.value.len();
        let place = work.offset..work.offset + length;
        if self.tables.first_work(&place) == place.end {
            Found::NOTHING
        } else if length > TASK {
            let (left, right) = work.split_at(length.div_ceil(CHUNK) / 2 * CHUNK);
            let (left, right) = self.par.join(|| self.run(left), || self.run(right));
            left.and(&right)
        } else if self.reads_directly() && !self.tables.meet(&place) {
            self.task(work, &mut [])
        } else if length <= SMALL {
            self.task(work, &mut [T::ZERO; SMALL])
        } else {
            self.task(work, &mut [T::ZERO; CHUNK])
        }
    }

    /// Whether the pass's only link can read the gradients where they are.
    fn reads_directly(&self) -> bool {
        let only = self.pass.links.len() <= usize::from(self.pass.end == End::Apply);
        let plain = self.gradients.len() == 1 && !self.plan.layout.has_frozen(self.step.progress);
        only && plain && !self.pass.resumes && !self.pass.stores()
    }

    fn task(&self, mut work: Work<'_, T>, scratch: &mut [T]) -> Found {
        let mut found = Found::NOTHING;
        let length = work.value.len();
        let (offset, mut start) = (work.offset, 0);
        while start < length {
            // Chunks without work are passed over.
            let here = offset + start;
            start += (self.tables.first_work(&(here..offset + length)) - here) / CHUNK * CHUNK;
            let place = offset + start..offset + (start + CHUNK).min(length);
            self.tables.each_part(place, |part, mixed| {
                let part = part.start - offset..part.end - offset;
                found = found.and(&self.chunk(&mut work, part, mixed, scratch));
            });
            start += CHUNK;
        }
        found
    }

    /// Runs the pass's links on the elements `part` of the work; `mixed` when their gradient is partly known to be zero.
    fn chunk(&self, work: &mut Work<'_, T>, part: Range<usize>, mixed: bool, scratch: &mut [T]) -> Found {
        let Pass { resumes, links, end } = self.pass;
        let offset = work.offset + part.start;
        let place = offset..work.offset + part.end;
        let value = &mut work.value[part.clone()];
        let direct = self.reads_directly() && !mixed;

        let update: &mut [T] = if *resumes || self.pass.stores() {
            &mut work.stored[part.clone()]
        } else {
            let needed = if direct { 0 } else { part.len() };
            &mut scratch[..needed]
        };
        if mixed && *end == End::Nothing && !self.plan.layout.has_frozen(self.step.progress) {
            let length = self.tables.pack(self.gradients, &place, update);
            return Found { finite: is_finite(&update[..length]), ..Found::NOTHING };
        }
        if !*resumes && !direct {
            if mixed {
                self.tables.sum(self.gradients, &place, update);
            } else {
                sum_shards(self.gradients, &place, update);
            }
            self.zero_frozen(place.clone(), update);
        }
        let shown: &[T] = if direct { &self.gradients[0][place] } else { update };
        if self.check && !is_finite(shown) {
            return Found { finite: false, ..Found::NOTHING };
        }

        let last = (*end == End::Apply && !links.is_empty()).then(|| links.end - 1);
        for index in links.start..last.unwrap_or(links.end) {
            let target = Target::Update { value, update };
            self.update(index, offset, target, work.state.part(self.states(index), part.clone()));
        }
        let shown: &[T] = if direct { &self.gradients[0][offset..][..part.len()] } else { update };
        let sums = match *end {
            End::Nothing | End::Tensor { .. } => Sums::default(),
            End::Measure { link, .. } => {
                let step = self.plan.step_of(link, &self.step);
                let state = work.state.part(self.states(link), part).shared();
                self.plan.links[link].link.measure(&step, View { update: shown, value, state })
            }
            End::Apply => {
                let target = Target::Value { update: shown, value };
                match last {
                    Some(index) => {
                        let state = work.state.part(self.states(index), part);
                        self.update(index, offset, target, state);
                    }
                    None => target.finish(),
                }
                Sums::default()
            }
        };
        Found { finite: true, sums }
    }

    fn states(&self, link: usize) -> Range<usize> {
        self.plan.links[link].states.clone()
    }

    fn update(&self, link: usize, offset: usize, target: Target<'_, T>, state: States<'_, T>) {
        let step = self.plan.step_of(link, &self.step);
        let (layout, states, gradients) = (&self.plan.layout, self.states(link).len(), self.gradients);
        let installed = &self.plan.links[link];
        if !layout.has_groups() {
            let chunk = Chunk { layout, offset, target, state, states, gradients, scratch: &mut [] };
            return installed.link.update(&step, chunk);
        }
        let (mut target, mut state) = (target, state);
        for (piece, parameter) in layout.pieces(offset..offset + target.len()) {
            let Some(step) = self.plan.treated(&step, parameter) else { continue };
            let part = piece.start - offset..piece.end - offset;
            let (target, state) = (target.part(part.clone()), state.part(0..states, part));
            let offset = piece.start;
            let chunk = Chunk { layout, offset, target, state, states, gradients, scratch: &mut [] };
            installed.link.update(&step, chunk);
        }
    }

    /// Makes the gradient of parameters that stay as they are zero, so that no norm and no sum sees it.
    fn zero_frozen(&self, place: Range<usize>, update: &mut [T]) {
        let start = place.start;
        for (piece, parameter) in self.plan.layout.pieces(place) {
            if self.plan.is_frozen(&self.step, parameter) {
                update[piece.start - start..piece.end - start].fill(T::ZERO);
            }
        }
    }
}
