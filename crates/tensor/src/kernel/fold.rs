//! Folds in a fixed order: the loops under sums and extremes.
//!
//! Everything here is inlined into a loop that [`vectorize`](super::vectorize) runs. Operations and terms are
//! types, not closures, because only a function can be marked to be inlined always.

use std::hint::black_box;

use super::Real;

/// Number of interleaved partial results; fixed, whatever the width of the machine's registers.
const LANES: usize = 32;
/// Elements per block of a sum.
const BLOCK: usize = 32 * LANES;

/// An operation that joins two partial results, with its neutral element.
pub(super) trait Join: Copy {
    fn none<T: Real>() -> T;
    fn join<T: Real>(a: T, b: T) -> T;
}

#[derive(Clone, Copy)]
pub(super) struct Add;
#[derive(Clone, Copy)]
pub(super) struct Largest;
#[derive(Clone, Copy)]
pub(super) struct Smallest;

impl Join for Add {
    #[inline(always)]
    fn none<T: Real>() -> T {
        T::ZERO
    }
    #[inline(always)]
    fn join<T: Real>(a: T, b: T) -> T {
        a + b
    }
}

impl Join for Largest {
    #[inline(always)]
    fn none<T: Real>() -> T {
        T::NEG_INFINITY
    }
    #[inline(always)]
    fn join<T: Real>(a: T, b: T) -> T {
        a.max(b)
    }
}

impl Join for Smallest {
    #[inline(always)]
    fn none<T: Real>() -> T {
        T::INFINITY
    }
    #[inline(always)]
    fn join<T: Real>(a: T, b: T) -> T {
        a.min(b)
    }
}

/// What is folded: a sequence of terms, one by one or in tiles.
pub(super) trait Terms<T: Real>: Sized {
    fn len(&self) -> usize;
    fn slice(&self, start: usize, end: usize) -> Self;
    fn at(&self, i: usize) -> T;
    /// Terms `LANES * i` to `LANES * (i + 1)`.
    fn tile(&self, i: usize) -> [T; LANES];
}

/// The elements themselves.
impl<T: Real> Terms<T> for &[T] {
    #[inline(always)]
    fn len(&self) -> usize {
        (**self).len()
    }
    #[inline(always)]
    fn slice(&self, start: usize, end: usize) -> Self {
        &self[start..end]
    }
    #[inline(always)]
    fn at(&self, i: usize) -> T {
        self[i]
    }
    #[inline(always)]
    fn tile(&self, i: usize) -> [T; LANES] {
        self.as_chunks().0[i]
    }
}

/// `f` of every element.
struct Mapped<'a, T, F>(&'a [T], &'a F);

impl<T: Real, F: Fn(T) -> T> Terms<T> for Mapped<'_, T, F> {
    #[inline(always)]
    fn len(&self) -> usize {
        self.0.len()
    }
    #[inline(always)]
    fn slice(&self, start: usize, end: usize) -> Self {
        Mapped(&self.0[start..end], self.1)
    }
    #[inline(always)]
    fn at(&self, i: usize) -> T {
        self.1(self.0[i])
    }
    #[inline(always)]
    fn tile(&self, i: usize) -> [T; LANES] {
        let mut tile: [T; LANES] = self.0.as_chunks().0[i];
        for x in &mut tile {
            *x = self.1(*x);
        }
        tile
    }
}

/// `f` of every pair.
struct Zipped<'a, T, F>(&'a [T], &'a [T], &'a F);

impl<T: Real, F: Fn(T, T) -> T> Terms<T> for Zipped<'_, T, F> {
    #[inline(always)]
    fn len(&self) -> usize {
        self.0.len()
    }
    #[inline(always)]
    fn slice(&self, start: usize, end: usize) -> Self {
        Zipped(&self.0[start..end], &self.1[start..end], self.2)
    }
    #[inline(always)]
    fn at(&self, i: usize) -> T {
        self.2(self.0[i], self.1[i])
    }
    #[inline(always)]
    fn tile(&self, i: usize) -> [T; LANES] {
        let mut tile: [T; LANES] = self.0.as_chunks().0[i];
        let other: &[T; LANES] = &self.1.as_chunks().0[i];
        for (a, &b) in tile.iter_mut().zip(other) {
            *a = self.2(*a, b);
        }
        tile
    }
}

/// Folds `f` of every element.
#[inline(always)]
pub(super) fn fold_map<T: Real, J: Join>(join: J, x: &[T], f: impl Fn(T) -> T) -> T {
    fold(join, Mapped(x, &f))
}

/// Folds `f` of every pair.
#[inline(always)]
pub(super) fn fold_zip<T: Real, J: Join>(join: J, a: &[T], b: &[T], f: impl Fn(T, T) -> T) -> T {
    fold(join, Zipped(a, b, &f))
}

/// Folds all terms: blocks of `BLOCK`, joined pairwise.
#[expect(
    clippy::needless_pass_by_value,
    reason = "terms are a few pointers; a slice reads better unborrowed"
)]
#[inline(always)]
pub(super) fn fold<T: Real, J: Join>(join: J, terms: impl Terms<T>) -> T {
    let length = terms.len();
    if length <= BLOCK {
        return fold_block(join, &terms);
    }
    // Pairwise without recursion: like a binary counter, slot k holds the result of 2^k blocks.
    let mut slots = [J::none::<T>(); usize::BITS as usize];
    let mut blocks = 0usize;
    for start in (0..length).step_by(BLOCK) {
        let mut value = fold_block(join, &terms.slice(start, (start + BLOCK).min(length)));
        let full = blocks.trailing_ones() as usize;
        for &slot in &slots[..full] {
            value = J::join(slot, value);
        }
        slots[full] = value;
        blocks += 1;
    }
    let mut total = J::none();
    for (k, &slot) in slots.iter().enumerate() {
        if blocks >> k & 1 == 1 {
            total = J::join(slot, total);
        }
    }
    total
}

/// Folds the terms of one block: lane `i` takes every `LANES`-th term, then the lanes join as a binary tree.
#[inline(always)]
fn fold_block<T: Real, J: Join>(_: J, terms: &impl Terms<T>) -> T {
    let length = terms.len();
    if length < LANES / 2 {
        let mut value = J::none();
        for i in 0..length {
            value = J::join(value, terms.at(i));
        }
        return value;
    }
    let mut lanes = [J::none(); LANES];
    for i in 0..length / LANES {
        join_each::<T, J>(&mut lanes, &terms.tile(i));
    }
    let rest = length % LANES;
    if rest > 0 {
        // The lanes are never indexed by a variable, or the compiler would keep them in memory.
        let mut tail = [J::none(); LANES];
        for (k, tail) in tail[..rest].iter_mut().enumerate() {
            *tail = terms.at(length - rest + k);
        }
        join_each::<T, J>(&mut lanes, &tail);
    }
    // Writing all lanes to memory once is what makes the compiler keep them in vector registers above.
    let mut lanes = black_box(lanes);
    let mut width = LANES / 2;
    while width > 0 {
        for k in 0..width {
            lanes[k] = J::join(lanes[k], lanes[k + width]);
        }
        width /= 2;
    }
    lanes[0]
}

#[inline(always)]
fn join_each<T: Real, J: Join>(lanes: &mut [T; LANES], tile: &[T; LANES]) {
    for (lane, &x) in lanes.iter_mut().zip(tile) {
        *lane = J::join(*lane, x);
    }
}

/// Folds the rows of a row-major matrix of width `out.len()`.
///
/// The work is done in tiles of exactly `LANES` neighbours in memory, which stay in registers. A narrow matrix
/// takes as many whole rows as fit into a tile at once; what the tile reads beyond them is computed and ignored.
/// In a wide matrix the last tile overlaps the one before.
#[inline(always)]
pub(super) fn fold_rows<T: Real, J: Join>(join: J, x: &[T], out: &mut [T]) {
    let cols = out.len();
    if cols < LANES {
        let step = LANES / cols * cols;
        let tiles = if x.len() < LANES { 0 } else { (x.len() - LANES) / step + 1 };
        let lanes = fold_tiles(join, x, step, tiles);
        out.fill(J::none());
        for row in lanes[..step].chunks_exact(cols).chain(x[tiles * step..].chunks_exact(cols)) {
            for (out, &x) in out.iter_mut().zip(row) {
                *out = J::join(*out, x);
            }
        }
    } else {
        let rows = x.len() / cols;
        let mut start = 0;
        loop {
            let lanes = fold_tiles(join, &x[start..], cols, rows);
            out[start..start + LANES].copy_from_slice(&lanes);
            if start + LANES == cols {
                break;
            }
            start = (start + LANES).min(cols - LANES);
        }
    }
}

/// Folds `count` tiles of `LANES` elements, `step` apart, lane by lane, in two levels (blocks of 64 tiles).
#[inline(always)]
fn fold_tiles<T: Real, J: Join>(_: J, x: &[T], step: usize, count: usize) -> [T; LANES] {
    let mut total = [J::none(); LANES];
    let mut next = 0;
    while next < count {
        let end = (next + 64).min(count);
        let mut lanes = [J::none(); LANES];
        while next < end {
            let tile = &x[next * step..next * step + LANES];
            for (lane, &x) in lanes.iter_mut().zip(tile) {
                *lane = J::join(*lane, x);
            }
            next += 1;
        }
        join_each::<T, J>(&mut total, &lanes);
    }
    total
}
