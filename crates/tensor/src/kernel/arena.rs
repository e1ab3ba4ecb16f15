//! `Arena`: one aligned buffer from which a plan's kernels read and write places.
#![expect(
    unsafe_code,
    reason = "hands out several slices of one buffer after checking that none overlaps a written one"
)]

use std::fmt;
use std::ops::{Deref, Range};

use super::Real;

/// A stretch of an [`Arena`], in elements.
///
/// ```
/// use tunesmith_tensor::kernel::Place;
/// let place = Place::new(16, 4);
/// assert_eq!(place.range(), 16..20);
/// assert!(place.overlaps(Place::new(19, 1)) && !place.overlaps(Place::new(20, 8)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// First element.
    pub offset: usize,
    /// Number of elements.
    pub len: usize,
}

impl Place {
    /// The place of `len` elements from `offset` on.
    pub const fn new(offset: usize, len: usize) -> Place {
        Place { offset, len }
    }

    /// The elements as a range of indices.
    pub const fn range(self) -> Range<usize> {
        self.offset..self.offset + self.len
    }

    /// Whether the two have an element in common; an empty place overlaps nothing.
    pub const fn overlaps(self, other: Place) -> bool {
        let apart = self.offset + self.len <= other.offset || other.offset + other.len <= self.offset;
        !apart && self.len > 0 && other.len > 0
    }
}

/// One zeroed buffer, aligned to 64 bytes (a cache line, and the widest vector register).
///
/// ```
/// use tunesmith_tensor::kernel::{Arena, Place, elementwise::zip};
///
/// let (a, b, out) = (Place::new(0, 2), Place::new(16, 2), Place::new(32, 2));
/// let mut arena = Arena::<f32>::new(48);
/// arena.write(a).copy_from_slice(&[1.0, 2.0]);
/// arena.write(b).copy_from_slice(&[10.0, 20.0]);
///
/// let ([a, b], [result]) = arena.split([a, b], [out]);
/// zip(a, b, result, |a, b| a + b);
/// assert_eq!(arena.read(out), [11.0, 22.0]);
/// ```
pub struct Arena<T> {
    /// Longer than `len` by up to a cache line.
    buffer: Vec<T>,
    /// Elements before the first aligned one.
    skip: usize,
    len: usize,
}

/// Alignment of an arena in bytes; a place at a multiple of `ALIGNMENT / size_of::<T>()` elements has it too.
pub const ALIGNMENT: usize = 64;

/// At most this many places can be read at once by [`Arena::split_slice`].
pub const MAX_READS: usize = 8;

impl<T: Real> Arena<T> {
    /// An arena of `len` zeros.
    pub fn new(len: usize) -> Arena<T> {
        let buffer = vec![T::ZERO; len + ALIGNMENT / size_of::<T>()];
        let skip = buffer.as_ptr().align_offset(ALIGNMENT);
        Arena { buffer, skip, len }
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// All elements.
    pub fn as_slice(&self) -> &[T] {
        &self.buffer[self.skip..self.skip + self.len]
    }

    /// All elements, to be changed.
    pub fn as_mut_slice(&mut self) -> &mut [T] {
        &mut self.buffer[self.skip..self.skip + self.len]
    }

    /// The elements of one place.
    ///
    /// # Panics
    /// When the place reaches beyond the arena.
    #[track_caller]
    pub fn read(&self, place: Place) -> &[T] {
        self.check_inside(place);
        &self.as_slice()[place.range()]
    }

    /// The elements of one place, to be changed.
    ///
    /// # Panics
    /// When the place reaches beyond the arena.
    #[track_caller]
    pub fn write(&mut self, place: Place) -> &mut [T] {
        self.check_inside(place);
        &mut self.as_mut_slice()[place.range()]
    }

    /// Several places at once: shared slices of `reads`, exclusive slices of `writes` (results and scratch).
    ///
    /// Reads may overlap each other, as in `x * x`. Neither allocates nor copies; the check takes a few
    /// nanoseconds.
    ///
    /// # Panics
    /// When a place reaches beyond the arena, or a written place overlaps any other.
    #[track_caller]
    #[inline]
    pub fn split<const R: usize, const W: usize>(
        &mut self,
        reads: [Place; R],
        writes: [Place; W],
    ) -> ([&[T]; R], [&mut [T]; W]) {
        self.check_split(&reads, &writes);
        let base = self.as_mut_slice().as_mut_ptr();
        // SAFETY: `check_split` has shown that every place lies inside the arena and that no written place
        // overlaps another place. All slices come from `base`, borrowed from `self` for their whole life.
        unsafe { (reads.map(|place| shared(base, place)), writes.map(|place| exclusive(base, place))) }
    }

    /// [`split`](Arena::split) for a number of reads known only at run time, at most [`MAX_READS`].
    ///
    /// ```
    /// use tunesmith_tensor::kernel::{Arena, Place};
    /// let mut arena = Arena::<f64>::new(16);
    /// let (reads, [out]) = arena.split_slice(&[Place::new(0, 2), Place::new(2, 2)], [Place::new(8, 4)]);
    /// for (out, part) in out.chunks_exact_mut(2).zip(reads.iter()) {
    ///     out.copy_from_slice(part);
    /// }
    /// ```
    ///
    /// # Panics
    /// As [`split`](Arena::split), and for more than [`MAX_READS`] reads.
    #[track_caller]
    #[inline]
    pub fn split_slice<const W: usize>(
        &mut self,
        reads: &[Place],
        writes: [Place; W],
    ) -> (Reads<'_, T>, [&mut [T]; W]) {
        assert!(
            reads.len() <= MAX_READS,
            "split_slice: {} reads, at most {MAX_READS} are possible",
            reads.len()
        );
        self.check_split(reads, &writes);
        let base = self.as_mut_slice().as_mut_ptr();
        let mut slices: [&[T]; MAX_READS] = [&[]; MAX_READS];
        for (slice, &place) in slices.iter_mut().zip(reads) {
            // SAFETY: as in `split`.
            *slice = unsafe { shared(base, place) };
        }
        // SAFETY: as in `split`.
        let writes = unsafe { writes.map(|place| exclusive(base, place)) };
        (Reads { slices, count: reads.len() }, writes)
    }

    #[track_caller]
    #[inline]
    fn check_split(&self, reads: &[Place], writes: &[Place]) {
        for &place in reads.iter().chain(writes) {
            self.check_inside(place);
        }
        for (i, &written) in writes.iter().enumerate() {
            for &other in reads.iter().chain(&writes[..i]) {
                assert!(
                    !written.overlaps(other),
                    "arena: written place {:?} overlaps place {:?}",
                    written.range(),
                    other.range()
                );
            }
        }
    }

    #[track_caller]
    #[inline]
    fn check_inside(&self, place: Place) {
        let inside = place.offset.checked_add(place.len).is_some_and(|end| end <= self.len);
        assert!(inside, "arena: {place:?} reaches beyond its {} elements", self.len);
    }
}

/// # Safety
/// `place` lies inside the buffer at `base`, which nobody writes there during `'a`.
#[inline(always)]
unsafe fn shared<'a, T>(base: *mut T, place: Place) -> &'a [T] {
    // SAFETY: the caller's promise.
    unsafe { std::slice::from_raw_parts(base.add(place.offset), place.len) }
}

/// # Safety
/// `place` lies inside the buffer at `base`, which nobody else reads or writes there during `'a`.
#[inline(always)]
unsafe fn exclusive<'a, T>(base: *mut T, place: Place) -> &'a mut [T] {
    // SAFETY: the caller's promise.
    unsafe { std::slice::from_raw_parts_mut(base.add(place.offset), place.len) }
}

impl<T: Real> Clone for Arena<T> {
    /// A copy with its own buffer, aligned like the first.
    fn clone(&self) -> Arena<T> {
        let mut copy = Arena::new(self.len);
        copy.as_mut_slice().copy_from_slice(self.as_slice());
        copy
    }
}

impl<T> fmt::Debug for Arena<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arena").field("len", &self.len).finish_non_exhaustive()
    }
}

/// The slices read in a [`split_slice`](Arena::split_slice), in the order asked for.
#[derive(Clone, Copy, Debug)]
pub struct Reads<'a, T> {
    slices: [&'a [T]; MAX_READS],
    count: usize,
}

impl<'a, T> Deref for Reads<'a, T> {
    type Target = [&'a [T]];

    fn deref(&self) -> &[&'a [T]] {
        &self.slices[..self.count]
    }
}
