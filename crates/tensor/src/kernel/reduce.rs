//! Reductions in a fixed order: the same bits for any instruction set and any number of threads.
//!
//! A sum runs in [`LANES`] interleaved partial sums over blocks of [`BLOCK`] elements; the lanes of a block are
//! added as a binary tree and the blocks pairwise, so the error grows with the logarithm of the number of blocks
//! (N. J. Higham, "The accuracy of floating point summation", SIAM J. Sci. Comput. 14, 1993).

use super::elementwise::assert_same_length;
use super::{Real, vectorize};

/// Number of interleaved partial results; fixed, whatever the width of the machine's registers.
const LANES: usize = 32;
/// Elements per block of a sum.
const BLOCK: usize = 32 * LANES;

/// What a reduction along an axis computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reduction {
    /// The sum; 0 for none.
    Sum,
    /// The largest element, NaN if there is one; negative infinity for none.
    Max,
    /// The smallest element, NaN if there is one; infinity for none.
    Min,
}

/// Sum of the elements.
///
/// ```
/// use tunesmith_tensor::kernel::reduce::sum;
/// assert_eq!(sum(&[1.0f32, 2.0, 3.5]), 6.5);
/// assert_eq!(sum::<f64>(&[]), 0.0);
/// ```
#[inline]
pub fn sum<T: Real>(x: &[T]) -> T {
    sum_by(x, |x| x)
}

/// Sum of `f` of every element.
///
/// ```
/// use tunesmith_tensor::kernel::{Real, reduce::sum_by};
/// assert_eq!(sum_by(&[1.0f32, -2.0, 3.0], |x| x.abs()), 6.0);
/// ```
#[inline]
pub fn sum_by<T: Real>(x: &[T], f: impl Fn(T) -> T) -> T {
    vectorize(
        #[inline(always)]
        || {
            sum_terms(
                [x],
                #[inline(always)]
                |[x]| f(x),
            )
        },
    )
}

/// Sum of `f(a, b)` over all pairs.
///
/// ```
/// use tunesmith_tensor::kernel::reduce::sum_zip;
/// let squared_error = sum_zip(&[1.0f64, 2.0], &[0.0, 4.0], |a, b| (a - b) * (a - b));
/// assert_eq!(squared_error, 5.0);
/// ```
///
/// # Panics
/// When the lengths differ.
#[track_caller]
#[inline]
pub fn sum_zip<T: Real>(a: &[T], b: &[T], f: impl Fn(T, T) -> T) -> T {
    assert_same_length("sum_zip", a.len(), b.len());
    vectorize(
        #[inline(always)]
        || {
            sum_terms(
                [a, b],
                #[inline(always)]
                |[a, b]| f(a, b),
            )
        },
    )
}

/// Arithmetic mean; NaN for an empty slice.
///
/// ```
/// use tunesmith_tensor::kernel::reduce::mean;
/// assert_eq!(mean(&[1.0f32, 2.0, 6.0]), 3.0);
/// ```
#[inline]
pub fn mean<T: Real>(x: &[T]) -> T {
    sum(x) / T::from_usize(x.len())
}

/// Inner product.
///
/// ```
/// use tunesmith_tensor::kernel::reduce::dot;
/// assert_eq!(dot(&[1.0f32, 2.0], &[3.0, 4.0]), 11.0);
/// ```
///
/// # Panics
/// When the lengths differ.
#[track_caller]
#[inline]
pub fn dot<T: Real>(a: &[T], b: &[T]) -> T {
    assert_same_length("dot", a.len(), b.len());
    sum_zip(a, b, |a, b| a * b)
}

/// Sum of squares: the squared Euclidean norm.
///
/// ```
/// use tunesmith_tensor::kernel::reduce::sum_of_squares;
/// assert_eq!(sum_of_squares(&[3.0f32, 4.0]), 25.0);
/// ```
#[inline]
pub fn sum_of_squares<T: Real>(x: &[T]) -> T {
    sum_by(x, |x| x * x)
}

/// The largest element; NaN if there is one.
///
/// ```
/// use tunesmith_tensor::kernel::reduce::max;
/// assert_eq!(max(&[1.0f32, 7.0, -3.0]), 7.0);
/// assert!(max(&[1.0f32, f32::NAN]).is_nan());
/// ```
///
/// # Panics
/// When the slice is empty.
#[track_caller]
#[inline]
pub fn max<T: Real>(x: &[T]) -> T {
    assert!(!x.is_empty(), "max: the slice is empty");
    vectorize(
        #[inline(always)]
        || fold_lanes(x, T::NEG_INFINITY, T::max),
    )
}

/// The smallest element; NaN if there is one.
///
/// ```
/// use tunesmith_tensor::kernel::reduce::min;
/// assert_eq!(min(&[1.0f32, 7.0, -3.0]), -3.0);
/// ```
///
/// # Panics
/// When the slice is empty.
#[track_caller]
#[inline]
pub fn min<T: Real>(x: &[T]) -> T {
    assert!(!x.is_empty(), "min: the slice is empty");
    vectorize(
        #[inline(always)]
        || fold_lanes(x, T::INFINITY, T::min),
    )
}

/// Place of the largest element, the first of equals; of the first NaN if there is one.
///
/// ```
/// use tunesmith_tensor::kernel::reduce::arg_max;
/// assert_eq!(arg_max(&[1.0f32, 7.0, 7.0]), 1);
/// ```
///
/// # Panics
/// When the slice is empty.
#[track_caller]
#[inline]
pub fn arg_max<T: Real>(x: &[T]) -> usize {
    assert!(!x.is_empty(), "arg_max: the slice is empty");
    position_of(x, max(x))
}

/// Place of the smallest element, the first of equals; of the first NaN if there is one.
///
/// ```
/// use tunesmith_tensor::kernel::reduce::arg_min;
/// assert_eq!(arg_min(&[1.0f32, -7.0, 3.0]), 1);
/// ```
///
/// # Panics
/// When the slice is empty.
#[track_caller]
#[inline]
pub fn arg_min<T: Real>(x: &[T]) -> usize {
    assert!(!x.is_empty(), "arg_min: the slice is empty");
    position_of(x, min(x))
}

fn position_of<T: Real>(x: &[T], wanted: T) -> usize {
    let found = x.iter().position(|&x| x == wanted || (wanted.is_nan() && x.is_nan()));
    found.unwrap_or(0) // `wanted` is an element of `x`
}

/// Adds all rows of a row-major `[rows, cols]` matrix into `out[cols]` (which is overwritten): a bias gradient.
///
/// ```
/// use tunesmith_tensor::kernel::reduce::sum_rows_into;
/// let mut out = [0.0f32; 2];
/// sum_rows_into(&[1.0, 2.0, 10.0, 20.0], 2, 2, &mut out);
/// assert_eq!(out, [11.0, 22.0]);
/// ```
///
/// # Panics
/// When the slices do not have these sizes.
#[track_caller]
#[inline]
pub fn sum_rows_into<T: Real>(x: &[T], rows: usize, cols: usize, out: &mut [T]) {
    reduce_axis(x, 1, rows, cols, out, Reduction::Sum);
}

/// Adds all columns of a row-major `[rows, cols]` matrix into `out[rows]`, each row as [`sum`] would.
///
/// ```
/// use tunesmith_tensor::kernel::reduce::sum_cols_into;
/// let mut out = [0.0f32; 2];
/// sum_cols_into(&[1.0, 2.0, 10.0, 20.0], 2, 2, &mut out);
/// assert_eq!(out, [3.0, 30.0]);
/// ```
///
/// # Panics
/// When the slices do not have these sizes.
#[track_caller]
#[inline]
pub fn sum_cols_into<T: Real>(x: &[T], rows: usize, cols: usize, out: &mut [T]) {
    reduce_axis(x, rows, cols, 1, out, Reduction::Sum);
}

/// Writes the largest element of each row of a row-major `[rows, cols]` matrix into `out[rows]`.
///
/// ```
/// use tunesmith_tensor::kernel::reduce::max_cols_into;
/// let mut out = [0.0f32; 2];
/// max_cols_into(&[1.0, 2.0, 10.0, -20.0], 2, 2, &mut out);
/// assert_eq!(out, [2.0, 10.0]);
/// ```
///
/// # Panics
/// When the slices do not have these sizes.
#[track_caller]
#[inline]
pub fn max_cols_into<T: Real>(x: &[T], rows: usize, cols: usize, out: &mut [T]) {
    reduce_axis(x, rows, cols, 1, out, Reduction::Max);
}

/// Reduces the middle axis of a row-major `[outer, axis, inner]` array into `out[outer, inner]`.
///
/// ```
/// use tunesmith_tensor::kernel::reduce::{Reduction, reduce_axis};
/// let mut out = [0.0f64; 2];
/// reduce_axis(&[1.0, 2.0, 3.0, 4.0], 2, 2, 1, &mut out, Reduction::Min);
/// assert_eq!(out, [1.0, 3.0]);
/// ```
///
/// # Panics
/// When the slices do not have these sizes.
#[track_caller]
pub fn reduce_axis<T: Real>(
    x: &[T],
    outer: usize,
    axis: usize,
    inner: usize,
    out: &mut [T],
    reduction: Reduction,
) {
    assert!(
        x.len() == outer * axis * inner,
        "reduce_axis: [{outer}, {axis}, {inner}] has {} entries, the slice has {}",
        outer * axis * inner,
        x.len(),
    );
    assert!(
        out.len() == outer * inner,
        "reduce_axis: the result [{outer}, {inner}] has {} entries, the slice has {}",
        outer * inner,
        out.len(),
    );
    match reduction {
        Reduction::Sum => fold_axis(
            x,
            axis,
            inner,
            out,
            T::ZERO,
            #[inline(always)]
            |a, b| a + b,
        ),
        Reduction::Max => fold_axis(x, axis, inner, out, T::NEG_INFINITY, T::max),
        Reduction::Min => fold_axis(x, axis, inner, out, T::INFINITY, T::min),
    }
}

#[inline(always)]
fn fold_axis<T: Real>(
    x: &[T],
    axis: usize,
    inner: usize,
    out: &mut [T],
    none: T,
    join: impl Fn(T, T) -> T + Copy,
) {
    if axis * inner == 0 {
        return out.fill(none);
    }
    vectorize(
        #[inline(always)]
        || {
            if inner == 1 {
                for (out, row) in out.iter_mut().zip(x.chunks_exact(axis)) {
                    *out = fold_blocks(
                        [row],
                        none,
                        #[inline(always)]
                        |[x]| x,
                        join,
                    );
                }
            } else {
                for (out, x) in out.chunks_exact_mut(inner).zip(x.chunks_exact(axis * inner)) {
                    fold_rows(x, out, none, join);
                }
            }
        },
    );
}

/// Folds the rows of a matrix of width `out.len()`.
///
/// The work is done in tiles of exactly [`LANES`] neighbours in memory, which stay in registers. A narrow matrix
/// takes as many whole rows as fit into a tile at once; what the tile reads beyond them is computed and ignored.
/// In a wide matrix the last tile overlaps the one before.
#[inline(always)]
fn fold_rows<T: Real>(x: &[T], out: &mut [T], none: T, join: impl Fn(T, T) -> T + Copy) {
    let cols = out.len();
    if cols < LANES {
        let step = LANES / cols * cols;
        let tiles = if x.len() < LANES { 0 } else { (x.len() - LANES) / step + 1 };
        let lanes = fold_tiles(x, step, tiles, none, join);
        out.fill(none);
        for row in lanes[..step].chunks_exact(cols).chain(x[tiles * step..].chunks_exact(cols)) {
            for (out, &x) in out.iter_mut().zip(row) {
                *out = join(*out, x);
            }
        }
    } else {
        let rows = x.len() / cols;
        let mut start = 0;
        loop {
            let lanes = fold_tiles(&x[start..], cols, rows, none, join);
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
fn fold_tiles<T: Real>(
    x: &[T],
    step: usize,
    count: usize,
    none: T,
    join: impl Fn(T, T) -> T + Copy,
) -> [T; LANES] {
    let mut total = [none; LANES];
    let mut next = 0;
    while next < count {
        let end = (next + 64).min(count);
        let mut lanes = [none; LANES];
        while next < end {
            let tile = &x[next * step..next * step + LANES];
            for (lane, &x) in lanes.iter_mut().zip(tile) {
                *lane = join(*lane, x);
            }
            next += 1;
        }
        for (total, &lane) in total.iter_mut().zip(&lanes) {
            *total = join(*total, lane);
        }
    }
    total
}

/// [`sum`] for use inside a loop that is already vectorised.
#[inline(always)]
pub(super) fn sum_terms<T: Real, const N: usize>(slices: [&[T]; N], term: impl Fn([T; N]) -> T) -> T {
    fold_blocks(
        slices,
        T::ZERO,
        term,
        #[inline(always)]
        |a, b| a + b,
    )
}

/// Folds all elements without blocks: for `join`s whose order does not matter.
#[inline(always)]
pub(super) fn fold_lanes<T: Real>(x: &[T], none: T, join: impl Fn(T, T) -> T + Copy) -> T {
    fold_block(
        [x],
        0,
        x.len(),
        none,
        #[inline(always)]
        |[x]| x,
        join,
    )
}

/// Folds terms of equally long slices in the fixed order the module names.
#[inline(always)]
fn fold_blocks<T: Real, const N: usize>(
    slices: [&[T]; N],
    none: T,
    term: impl Fn([T; N]) -> T,
    join: impl Fn(T, T) -> T + Copy,
) -> T {
    let length = slices[0].len();
    if length <= BLOCK {
        return fold_block(slices, 0, length, none, &term, join);
    }
    // Pairwise without recursion: like a binary counter, slot k holds the sum of 2^k blocks.
    let mut slots = [none; usize::BITS as usize];
    let mut blocks = 0usize;
    let mut start = 0;
    while start < length {
        let end = (start + BLOCK).min(length);
        let mut value = fold_block(slices, start, end, none, &term, join);
        let full = blocks.trailing_ones() as usize;
        for slot in &slots[..full] {
            value = join(*slot, value);
        }
        slots[full] = value;
        blocks += 1;
        start = end;
    }
    let mut total = none;
    for (k, &slot) in slots.iter().enumerate() {
        if blocks >> k & 1 == 1 {
            total = join(slot, total);
        }
    }
    total
}

/// Folds the terms `start..end`: lane `i` takes every `LANES`-th term, then the lanes join as a binary tree.
///
/// The lanes are never indexed by a variable, or the compiler would keep them in memory instead of registers.
#[inline(always)]
fn fold_block<T: Real, const N: usize>(
    slices: [&[T]; N],
    start: usize,
    end: usize,
    none: T,
    term: impl Fn([T; N]) -> T,
    join: impl Fn(T, T) -> T + Copy,
) -> T {
    let slices: [&[T]; N] = std::array::from_fn(
        #[inline(always)]
        |s| &slices[s][start..end],
    );
    let length = end - start;
    if length < LANES / 2 {
        let mut value = none;
        for i in 0..length {
            value = join(
                value,
                term(std::array::from_fn(
                    #[inline(always)]
                    |s| slices[s][i],
                )),
            );
        }
        return value;
    }
    let tiles: [&[[T; LANES]]; N] = std::array::from_fn(
        #[inline(always)]
        |s| slices[s].as_chunks().0,
    );
    let mut lanes = [none; LANES];
    for i in 0..length / LANES {
        for k in 0..LANES {
            lanes[k] = join(
                lanes[k],
                term(std::array::from_fn(
                    #[inline(always)]
                    |s| tiles[s][i][k],
                )),
            );
        }
    }
    let rest = length % LANES;
    if rest > 0 {
        let mut tail = [none; LANES];
        for (k, tail) in tail[..rest].iter_mut().enumerate() {
            *tail = term(std::array::from_fn(
                #[inline(always)]
                |s| slices[s][length - rest + k],
            ));
        }
        for k in 0..LANES {
            lanes[k] = join(lanes[k], tail[k]);
        }
    }
    join_lanes(lanes, join)
}

/// Joins lane `k` with lane `k + width`, for ever smaller widths.
#[inline(always)]
fn join_lanes<T: Real>(mut lanes: [T; LANES], join: impl Fn(T, T) -> T) -> T {
    let mut width = LANES / 2;
    while width > 0 {
        for k in 0..width {
            lanes[k] = join(lanes[k], lanes[k + width]);
        }
        width /= 2;
    }
    lanes[0]
}
