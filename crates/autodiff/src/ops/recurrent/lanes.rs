//! Blocks of lanes: how a step's rows of several stretches become vector code.
//!
//! A loop over a dozen slices is not vectorised: the compiler would have to compare each pair of them first. A block
//! is read whole, computed on the stack, and written whole.

use tunesmith_tensor::kernel::{Real, vectorize};

/// Units computed at once.
pub(super) const LANES: usize = 16;

/// Neighbouring units.
pub(super) type Block<T> = [T; LANES];

/// What is done to each block of a step.
///
/// Whether the block is `FULL` is known to the compiler: a block read in two ways would stay in memory.
pub(super) trait Blocks {
    /// Works on `len` units from `unit` on of a row. To be marked `#[inline(always)]`.
    fn block<const FULL: bool>(&mut self, row: usize, unit: usize, len: usize);
}

/// Works on all blocks of all rows.
#[inline(always)]
pub(super) fn each_block(rows: usize, units: usize, mut work: impl Blocks) {
    vectorize(
        #[inline(always)]
        || {
            let rest = units % LANES;
            for row in 0..rows {
                for unit in (0..units - rest).step_by(LANES) {
                    work.block::<true>(row, unit, LANES);
                }
                if rest > 0 {
                    work.block::<false>(row, units - rest, rest);
                }
            }
        },
    );
}

/// The block from `at` on; behind the end of the slice there are zeros.
#[inline(always)]
pub(super) fn load<T: Real, const FULL: bool>(x: &[T], at: usize) -> Block<T> {
    let x = &x[at..];
    if FULL {
        *x.first_chunk().expect("a whole block")
    } else {
        let mut block = [T::ZERO; LANES];
        for (lane, &x) in block.iter_mut().zip(x) {
            *lane = x;
        }
        block
    }
}

/// Writes the first `len` of a block from `at` on.
#[inline(always)]
pub(super) fn store<T: Real, const FULL: bool>(out: &mut [T], at: usize, len: usize, block: &Block<T>) {
    let out = &mut out[at..];
    if FULL {
        *out.first_chunk_mut().expect("a whole block") = *block;
    } else {
        out[..len].copy_from_slice(&block[..len]);
    }
}

/// A block of `T` by lane: `lanes!(|l| x[l] + y[l])`. No closure, whose inlining would have to be asked for.
macro_rules! lanes {
    (|$lane:ident| $value:expr) => {{
        let mut block = [T::ZERO; $crate::ops::recurrent::lanes::LANES];
        for ($lane, out) in block.iter_mut().enumerate() {
            *out = $value;
        }
        block
    }};
}
pub(super) use lanes;

/// The block as it is, with zero for what is so small that products with it are not normal numbers any more.
///
/// A derivative fades from step to step; what is left of it after many would be computed a hundred times slower than
/// other numbers, and is far below the rounding error of anything it is added to.
#[inline(always)]
pub(super) fn settled<T: Real>(x: Block<T>) -> Block<T> {
    let least = T::MIN_POSITIVE / T::EPSILON;
    lanes!(|l| if x[l].abs() < least { T::ZERO } else { x[l] })
}
