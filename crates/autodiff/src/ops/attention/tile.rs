//! The loops over a tile of scores: exponentials, their sums, weights and the derivatives of scores.
//!
//! A tile holds keys in its rows and queries in its columns: what is summed over keys is summed over rows, so that each
//! lane of a vector has a query of its own. Columns beyond the last query hold anything and are read by nobody.

use tunesmith_tensor::kernel::{Real, vectorize};

use super::Attention;
use crate::ops::dropout::Counter;

/// Queries handled at once.
const LANES: usize = 32;

/// Columns of a tile for so many queries.
pub(super) const fn columns(queries: usize) -> usize {
    queries.next_multiple_of(LANES)
}

/// Where a tile stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Corner {
    /// The place of the first query's weights among those of all rows and heads.
    pub(super) weights: usize,
    /// The first query.
    pub(super) query: usize,
    /// The first key.
    pub(super) key: usize,
    /// The number of keys of a row.
    pub(super) keys: usize,
}

/// The factors that drop weights.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dropped<T> {
    counter: Counter,
    threshold: u32,
    keep: T,
}

impl<T: Real> Dropped<T> {
    /// The factors of a run, if weights are dropped: those of a [`DropoutMask`](crate::ops::dropout::DropoutMask) of the
    /// shape `[rows, heads, queries, keys]`.
    pub(super) fn of(op: &Attention, noise: u64) -> Option<Self> {
        let rate = op.attend.dropout;
        (rate > 0.0).then(|| Self {
            counter: Counter::new(noise, op.stream),
            threshold: (rate * f64::from(u32::MAX)) as u32,
            keep: T::from_f64(1.0 / (1.0 - rate)),
        })
    }

    /// Multiplies a tile by its factors.
    #[inline(always)]
    fn multiply(self, tile: &mut [T], columns: usize, corner: Corner) {
        for (i, row) in tile.chunks_exact_mut(columns).enumerate() {
            // Places are counted modulo 2^32, as those of a mask are.
            let place = (corner.weights + corner.key + i) as u32;
            for (j, x) in row.iter_mut().enumerate() {
                let bits = self.counter.at(place.wrapping_add((j as u32).wrapping_mul(corner.keys as u32)));
                *x *= if bits >= self.threshold { self.keep } else { T::ZERO };
            }
        }
    }
}

/// Makes scores of keys that do not count, or that lie behind the query, negative infinity.
pub(super) fn hide<T: Real>(tile: &mut [T], columns: usize, corner: Corner, causal: bool, counts: &[T]) {
    for (i, scores) in tile.chunks_exact_mut(columns).enumerate() {
        let key = corner.key + i;
        if counts.get(key).is_some_and(|&counts| counts == T::ZERO) {
            scores.fill(T::NEG_INFINITY);
        } else if causal && key > corner.query {
            let before = (key - corner.query).min(columns);
            scores[..before].fill(T::NEG_INFINITY);
        }
    }
}

/// What is known of each query of a tile after some blocks of keys.
#[derive(Debug)]
pub(super) struct Running<'a, T> {
    /// The largest score.
    pub(super) largest: &'a mut [T],
    /// The sum of exponentials of scores less the largest.
    pub(super) sums: &'a mut [T],
    /// What the last block made of a factor of one: `e` to the largest score before it less the largest after it.
    pub(super) shrink: &'a mut [T],
}

impl<T: Real> Running<'_, T> {
    pub(super) fn start(&mut self) {
        self.largest.fill(T::NEG_INFINITY);
        self.sums.fill(T::ZERO);
    }
}

#[inline(always)]
fn load<T: Real>(from: &[T], at: usize) -> [T; LANES] {
    let mut lanes = [T::ZERO; LANES];
    lanes.copy_from_slice(&from[at..at + LANES]);
    lanes
}

/// The largest of each column, from a start on.
#[inline(always)]
fn largest<T: Real>(tile: &[T], columns: usize, at: usize, mut largest: [T; LANES]) -> [T; LANES] {
    for scores in tile.chunks_exact(columns) {
        let scores = &scores[at..at + LANES];
        for l in 0..LANES {
            largest[l] = if scores[l] > largest[l] { scores[l] } else { largest[l] };
        }
    }
    largest
}

/// What is subtracted from scores: the largest, or zero where no key is seen.
#[inline(always)]
fn base<T: Real>(largest: [T; LANES]) -> [T; LANES] {
    largest.map(
        #[inline(always)]
        |x| if x == T::NEG_INFINITY { T::ZERO } else { x },
    )
}

/// Puts `e^(score - base)` in the place of scores; their sums over rows.
#[inline(always)]
fn exponentials<T: Real>(tile: &mut [T], columns: usize, at: usize, base: [T; LANES]) -> [T; LANES] {
    let mut sums = [T::ZERO; LANES];
    for scores in tile.chunks_exact_mut(columns) {
        let scores = &mut scores[at..at + LANES];
        for l in 0..LANES {
            let e = (scores[l] - base[l]).exp_nonpositive();
            scores[l] = e;
            sums[l] += e;
        }
    }
    sums
}

/// Puts exponentials in the place of the scores of a block, and adds it to what is known of the queries.
pub(super) fn weigh<T: Real>(
    tile: &mut [T],
    columns: usize,
    running: &mut Running<'_, T>,
    corner: Corner,
    dropped: Option<Dropped<T>>,
) {
    vectorize(
        #[inline(always)]
        || {
            for at in (0..columns).step_by(LANES) {
                let before = load(running.largest, at);
                let after = largest(tile, columns, at, before);
                let base = base(after);
                let sums = exponentials(tile, columns, at, base);
                for l in 0..LANES {
                    let shrink = (before[l] - base[l]).exp_nonpositive();
                    running.shrink[at + l] = shrink;
                    running.sums[at + l] = running.sums[at + l] * shrink + sums[l];
                    running.largest[at + l] = after[l];
                }
            }
            if let Some(dropped) = dropped {
                dropped.multiply(tile, columns, corner);
            }
        },
    );
}

/// What is known of the queries of a tile when derivatives are taken.
#[derive(Clone, Copy, Debug)]
pub(super) enum Known<'a, T> {
    /// The tile holds all keys: everything is found there.
    Here,
    /// Of each query, the logarithm of its sum of exponentials, infinite for one that sees no key, and the mean over keys, by
    /// their weights, of the derivatives by weights.
    Before { logarithms: &'a [T], means: &'a [T] },
}

/// The sums over rows of weights times derivatives by them.
#[inline(always)]
fn products<T: Real>(weights: &[T], by: &[T], columns: usize, at: usize) -> [T; LANES] {
    let mut sums = [T::ZERO; LANES];
    for (weights, by) in weights.chunks_exact(columns).zip(by.chunks_exact(columns)) {
        let (weights, by) = (&weights[at..at + LANES], &by[at..at + LANES]);
        for l in 0..LANES {
            sums[l] += weights[l] * by[l];
        }
    }
    sums
}

/// Puts weights in the place of scores, and derivatives by scores in the place of those by weights: a weight times what
/// its derivative is above their mean.
pub(super) fn differentiate<T: Real>(
    tile: &mut [T],
    by: &mut [T],
    columns: usize,
    known: Known<'_, T>,
    corner: Corner,
    dropped: Option<Dropped<T>>,
) {
    vectorize(
        #[inline(always)]
        || {
            if let Some(dropped) = dropped {
                dropped.multiply(by, columns, corner);
            }
            for at in (0..columns).step_by(LANES) {
                let (scales, means) = match known {
                    Known::Here => {
                        let base = base(largest(tile, columns, at, [T::NEG_INFINITY; LANES]));
                        let scales = exponentials(tile, columns, at, base).map(
                            #[inline(always)]
                            |sum| if sum == T::ZERO { T::ZERO } else { T::ONE / sum },
                        );
                        let mut means = products(tile, by, columns, at);
                        for l in 0..LANES {
                            means[l] *= scales[l];
                        }
                        (scales, means)
                    }
                    Known::Before { logarithms, means } => {
                        exponentials(tile, columns, at, load(logarithms, at));
                        ([T::ONE; LANES], load(means, at))
                    }
                };
                for (weights, by) in tile.chunks_exact_mut(columns).zip(by.chunks_exact_mut(columns)) {
                    let (weights, by) = (&mut weights[at..at + LANES], &mut by[at..at + LANES]);
                    for l in 0..LANES {
                        let weight = weights[l] * scales[l];
                        by[l] = weight * (by[l] - means[l]);
                        weights[l] = weight;
                    }
                }
            }
            if let Some(dropped) = dropped {
                dropped.multiply(tile, columns, corner);
            }
        },
    );
}
