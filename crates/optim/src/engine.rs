//! The engine: drives a chain over a slab, one chunk at a time, in as few passes over memory as the chain allows.
//!
//! A chain of element-wise transforms is one pass: each chunk runs through all of them while it is in the cache. A
//! transform that must first see the whole (the global norm, one whole parameter) ends a pass. Before anything
//! changes, one pass reads the gradients: a step on NaN or infinity is refused, not half taken.

use std::ops::Range;
use std::sync::Arc;

use tunesmith_tensor::Par;
use tunesmith_tensor::kernel::{Real, elementwise, reduce};

use crate::chunk::{CHUNK, Target};
use crate::erase::Link;
use crate::state::{Buffer, States};
use crate::{Chunk, Layout, Pace, Scope, Step, StepError, Sums, View};

/// Elements one task works on, a multiple of `CHUNK`: some tens of microseconds, well above what a task costs.
const TASK: usize = 16 * CHUNK;
/// Slabs up to this size use a scratch buffer that is cheap to clear.
const SMALL: usize = 256;

/// One transform in its place in a chain.
#[derive(Debug)]
pub(crate) struct Installed<T> {
    pub(crate) link: Arc<dyn Link<T>>,
    pub(crate) scope: Scope,
    /// Which of the chain's buffers are its state.
    pub(crate) states: Range<usize>,
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
    /// Updates between passes; empty when no pass stores any.
    stored: Vec<T>,
}

#[derive(Debug)]
struct Plan<T> {
    layout: Layout,
    links: Vec<Installed<T>>,
    passes: Vec<Pass>,
    /// What each link measured in this step.
    sums: Vec<Sums>,
}

impl<T: Real> Engine<T> {
    pub(crate) fn new(links: Vec<Installed<T>>, buffers: Vec<Buffer<T>>, layout: &Layout) -> Self {
        let passes = passes(&links);
        let stores = passes.iter().any(Pass::stores);
        let stored = vec![T::ZERO; if stores { layout.len() } else { 0 }];
        let sums = vec![Sums::default(); links.len()];
        Self { plan: Plan { layout: layout.clone(), links, passes, sums }, buffers, stored }
    }

    pub(crate) fn layout(&self) -> &Layout {
        &self.plan.layout
    }

    pub(crate) fn layout_and_buffers(&mut self) -> (&Layout, &mut [Buffer<T>]) {
        (&self.plan.layout, &mut self.buffers)
    }

    /// Bytes of state.
    pub(crate) fn bytes(&self) -> usize {
        self.buffers.iter().map(|buffer| size_of_val(&buffer.data[..])).sum()
    }

    /// Takes step number `count`, or leaves values and state as they are.
    pub(crate) fn step(
        &mut self,
        values: &mut [T],
        gradients: &[&[T]],
        count: u64,
        pace: Pace,
        par: Par,
    ) -> Result<(), StepError> {
        let Self { plan, buffers, stored } = self;
        let step = Step { count, scale: pace.scale, progress: pace.progress, sums: Sums::default() };
        for index in 0..plan.passes.len() {
            let sweep = Sweep { plan, pass: &plan.passes[index], check: index == 0, step, gradients, par };
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
                End::Measure { link, .. } => plan.sums[link] = found.sums,
                End::Tensor { link } => plan.on_each_tensor(link, &step, values, stored, buffers),
                End::Nothing | End::Apply => {}
            }
        }
        Ok(())
    }
}

impl<T: Real> Plan<T> {
    fn on_each_tensor(
        &self,
        link: usize,
        step: &Step,
        values: &[T],
        stored: &mut [T],
        buffers: &mut [Buffer<T>],
    ) {
        let installed = &self.links[link];
        for (index, segment) in self.layout.segments().iter().enumerate() {
            if segment.range.is_empty() {
                continue;
            }
            let target = Target::Update {
                value: &values[segment.range.clone()],
                update: &mut stored[segment.range.clone()],
            };
            installed.link.update(
                step,
                Chunk {
                    layout: &self.layout,
                    offset: segment.range.start,
                    target,
                    state: States::of_segment(&mut buffers[installed.states.clone()], index),
                    states: installed.states.len(),
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
    let stateless = |range: Range<usize>| links[range].iter().all(|link| link.states.is_empty());
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

/// The parts of all slabs that a task works on.
struct Work<'a, T> {
    /// Place of the first element.
    offset: usize,
    value: &'a mut [T],
    /// Empty when the chain stores nothing.
    stored: &'a mut [T],
    state: States<'a, T>,
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
struct Found {
    finite: bool,
    sums: Sums,
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
struct Sweep<'a, T> {
    plan: &'a Plan<T>,
    pass: &'a Pass,
    /// Whether to look for gradients that are not finite.
    check: bool,
    step: Step,
    gradients: &'a [&'a [T]],
    par: Par,
}

impl<T: Real> Sweep<'_, T> {
    /// Halves the work at chunk borders until it is one task; where it is cut never depends on the machine.
    fn run(&self, work: Work<'_, T>) -> Found {
        let length = work.value.len();
        if length > TASK {
            let (left, right) = work.split_at(length.div_ceil(CHUNK) / 2 * CHUNK);
            let (left, right) = self.par.join(|| self.run(left), || self.run(right));
            left.and(&right)
        } else if self.reads_directly() {
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
        only && !self.pass.resumes && !self.pass.stores() && self.gradients.len() == 1
    }

    fn task(&self, mut work: Work<'_, T>, scratch: &mut [T]) -> Found {
        let mut found = Found::NOTHING;
        let length = work.value.len();
        for start in (0..length).step_by(CHUNK) {
            found = found.and(&self.chunk(&mut work, start..(start + CHUNK).min(length), scratch));
        }
        found
    }

    /// Runs the pass's links on the elements `part` of the work.
    fn chunk(&self, work: &mut Work<'_, T>, part: Range<usize>, scratch: &mut [T]) -> Found {
        let Pass { resumes, links, end } = self.pass;
        let offset = work.offset + part.start;
        let place = offset..work.offset + part.end;
        let value = &mut work.value[part.clone()];

        let update: &mut [T] = if *resumes || self.pass.stores() {
            &mut work.stored[part.clone()]
        } else {
            let needed = if self.reads_directly() { 0 } else { part.len() };
            &mut scratch[..needed]
        };
        if !*resumes && !self.reads_directly() {
            sum_shards(self.gradients, &place, update);
        }
        let shown: &[T] = if self.reads_directly() { &self.gradients[0][place] } else { update };
        // Zero times a finite number is zero, times any other NaN.
        let finite = !self.check || !reduce::sum_by(shown, |x| x * T::ZERO).is_nan();

        let last = (*end == End::Apply && !links.is_empty()).then(|| links.end - 1);
        for index in links.start..last.unwrap_or(links.end) {
            let target = Target::Update { value, update };
            self.update(index, offset, target, work.state.part(self.states(index), part.clone()));
        }
        let shown: &[T] =
            if self.reads_directly() { &self.gradients[0][offset..][..part.len()] } else { update };
        let sums = match *end {
            End::Nothing | End::Tensor { .. } => Sums::default(),
            End::Measure { link, .. } => {
                self.plan.links[link].link.measure(&self.step, View { update: shown, value })
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
        Found { finite, sums }
    }

    fn states(&self, link: usize) -> Range<usize> {
        self.plan.links[link].states.clone()
    }

    fn update(&self, link: usize, offset: usize, target: Target<'_, T>, state: States<'_, T>) {
        let step = Step { sums: self.plan.sums[link], ..self.step };
        let states = self.states(link).len();
        self.plan.links[link]
            .link
            .update(&step, Chunk { layout: &self.plan.layout, offset, target, state, states });
    }
}

/// Adds the shards' gradients at `place` in their order.
fn sum_shards<T: Real>(gradients: &[&[T]], place: &Range<usize>, sum: &mut [T]) {
    let (first, rest) = gradients.split_first().expect("there is at least one gradient");
    match rest.split_first() {
        None => sum.copy_from_slice(&first[place.clone()]),
        Some((second, rest)) => {
            elementwise::zip(&first[place.clone()], &second[place.clone()], sum, |a, b| a + b);
            for more in rest {
                elementwise::zip_in_place(sum, &more[place.clone()], |a, b| a + b);
            }
        }
    }
}

#[cold]
fn first_non_finite<T: Real>(layout: &Layout, gradients: &[&[T]]) -> StepError {
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
