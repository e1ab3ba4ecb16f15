//! State: what a transform remembers between steps, declared by name and size, and open to visitors.

use std::array;
use std::ops::Range;

use tunesmith_tensor::kernel::Real;

use crate::{Layout, Segment};

/// How many state buffers a chain may declare in all.
pub const MAX_STATES: usize = 8;

/// How many numbers for the whole slab a transform may declare.
pub const MAX_GLOBALS: usize = 4;

/// How large a state buffer is.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Size {
    /// One number per element of the slab.
    PerElement,
    /// As many numbers per parameter as the function makes of its shape: `|_| 1` for a scalar, `|s| s[0]` for rows.
    /// Only for transforms of the scope [`Tensor`](crate::Scope::Tensor).
    PerTensor(fn(&[usize]) -> usize),
    /// One number for the whole slab, in `f64` whatever the element type. A transform reads it in
    /// [`Step::globals`](crate::Step::globals) and changes it in [`Transform::settle`](crate::Transform::settle).
    Global,
}

/// One state buffer a transform declares.
#[derive(Clone, Copy, Debug)]
pub struct StateSpec {
    /// Its name in a checkpoint, PyTorch's where PyTorch has one: `exp_avg`.
    pub name: &'static str,
    /// How large it is.
    pub size: Size,
    /// What it holds before the first step.
    pub initial: f64,
}

impl StateSpec {
    /// One number per element, zero at first.
    #[must_use]
    pub const fn per_element(name: &'static str) -> Self {
        Self { name, size: Size::PerElement, initial: 0.0 }
    }

    /// As many numbers per parameter as the function makes of its shape, zero at first.
    #[must_use]
    pub const fn per_tensor(name: &'static str, size: fn(&[usize]) -> usize) -> Self {
        Self { name, size: Size::PerTensor(size), initial: 0.0 }
    }

    /// One number for the whole slab, zero at first.
    #[must_use]
    pub const fn global(name: &'static str) -> Self {
        Self { name, size: Size::Global, initial: 0.0 }
    }

    /// Whether it is one number for the whole slab.
    #[must_use]
    pub const fn is_global(&self) -> bool {
        matches!(self.size, Size::Global)
    }

    /// The same buffer with another first content.
    #[must_use]
    pub const fn starting_at(mut self, initial: f64) -> Self {
        self.initial = initial;
        self
    }

    /// How many numbers the buffer holds for a whole slab.
    #[must_use]
    pub fn len(&self, layout: &Layout) -> usize {
        match self.size {
            Size::PerElement => layout.len(),
            Size::PerTensor(size) => layout.segments().iter().map(|segment| size(&segment.shape)).sum(),
            Size::Global => 1,
        }
    }
}

/// One piece of an optimizer's state, as a visitor sees it: to be saved, overwritten or counted.
#[derive(Debug)]
pub struct StateEntry<'a> {
    /// The state's name, unique within the optimizer: `exp_avg`.
    pub name: &'a str,
    /// The parameter it belongs to; `None` for what belongs to all.
    pub segment: Option<&'a Segment>,
    /// The content.
    pub data: StateData<'a>,
}

/// The content of one piece of state.
#[derive(Debug, PartialEq)]
#[non_exhaustive]
pub enum StateData<'a> {
    /// Single precision numbers.
    F32(&'a mut [f32]),
    /// Double precision numbers.
    F64(&'a mut [f64]),
    /// A counter of steps.
    Count(&'a mut u64),
}

/// One allocated state buffer.
#[derive(Debug)]
pub(crate) struct Buffer<T> {
    /// The declared name, with a number behind it where a chain declares it more than once.
    pub(crate) name: String,
    pub(crate) per_element: bool,
    pub(crate) data: Vec<T>,
    /// Each segment's part of `data`.
    pub(crate) ranges: Vec<Range<usize>>,
}

/// One number for the whole slab.
#[derive(Debug)]
pub(crate) struct Global {
    /// The declared name, with a number behind it where a chain declares it more than once.
    pub(crate) name: String,
    pub(crate) value: f64,
}

impl Global {
    /// Makes those that a chain declares.
    pub(crate) fn all(specs: &[StateSpec]) -> Vec<Self> {
        let declared = specs.iter().enumerate().filter(|(_, spec)| spec.is_global());
        declared.map(|(i, spec)| Self { name: unique_name(specs, i), value: spec.initial }).collect()
    }
}

/// The name of a state within its chain.
pub(crate) fn unique_name(specs: &[StateSpec], i: usize) -> String {
    let name = specs[i].name;
    match specs[..i].iter().filter(|other| other.name == name).count() {
        0 => name.to_owned(),
        earlier => format!("{name}_{}", earlier + 1),
    }
}

impl<T: Real> Buffer<T> {
    /// Allocates what a chain declares, but for numbers of the whole slab.
    #[track_caller]
    pub(crate) fn all(specs: &[StateSpec], layout: &Layout) -> Vec<Self> {
        let buffers = specs.iter().enumerate().filter(|(_, spec)| !spec.is_global());
        let count = buffers.clone().count();
        assert!(
            count <= MAX_STATES,
            "a chain declares {count} state buffers, at most {MAX_STATES} are possible"
        );
        let make = |(i, spec): (usize, &StateSpec)| {
            let ranges = match spec.size {
                Size::PerElement | Size::Global => {
                    layout.segments().iter().map(|segment| segment.range.clone()).collect()
                }
                Size::PerTensor(size) => {
                    let mut end = 0;
                    let place = |segment: &Segment| {
                        let start = end;
                        end += size(&segment.shape);
                        start..end
                    };
                    layout.segments().iter().map(place).collect()
                }
            };
            let data = vec![T::from_f64(spec.initial); spec.len(layout)];
            let per_element = matches!(spec.size, Size::PerElement);
            Self { name: unique_name(specs, i), per_element, data, ranges }
        };
        buffers.map(make).collect()
    }
}

/// Parts of up to [`MAX_STATES`] buffers, borrowed together; absent ones are empty.
#[derive(Debug)]
pub(crate) struct States<'a, T>(pub(crate) [&'a mut [T]; MAX_STATES]);

impl<'a, T> States<'a, T> {
    /// The buffers that hold one number per element; the others stay empty.
    pub(crate) fn per_element(buffers: &'a mut [Buffer<T>]) -> Self {
        let mut buffers = buffers.iter_mut();
        Self(array::from_fn(|_| match buffers.next() {
            Some(buffer) if buffer.per_element => &mut buffer.data[..],
            _ => &mut [],
        }))
    }

    /// One segment's part of some of the buffers.
    pub(crate) fn of_segment(buffers: &'a mut [Buffer<T>], segment: usize) -> Self {
        let mut buffers = buffers.iter_mut();
        Self(array::from_fn(|_| match buffers.next() {
            Some(buffer) => &mut buffer.data[buffer.ranges[segment].clone()],
            None => &mut [],
        }))
    }

    /// The same slices, to be read.
    pub(crate) fn shared(self) -> [&'a [T]; MAX_STATES] {
        self.0.map(|slice| &*slice)
    }

    /// The elements before and from `at` on.
    pub(crate) fn split_at(self, at: usize) -> (Self, Self) {
        let mut right: [&'a mut [T]; MAX_STATES] = array::from_fn(|_| &mut [][..]);
        let left = self.0.map(|whole| whole.split_at_mut(at.min(whole.len())));
        let mut place = right.iter_mut();
        let left = left.map(|(left, rest)| {
            *place.next().expect("as many places as buffers") = rest;
            left
        });
        (Self(left), Self(right))
    }

    /// Some elements of some of the buffers.
    pub(crate) fn part(&mut self, buffers: Range<usize>, elements: Range<usize>) -> States<'_, T> {
        let mut chosen = self.0[buffers].iter_mut();
        States(array::from_fn(|_| match chosen.next() {
            Some(whole) if !whole.is_empty() => &mut whole[elements.clone()],
            _ => &mut [],
        }))
    }
}
