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

    #[inline(always)]
    fn factor(self, place: u32) -> T {
        if self.counter.at(place) >= self.threshold { self.keep } else { T::ZERO }
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

/// `e^x` for scores less the largest; zero below `e^-60`, which adds nothing to a sum that holds `e^0`: so that no product
/// is subnormal, which is slow, least of all the many of keys that are not seen.
#[inline(always)]
fn exp<T: Real>(x: T) -> T {
    let least = T::from_f64(-60.0);
    let e = (if x < least { least } else { x }).exp();
    if x < least { T::ZERO } else { e }
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
            let e = exp(scores[l] - base[l]);
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
                    let shrink = exp(before[l] - base[l]);
                    running.shrink[at + l] = shrink;
                    running.sums[at + l] = running.sums[at + l] * shrink + sums[l];
                    running.largest[at + l] = after[l];
                }
            }
            if let Some(dropped) = dropped {
                for (i, weights) in tile.chunks_exact_mut(columns).enumerate() {
                    let place = (corner.weights + corner.key + i) as u32;
                    for (j, weight) in weights.iter_mut().enumerate() {
                        *weight *= dropped.factor(place.wrapping_add(j as u32 * corner.keys as u32));
                    }
                }
            }
        },
    );
}

/// What the exponentials of a query's scores add up to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Sums<'a, T> {
    /// The tile holds all keys: it is found there.
    Here,
    /// The logarithm of the sum of each query; infinite for a query that sees no key.
    Logarithms(&'a [T]),
}

/// Puts weights in the place of scores, and derivatives by scores in the place of those by weights: a weight times what
/// its derivative is above `mean`, the mean of that over the keys by their weights.
pub(super) fn differentiate<T: Real>(
    tile: &mut [T],
    by: &mut [T],
    columns: usize,
    sums: Sums<'_, T>,
    mean: &[T],
    corner: Corner,
    dropped: Option<Dropped<T>>,
) {
    vectorize(
        #[inline(always)]
        || {
            for at in (0..columns).step_by(LANES) {
                let scale = match sums {
                    Sums::Here => {
                        let base = base(largest(tile, columns, at, [T::NEG_INFINITY; LANES]));
                        exponentials(tile, columns, at, base).map(
                            #[inline(always)]
                            |sum| if sum > T::ZERO { T::ONE / sum } else { T::ZERO },
                        )
                    }
                    Sums::Logarithms(logarithms) => {
                        exponentials(tile, columns, at, load(logarithms, at));
                        [T::ONE; LANES]
                    }
                };
                let mean = load(mean, at);
                for (i, (weights, by)) in
                    tile.chunks_exact_mut(columns).zip(by.chunks_exact_mut(columns)).enumerate()
                {
                    let (weights, by) = (&mut weights[at..at + LANES], &mut by[at..at + LANES]);
                    if let Some(dropped) = dropped {
                        let place = (corner.weights + corner.key + i) as u32;
                        for l in 0..LANES {
                            let column = (at + l) as u32;
                            let factor =
                                dropped.factor(place.wrapping_add(column.wrapping_mul(corner.keys as u32)));
                            let weight = weights[l] * scale[l];
                            by[l] = weight * (by[l] * factor - mean[l]);
                            weights[l] = weight * factor;
                        }
                    } else {
                        for l in 0..LANES {
                            let weight = weights[l] * scale[l];
                            by[l] = weight * (by[l] - mean[l]);
                            weights[l] = weight;
                        }
                    }
                }
            }
        },
    );
}
