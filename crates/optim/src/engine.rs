//! The engine: drives a chain over a slab, one chunk at a time, in as few passes over memory as the chain allows.
//!
//! A chain of element-wise transforms is one pass: each chunk runs through all of them while it is in the cache. A
//! transform that must first see the whole (the global norm, one whole parameter) ends a pass. Before anything
//! changes, one pass reads the gradients: a step on NaN or infinity is refused, not half taken, unless the caller
//! chose the guard that goes along.

use std::ops::Range;
use std::sync::Arc;

use tunesmith_tensor::Par;
use tunesmith_tensor::kernel::Real;

use crate::chunk::Target;
use crate::erase::Link;
use crate::groups::Treatment;
use crate::state::{Buffer, Global, States};
use crate::{
    Chunk, Globals, Gradient, Guard, Idle, Layout, Pace, Scope, Segment, Step, StepError, Sums, View,
};

mod sweep;
mod tables;

use sweep::{Sweep, Work};
use tables::Tables;

/// One transform in its place in a chain.
#[derive(Debug)]
pub(crate) struct Installed<T> {
    pub(crate) link: Arc<dyn Link<T>>,
    pub(crate) scope: Scope,
    pub(crate) idle: Idle,
    /// Which of the chain's buffers are its state.
    pub(crate) states: Range<usize>,
    /// Which of the chain's numbers for the whole slab are its own.
    pub(crate) globals: Range<usize>,
}

impl<T> Installed<T> {
    /// Running it twice in one step changes nothing.
    fn is_stateless(&self) -> bool {
        self.states.is_empty() && self.globals.is_empty()
    }
}

/// One sweep over the slab.
#[derive(Clone, Debug, PartialEq)]
struct Pass {
    /// Whether updates start as what an earlier pass stored, rather than as gradients.
    resumes: bool,
    /// The links to run on each chunk.
    links: Range<usize>,
    end: End,
}

/// What a pass does with a chunk after its links.
#[derive(Clone, Debug, PartialEq)]
enum End {
    /// Nothing: the pass only looks whether gradients are finite.
    Nothing,
    /// Lets a link measure it, and stores it unless the next pass can make it again.
    Measure { link: usize, store: bool },
    /// Stores it; after the pass, a link is called on each whole parameter.
    Tensor { link: usize },
    /// Subtracts it from the values; the last of the pass's links does so itself.
    Apply,
}

/// A chain with its memory.
#[derive(Debug)]
pub(crate) struct Engine<T> {
    plan: Plan<T>,
    buffers: Vec<Buffer<T>>,
    globals: Vec<Global>,
    /// Updates between passes; empty when no pass stores any.
    stored: Vec<T>,
    /// Working memory of transforms of whole parameters.
    scratch: Vec<T>,
}

#[derive(Debug)]
struct Plan<T> {
    layout: Layout,
    links: Vec<Installed<T>>,
    passes: Vec<Pass>,
    /// Whether elements without a gradient stay as they are.
    stays: bool,
    /// What each link measured in this step.
    sums: Vec<Sums>,
    /// What each link keeps for the whole slab, as of this step.
    globals: Vec<Globals>,
    /// How many steps each parameter did not take because it was frozen; empty when none thaws.
    frozen_steps: Vec<u64>,
}

impl<T: Real> Engine<T> {
    pub(crate) fn new(
        links: Vec<Installed<T>>,
        buffers: Vec<Buffer<T>>,
        globals: Vec<Global>,
        layout: &Layout,
    ) -> Self {
        let passes = passes(&links);
        let stores = passes.iter().any(Pass::stores);
        let stored = vec![T::ZERO; if stores { layout.len() } else { 0 }];
        let on_tensors = links.iter().filter(|installed| installed.scope == Scope::Tensor);
        let needs = on_tensors.flat_map(|installed| {
            layout.segments().iter().map(|segment| installed.link.scratch(&segment.shape))
        });
        let scratch = vec![T::ZERO; needs.max().unwrap_or(0)];
        let (sums, kept) = (vec![Sums::default(); links.len()], vec![Globals::default(); links.len()]);
        let frozen_steps = vec![0; if layout.has_thaws() { layout.segments().len() } else { 0 }];
        let stays = links.iter().all(|installed| installed.idle == Idle::Stays);
        let plan = Plan { layout: layout.clone(), links, passes, stays, sums, globals: kept, frozen_steps };
        Self { plan, buffers, globals, stored, scratch }
    }

    pub(crate) fn layout(&self) -> &Layout {
        &self.plan.layout
    }

    /// The layout and all state: buffers, numbers for the whole slab, and how many steps each parameter was frozen for.
    pub(crate) fn memory(&mut self) -> (&Layout, &mut [Buffer<T>], &mut [Global], &mut [u64]) {
        (&self.plan.layout, &mut self.buffers, &mut self.globals, &mut self.plan.frozen_steps)
    }

    /// Bytes of state.
    pub(crate) fn bytes(&self) -> usize {
        let buffers: usize = self.buffers.iter().map(|buffer| size_of_val(&buffer.data[..])).sum();
        buffers + self.globals.len() * size_of::<f64>()
    }

    /// The updates of the last step of a chain that ends with [`Keep`](crate::erase::Keep).
    pub(crate) fn updates(&self) -> &[T] {
        &self.stored
    }

    /// What the chain adds to the loss in step number `count`.
    pub(crate) fn penalty(&self, values: &[T], count: u64, pace: Pace) -> f64 {
        let step = step_of(count, pace);
        let of = |(index, segment): (usize, &Segment)| {
            let Some(step) = self.plan.treated(&step, Some(index)) else { return 0.0 };
            let value = &values[segment.range.clone()];
            self.plan.links.iter().map(|installed| installed.link.penalty(&step, segment, value)).sum::<f64>()
        };
        self.plan.layout.segments().iter().enumerate().map(of).sum()
    }

    /// Writes the values to evaluate with after `count` steps; says whether they are not `values`.
    pub(crate) fn average(&mut self, values: &[T], count: u64, into: &mut [T]) -> bool {
        let Self { plan, buffers, globals, .. } = self;
        let Some(index) = plan.links.iter().rposition(|installed| installed.link.averages()) else {
            return false;
        };
        let installed = &plan.links[index];
        let mut step = Step { count, scale: 1.0, progress: 0.0, ..Step::default() };
        copy(&mut step.globals, &globals[installed.globals.clone()]);
        let mut state = States::per_element(buffers);
        let state = state.part(installed.states.clone(), 0..values.len()).shared();
        installed.link.average(&step, View { update: &[], value: values, state }, into);
        for (index, segment) in plan.layout.segments().iter().enumerate() {
            let frozen_steps = plan.frozen_steps.get(index).copied().unwrap_or(0);
            if plan.layout.treatment(Some(index)).freeze >= 1.0 || frozen_steps == count {
                // There is no average of what was never stepped.
                into[segment.range.clone()].copy_from_slice(&values[segment.range.clone()]);
            }
        }
        true
    }

    /// Takes step number `count`, or leaves values and state as the guard says.
    pub(crate) fn step(
        &mut self,
        values: &mut [T],
        gradient: Gradient<'_, T>,
        count: u64,
        pace: Pace,
        par: Par,
    ) -> Result<(), StepError> {
        let gradients = gradient.shards;
        let Self { plan, buffers, globals, stored, scratch } = self;
        let step = step_of(count, pace);
        for (index, link) in plan.links.iter().enumerate() {
            copy(&mut plan.globals[index], &globals[link.globals.clone()]);
        }
        let only_looks = plan.passes[0].end == End::Nothing;
        let first = usize::from(only_looks && pace.guard == Guard::Along);
        for index in first..plan.passes.len() {
            if index > 0 {
                // A first pass has no state to change.
                for link in plan.passes[index].links.clone() {
                    if plan.links[link].scope == Scope::Element {
                        plan.settle(link, &step, globals);
                    }
                }
            }
            let pass = &plan.passes[index];
            let tables = Tables::new(plan, &pass.end, gradient.touched);
            // The same cuts either way, and so the same bits.
            let par = if tables.work(values.len()) < sweep::WORTH_WAKING { Par::Seq } else { par };
            let sweep = Sweep { plan, pass, tables, check: index == first, step, gradients, par };
            let found = sweep.run(Work {
                offset: 0,
                value: values,
                stored: &mut stored[..],
                state: States::per_element(buffers),
            });
            if !found.finite {
                return Err(first_non_finite(&plan.layout, gradients));
            }
            match plan.passes[index].end {
                End::Measure { link, .. } => {
                    plan.sums[link] = found.sums;
                    plan.settle(link, &step, globals);
                }
                End::Tensor { link } => {
                    plan.settle(link, &step, globals);
                    plan.on_each_tensor(link, &step, gradients, values, stored, buffers, scratch);
                }
                End::Nothing | End::Apply => {}
            }
        }
        for (index, frozen_steps) in plan.frozen_steps.iter_mut().enumerate() {
            *frozen_steps += u64::from(plan.layout.treatment(Some(index)).is_frozen(pace.progress));
        }
        Ok(())
    }
}

impl<T: Real> Plan<T> {
    /// The step as a link sees it.
    fn step_of(&self, link: usize, step: &Step) -> Step {
        Step { sums: self.sums[link], globals: self.globals[link], ..*step }
    }

    /// The step as a parameter sees it, or padding; `None` where it is frozen.
    fn treated(&self, step: &Step, parameter: Option<usize>) -> Option<Step> {
        let Treatment { lr, decay, .. } = self.layout.treatment(parameter);
        if self.is_frozen(step, parameter) {
            return None;
        }
        // Moments that start with the thaw are corrected as of the thaw.
        let missed = parameter.and_then(|index| self.frozen_steps.get(index)).copied().unwrap_or(0);
        Some(Step { count: step.count - missed, scale: step.scale * lr, decays: decay, ..*step })
    }

    fn is_frozen(&self, step: &Step, parameter: Option<usize>) -> bool {
        self.layout.treatment(parameter).is_frozen(step.progress)
    }

    /// Lets a link change what it keeps for the whole slab.
    fn settle(&mut self, link: usize, step: &Step, kept: &mut [Global]) {
        let range = self.links[link].globals.clone();
        if range.is_empty() {
            return;
        }
        let mut globals = self.globals[link];
        self.links[link].link.settle(&self.step_of(link, step), &mut globals);
        self.globals[link] = globals;
        for (kept, value) in kept[range].iter_mut().zip(globals) {
            kept.value = value;
        }
    }

    #[expect(clippy::too_many_arguments, reason = "each is another part of the memory, borrowed on its own")]
    fn on_each_tensor(
        &self,
        link: usize,
        step: &Step,
        gradients: &[&[T]],
        values: &[T],
        stored: &mut [T],
        buffers: &mut [Buffer<T>],
        scratch: &mut [T],
    ) {
        let installed = &self.links[link];
        let of_link = self.step_of(link, step);
        for (index, segment) in self.layout.segments().iter().enumerate() {
            let Some(step) = self.treated(&of_link, Some(index)).filter(|_| !segment.range.is_empty()) else {
                continue;
            };
            let target = Target::Update {
                value: &values[segment.range.clone()],
                update: &mut stored[segment.range.clone()],
            };
            let needed = installed.link.scratch(&segment.shape);
            installed.link.update(
                &step,
                Chunk {
                    layout: &self.layout,
                    offset: segment.range.start,
                    target,
                    state: States::of_segment(&mut buffers[installed.states.clone()], index),
                    states: installed.states.len(),
                    gradients,
                    scratch: &mut scratch[..needed],
                },
            );
        }
    }
}

impl Pass {
    fn stores(&self) -> bool {
        matches!(self.end, End::Measure { store: true, .. } | End::Tensor { .. })
    }
}

/// Cuts a chain into passes.
fn passes<T>(links: &[Installed<T>]) -> Vec<Pass> {
    let stateless = |range: Range<usize>| links[range].iter().all(Installed::is_stateless);
    let mut passes = Vec::new();
    let (mut resumes, mut start) = (false, 0);
    for (i, link) in links.iter().enumerate() {
        match link.scope {
            Scope::Element => {}
            Scope::Global => {
                // Without state on the way, running the links twice costs less than storing what they made.
                let store = !stateless(start..i);
                passes.push(Pass { resumes, links: start..i, end: End::Measure { link: i, store } });
                if store {
                    (resumes, start) = (true, i);
                }
            }
            Scope::Tensor => {
                passes.push(Pass { resumes, links: start..i, end: End::Tensor { link: i } });
                (resumes, start) = (true, i + 1);
            }
        }
    }
    passes.push(Pass { resumes, links: start..links.len(), end: End::Apply });
    // The first pass must be able to stop without having changed anything.
    if passes[0].end == End::Apply || !stateless(passes[0].links.clone()) {
        passes.insert(0, Pass { resumes: false, links: 0..0, end: End::Nothing });
    }
    passes
}

/// Step number `count`, before anything is measured.
fn step_of(count: u64, Pace { scale, momentum, progress, .. }: Pace) -> Step {
    Step { count, scale, momentum, progress, ..Step::default() }
}

/// The kept numbers; the rest of the places stay zero.
fn copy(globals: &mut Globals, kept: &[Global]) {
    globals.iter_mut().zip(kept).for_each(|(value, kept)| *value = kept.value);
}

#[cold]
pub(crate) fn first_non_finite<T: Real>(layout: &Layout, gradients: &[&[T]]) -> StepError {
    let value = |index: usize| {
        let (first, rest) = gradients.split_first().expect("there is at least one gradient");
        rest.iter().fold(first[index], |sum, shard| sum + shard[index])
    };
    let index = (0..layout.len()).find(|&index| !value(index).is_finite()).unwrap_or(0);
    let segment = layout.overlapping(index..index + 1).next();
    StepError::NonFinite {
        segment: segment.map_or_else(String::new, |segment| segment.name.clone()),
        index,
        value: value(index).to_f64(),
    }
}
