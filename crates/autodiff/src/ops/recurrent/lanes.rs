//! Blocks of lanes: how a step's rows of several stretches become vector code.
//!
//! A loop over a dozen slices is not vectorised: the compiler would have to compare each pair of them first. A block
//! is read whole, computed on the stack, and written whole.

use tunesmith_tensor::kernel::Real;

/// Units computed at once.
pub(super) const LANES: usize = 16;

/// A block of neighbouring units.
pub(super) type Block<T> = [T; LANES];

/// The block from `at` on; behind the end there are zeros.
#[inline(always)]
pub(super) fn load<T: Real>(x: &[T], at: usize) -> Block<T> {
    let x = &x[at..];
    match x.first_chunk() {
        Some(block) => *block,
        None => {
            let mut block = [T::ZERO; LANES];
            block[..x.len()].copy_from_slice(x);
            block
        }
    }
}

/// Writes the first `len` of a block from `at` on.
#[inline(always)]
pub(super) fn store<T: Real>(out: &mut [T], at: usize, len: usize, block: &Block<T>) {
    match out[at..].first_chunk_mut() {
        Some(whole) if len == LANES => *whole = *block,
        _ => out[at..at + len].copy_from_slice(&block[..len]),
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

/// The sum of two blocks.
#[inline(always)]
pub(super) fn add<T: Real>(a: Block<T>, b: Block<T>) -> Block<T> {
    lanes!(|l| a[l] + b[l])
}

/// Calls `f(row, unit, len)` for every block of `len` units from `unit` on of every row.
#[inline(always)]
pub(super) fn each_block(rows: usize, units: usize, mut f: impl FnMut(usize, usize, usize)) {
    for row in 0..rows {
        let mut unit = 0;
        while unit < units {
            let len = (units - unit).min(LANES);
            f(row, unit, len);
            unit += len;
        }
    }
}
