//! `Chunk`: the part of the slab a transform works on at a time.

use std::array;
use std::ops::Range;

use tunesmith_tensor::kernel::{Real, elementwise, vectorize};

use crate::state::States;
use crate::{Layout, Segment};

/// Elements per chunk. Fixed, whatever the machine and the number of threads: sums over a slab add one term per
/// chunk, in a fixed order. A chunk of `f32` with its state stays in the first two caches while a chain runs.
pub(crate) const CHUNK: usize = 4096;

/// What a transform works on at a time: some neighbouring elements of the slab with their updates and state, or one
/// whole parameter when its scope is [`Tensor`](crate::Scope::Tensor).
///
/// Most transforms are one call of [`each`](Chunk::each).
#[derive(Debug)]
pub struct Chunk<'a, T> {
    pub(crate) layout: &'a Layout,
    /// Place of the first element in the slab.
    pub(crate) offset: usize,
    pub(crate) target: Target<'a, T>,
    pub(crate) state: States<'a, T>,
    /// How many of `state` the transform declared.
    pub(crate) states: usize,
    /// The shards of the slab's gradient.
    pub(crate) gradients: &'a [&'a [T]],
    /// Working memory; empty unless the scope is `Tensor`.
    pub(crate) scratch: &'a mut [T],
}

/// Where updates come from and go to.
#[derive(Debug)]
pub(crate) enum Target<'a, T> {
    /// Not the last of a chain: updates are replaced.
    Update { value: &'a [T], update: &'a mut [T] },
    /// The last of a chain: updates are subtracted from the values in the same pass.
    Value { update: &'a [T], value: &'a mut [T] },
}

/// The slices of one whole parameter, for a transform whose scope is [`Tensor`](crate::Scope::Tensor).
#[derive(Debug)]
pub struct Parts<'a, T, const N: usize> {
    /// The parameter's name, shape and place.
    pub segment: &'a Segment,
    /// Its values.
    pub value: &'a [T],
    /// Its updates, to be replaced.
    pub update: &'a mut [T],
    /// The declared state, in the order declared.
    pub state: [&'a mut [T]; N],
    /// As much working memory as [`Transform::scratch`](crate::Transform::scratch) asks for, with any content.
    pub scratch: &'a mut [T],
    gradients: &'a [&'a [T]],
}

impl<T: Real, const N: usize> Parts<'_, T, N> {
    /// Writes the parameter's gradient as it was before the first transform of the chain.
    ///
    /// # Panics
    /// When `into` is not as long as the parameter.
    #[track_caller]
    pub fn write_gradient(&self, into: &mut [T]) {
        sum_shards(self.gradients, &self.segment.range, into);
    }
}

impl<'a, T: Real> Chunk<'a, T> {
    /// Replaces every update and its state by what `f(update, value, state)` makes of them.
    ///
    /// `N` is the number of declared states. The loop is vectorised, so `f` should be branch-free and must be pure;
    /// mark a long closure `#[inline(always)]`.
    ///
    /// ```
    /// use tunesmith_optim::plugin::*;
    ///
    /// /// The running mean of the gradients.
    /// #[derive(Debug)]
    /// struct Ema { beta: f64 }
    /// impl Transform for Ema {
    ///     fn states(&self) -> Vec<StateSpec> { vec![StateSpec::per_element("ema")] }
    ///     fn update<T: Real>(&self, _: &Step, chunk: Chunk<'_, T>) {
    ///         let rest = T::from_f64(1.0 - self.beta);
    ///         chunk.each(|update, _value, [ema]| {
    ///             let ema = ema + rest * (update - ema);
    ///             (ema, [ema])
    ///         });
    ///     }
    /// }
    /// ```
    ///
    /// # Panics
    /// When `N` is not the number of declared states.
    #[inline(always)]
    #[track_caller]
    pub fn each<const N: usize>(self, f: impl Fn(T, T, [T; N]) -> (T, [T; N])) {
        self.assert_states(N);
        let state = first(self.state);
        run(self.target, state, &f);
    }

    /// Like [`each`](Chunk::each) for the parameters that `on` selects; the others' updates and state stay.
    ///
    /// # Panics
    /// When `N` is not the number of declared states.
    #[inline(always)]
    #[track_caller]
    pub fn each_where<const N: usize>(
        self,
        on: impl Fn(&Segment) -> bool,
        f: impl Fn(T, T, [T; N]) -> (T, [T; N]),
    ) {
        self.assert_states(N);
        let (layout, offset) = (self.layout, self.offset);
        let (mut target, mut state) = (self.target, first(self.state));
        let length = target.len();
        let mut done = 0;
        for segment in layout.overlapping(offset..offset + length).filter(|segment| on(segment)) {
            let start = segment.range.start.saturating_sub(offset);
            let end = (segment.range.end - offset).min(length);
            target.part(done..start).finish();
            let state = state.each_mut().map(|state| &mut state[start..end]);
            run(target.part(start..end), state, &f);
            done = end;
        }
        target.part(done..length).finish();
    }

    /// The slices of the whole parameter.
    ///
    /// # Panics
    /// When the transform's scope is not [`Tensor`](crate::Scope::Tensor), or `N` is not the number of declared
    /// states.
    #[track_caller]
    pub fn parts<const N: usize>(self) -> Parts<'a, T, N> {
        self.assert_states(N);
        let segment = self.segment();
        match self.target {
            Target::Update { value, update } => Parts {
                segment,
                value,
                update,
                state: first(self.state),
                scratch: self.scratch,
                gradients: self.gradients,
            },
            Target::Value { .. } => whole_parameters_only(),
        }
    }

    /// The name, shape and place of the whole parameter.
    ///
    /// # Panics
    /// When the transform's scope is not [`Tensor`](crate::Scope::Tensor).
    #[must_use]
    #[track_caller]
    pub fn segment(&self) -> &'a Segment {
        let len = self.target.len();
        match (self.layout.overlapping(self.offset..self.offset + len).next(), &self.target) {
            (Some(segment), Target::Update { .. }) if segment.range.len() == len => segment,
            _ => whole_parameters_only(),
        }
    }

    #[inline(always)]
    #[track_caller]
    fn assert_states(&self, asked: usize) {
        assert!(asked == self.states, "the transform declares {} states, asked for {asked}", self.states);
    }
}

#[cold]
#[track_caller]
fn whole_parameters_only() -> ! {
    panic!("only a transform of the scope `Tensor` is given whole parameters")
}

/// Adds the shards' gradients at `place` in their order.
pub(crate) fn sum_shards<T: Real>(gradients: &[&[T]], place: &Range<usize>, sum: &mut [T]) {
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

impl<T: Real> Target<'_, T> {
    pub(crate) fn len(&self) -> usize {
        match self {
            Target::Update { update, .. } => update.len(),
            Target::Value { update, .. } => update.len(),
        }
    }

    pub(crate) fn part(&mut self, elements: Range<usize>) -> Target<'_, T> {
        match self {
            Target::Update { value, update } => {
                Target::Update { value: &value[elements.clone()], update: &mut update[elements] }
            }
            Target::Value { update, value } => {
                Target::Value { update: &update[elements.clone()], value: &mut value[elements] }
            }
        }
    }

    /// Subtracts the updates from the values, where that is still to be done.
    pub(crate) fn finish(self) {
        if let Target::Value { update, value } = self {
            elementwise::zip_in_place(
                value,
                update,
                #[inline(always)]
                |value, update| without_dust(value - update),
            );
        }
    }
}

/// The first `N` of the slices.
#[inline(always)]
fn first<'a, T, const N: usize>(states: States<'a, T>) -> [&'a mut [T]; N] {
    let mut slices = states.0.into_iter();
    array::from_fn(|_| slices.next().expect("no more states than can be declared"))
}

/// One vectorised loop.
#[inline(always)]
fn run<T: Real, const N: usize>(
    target: Target<'_, T>,
    state: [&mut [T]; N],
    f: &impl Fn(T, T, [T; N]) -> (T, [T; N]),
) {
    match target {
        Target::Update { value, update } => for_each(
            update,
            value,
            state,
            #[inline(always)]
            |update, value, state| {
                let (update, state) = f(update, value, state);
                (update, state.map(without_dust))
            },
        ),
        Target::Value { update, value } => for_each(
            value,
            update,
            state,
            #[inline(always)]
            |value, update, state| {
                let (update, state) = f(update, value, state);
                (without_dust(value - update), state.map(without_dust))
            },
        ),
    }
}

/// Zero for a number so near to zero that it would soon be subnormal (below 1e-31 in `f32`, 1e-292 in `f64`).
///
/// Momentum without gradients and weights under decay shrink by a factor a step until they are subnormal, and stay so:
/// the least subnormal times 0.9 rounds to itself. On many processors every operation on such a number takes a
/// hundred times its usual time, matrix products included, while its value is of no consequence.
#[inline(always)]
pub(crate) fn without_dust<T: Real>(x: T) -> T {
    if x.abs() < T::MIN_POSITIVE / T::EPSILON { T::ZERO } else { x }
}

/// Elements the loop works on at a time.
const LANES: usize = 16;

/// Replaces each `a` and its state by what `f(a, b, state)` makes of them.
///
/// Elements are copied to arrays, computed there and copied back: the compiler then knows that no slice overlaps
/// another and makes vector code whatever the number of slices. Checking that at run time, as it does for plain
/// loops, it gives up at five.
#[inline(always)]
fn for_each<T: Real, const N: usize>(
    a: &mut [T],
    b: &[T],
    state: [&mut [T]; N],
    f: impl Fn(T, T, [T; N]) -> (T, [T; N]),
) {
    vectorize(
        #[inline(always)]
        || {
            let length = a.len();
            let (a, a_rest) = a.as_chunks_mut();
            let (b, b_rest) = b[..length].as_chunks();
            let mut rests: [&mut [T]; N] = array::from_fn(|_| &mut [][..]);
            let mut rest = rests.iter_mut();
            let state = state.map(|state| {
                let (blocks, tail) = state[..length].as_chunks_mut::<LANES>();
                *rest.next().expect("as many rests as states") = tail;
                blocks
            });
            for i in 0..a.len() {
                let (mut own, mut memory) = (a[i], array::from_fn(|k| state[k][i]));
                block(&mut own, &b[i], &mut memory, &f);
                a[i] = own;
                for k in 0..N {
                    state[k][i] = memory[k];
                }
            }
            if !a_rest.is_empty() {
                let (mut own, mut memory) = (padded(a_rest), array::from_fn(|k| padded(rests[k])));
                block(&mut own, &padded(b_rest), &mut memory, &f);
                a_rest.copy_from_slice(&own[..a_rest.len()]);
                for k in 0..N {
                    rests[k].copy_from_slice(&memory[k][..rests[k].len()]);
                }
            }
        },
    );
}

#[inline(always)]
fn block<T: Real, const N: usize>(
    a: &mut [T; LANES],
    b: &[T; LANES],
    state: &mut [[T; LANES]; N],
    f: &impl Fn(T, T, [T; N]) -> (T, [T; N]),
) {
    for i in 0..LANES {
        let (next, memory) = f(a[i], b[i], array::from_fn(|k| state[k][i]));
        a[i] = next;
        for k in 0..N {
            state[k][i] = memory[k];
        }
    }
}

/// A last block that is not full, filled up with zeros.
#[inline(always)]
fn padded<T: Real>(rest: &[T]) -> [T; LANES] {
    let mut block = [T::ZERO; LANES];
    block[..rest.len()].copy_from_slice(rest);
    block
}
