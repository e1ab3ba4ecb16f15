//! The microkernel: some rows of the result by some vectors of columns, summed in registers.
#![expect(unsafe_code, reason = "the innermost loop reads through pointers checked once, before it")]

use super::super::Real;
use super::lanes::Lanes;

/// What the tiles of one panel of columns have in common.
#[derive(Clone, Copy)]
pub(super) struct Sweep<'a, T> {
    /// The first row of the left operand and of the result.
    pub(super) rows: Rows<'a, T>,
    /// How many rows.
    pub(super) m: usize,
    /// Where each run of neighbours along the inner side starts, relative to its row, and how many there are.
    pub(super) segments: &'a [(usize, usize)],
    /// Numbers of the first segment that are passed over.
    pub(super) skip: usize,
    /// How many products a sum has here.
    pub(super) depth: usize,
    /// From a number of a segment to the next.
    pub(super) step: usize,
    /// The panel's first row, and from a row to the next.
    pub(super) b: *const T,
    pub(super) b_stride: usize,
    /// Vectors in a row of the panel, and the lanes of the last that count.
    pub(super) vectors: usize,
    pub(super) last: usize,
    /// Whether the left operand is so long that it pays to ask early for what the next tile will read.
    pub(super) far: bool,
    pub(super) alpha: T,
    pub(super) beta: T,
    pub(super) c: *mut T,
    pub(super) c_stride: usize,
}

/// Where the rows of the left operand start.
#[derive(Clone, Copy, Debug)]
pub(super) enum Rows<'a, T> {
    /// One every so many numbers.
    Every(*const T, usize),
    /// At these places behind the pointer.
    At(*const T, &'a [usize]),
}

/// The most rows a tile has.
pub(super) const MOST_ROWS: usize = 8;

/// Products taken between two looks ahead: a line of a cache of `f32`.
const RUN: usize = 16;

/// Asks for what the next tile reads where this one reads a run from `place` on.
#[inline(always)]
fn prefetch_next<L: Lanes, const R: usize>(place: *const L::Element, sweep: &Sweep<'_, L::Element>) {
    match sweep.rows {
        Rows::Every(_, distance) if sweep.step == 1 => {
            for r in R..2 * R {
                L::prefetch(place.wrapping_add(r * distance));
            }
        }
        // Windows lie close to each other: the machine sees by itself what comes next.
        Rows::At(..) if sweep.step == 1 => {}
        _ => {
            for p in 0..RUN {
                L::prefetch(place.wrapping_add(RUN + p * sweep.step));
            }
        }
    }
}

/// Computes `R` rows of the result, `V` vectors wide, into `c`.
///
/// A sum starts at zero and takes its products in the order of the inner side, whatever `R` and `V` are: an entry
/// has the same bits in every tile.
///
/// # Safety
/// The machine has the instruction set of `L`. From each of the first `R` pointers of `rows` the places of all segments
/// may be read, `depth` rows of the panel may be, and `R` rows of `c` written.
#[inline(always)]
pub(super) unsafe fn tile<L: Lanes, const R: usize, const V: usize>(
    rows: &[*const L::Element; MOST_ROWS],
    sweep: &Sweep<'_, L::Element>,
    c: *mut L::Element,
) {
    // SAFETY: the caller's promise; see the places named there.
    unsafe {
        let mask = L::mask(sweep.last);
        let mut sums = [[L::zero(); V]; R];
        let (mut b, step, b_stride) = (sweep.b, sweep.step, sweep.b_stride);
        let (mut skip, mut left) = (sweep.skip, sweep.depth);
        for &(offset, len) in sweep.segments {
            let count = (len - skip).min(left);
            let start = offset + skip * step;
            let mut from = [std::ptr::null(); R];
            for r in 0..R {
                from[r] = rows[r].add(start);
            }
            let (mut at, mut todo) = (0, count);
            while todo > 0 {
                let run = todo.min(RUN);
                todo -= run;
                if sweep.far {
                    prefetch_next::<L, R>(from[0].wrapping_add(at), sweep);
                }
                for _ in 0..run {
                    let mut columns = [L::zero(); V];
                    for (v, columns) in columns.iter_mut().enumerate().take(V - 1) {
                        *columns = L::load(b.add(v * L::LEN));
                    }
                    columns[V - 1] = L::load_some(b.add((V - 1) * L::LEN), mask);
                    for r in 0..R {
                        let factor = L::splat(from[r].wrapping_add(at));
                        for v in 0..V {
                            sums[r][v] = factor.mul_add(columns[v], sums[r][v]);
                        }
                    }
                    at += step;
                    b = b.wrapping_add(b_stride);
                }
            }
            (skip, left) = (0, left - count);
            if left == 0 {
                break;
            }
        }
        let (alpha, beta) = (L::splat(&raw const sweep.alpha), L::splat(&raw const sweep.beta));
        let fresh = sweep.beta == L::Element::ZERO;
        for (r, sums) in sums.iter().enumerate() {
            let c = c.add(r * sweep.c_stride);
            for (v, &sum) in sums.iter().enumerate() {
                let place = c.add(v * L::LEN);
                let mut sum = sum.mul(alpha);
                if v < V - 1 || sweep.last == L::LEN {
                    if !fresh {
                        sum = beta.mul_add(L::load(place), sum);
                    }
                    sum.store(place);
                } else {
                    if !fresh {
                        sum = beta.mul_add(L::load_some(place, mask), sum);
                    }
                    sum.store_some(place, mask);
                }
            }
        }
    }
}
