//! Panels: a right operand copied so that each row of a tile's columns lies behind the one before.
//!
//! A panel holds as many columns as a tile ([`Machine::columns`]), row by row; the last may hold fewer, in whole
//! vectors, filled up with zeros.
#![expect(unsafe_code, reason = "copies between places checked once, before the loops")]

use super::super::{Level, Real, vectorize};
use super::sweep::Machine;
#[cfg(target_arch = "x86_64")]
use super::transpose::transpose_singles;
use crate::dtype::DType;

/// Part of a right operand: element `(p, j)` is at `p * strides.0 + j * strides.1`.
#[derive(Clone, Copy)]
pub(super) struct Part<T> {
    pub(super) start: *const T,
    pub(super) strides: (usize, usize),
    pub(super) rows: usize,
    pub(super) columns: usize,
}

/// How many numbers the panels of this many rows and columns take.
pub(super) fn panels_len(machine: Machine, rows: usize, columns: usize) -> usize {
    rows * columns.next_multiple_of(machine.lanes)
}

/// Copies `part` into panels from `out` on.
///
/// # Safety
/// All elements of `part` may be read, [`panels_len`] numbers written, and the two do not overlap.
pub(super) unsafe fn copy_panels<T: Real>(machine: Machine, part: Part<T>, out: *mut T) {
    vectorize(
        #[inline(always)]
        || {
            // SAFETY: the caller's promise.
            unsafe {
                if part.strides.1 == 1 {
                    copy_rows(machine, part, out);
                } else {
                    copy_columns(machine, part, out);
                }
            }
        },
    );
}

/// Rows lie in one piece: each is read from front to end as wide as a panel, and written behind the one before.
///
/// # Safety
/// As for [`copy_panels`], with columns side by side.
#[inline(always)]
unsafe fn copy_rows<T: Real>(machine: Machine, part: Part<T>, out: *mut T) {
    /// Every whole panel is some of these wide.
    const CHUNK: usize = 8;
    let whole = machine.columns();
    for first in (0..part.columns).step_by(whole) {
        let columns = (part.columns - first).min(whole);
        let stride = columns.next_multiple_of(machine.lanes);
        let chunks = columns / CHUNK * CHUNK;
        for p in 0..part.rows {
            // SAFETY: the row of the part, and the row of its panel, which starts behind `first` whole columns.
            unsafe {
                let from = part.start.add(p * part.strides.0 + first);
                let to = out.add(first * part.rows + p * stride);
                for j in (0..chunks).step_by(CHUNK) {
                    *to.add(j).cast::<[T; CHUNK]>() = *from.add(j).cast::<[T; CHUNK]>();
                }
                for j in chunks..columns {
                    *to.add(j) = *from.add(j);
                }
                for j in columns..stride {
                    *to.add(j) = T::ZERO;
                }
            }
        }
    }
}

/// Columns are apart, rows perhaps side by side: blocks are turned over.
///
/// # Safety
/// As for [`copy_panels`].
#[inline(always)]
unsafe fn copy_columns<T: Real>(machine: Machine, part: Part<T>, out: *mut T) {
    const SIDE: usize = 8;
    let whole = machine.columns();
    let (down, across) = part.strides;
    let by_blocks = T::DTYPE == DType::F32 && down == 1 && Level::detected() >= Level::Avx2;
    for first in (0..part.columns).step_by(whole) {
        let columns = (part.columns - first).min(whole);
        let stride = columns.next_multiple_of(machine.lanes);
        // SAFETY: the panel's columns of the part, and the panel, which starts behind `first` whole columns.
        unsafe {
            let (from, to) = (part.start.add(first * across), out.add(first * part.rows));
            let (mut turned_columns, mut turned_rows) = (0, 0);
            #[cfg(target_arch = "x86_64")]
            if by_blocks {
                turned_columns = columns / SIDE * SIDE;
                turned_rows = part.rows / SIDE * SIDE;
                // Whole lines of a cache are read at a time, and their numbers written close to each other.
                for top in (0..turned_rows).step_by(2 * SIDE) {
                    for j in (0..turned_columns).step_by(SIDE) {
                        for p in (top..turned_rows.min(top + 2 * SIDE)).step_by(SIDE) {
                            let from: *const f32 = from.add(j * across + p).cast();
                            transpose_singles(from, across, to.add(p * stride + j).cast(), stride);
                        }
                    }
                }
            }
            for p in 0..part.rows {
                let done = if p < turned_rows { turned_columns } else { 0 };
                for j in done..columns {
                    *to.add(p * stride + j) = *from.add(p * down + j * across);
                }
                for j in columns..stride {
                    *to.add(p * stride + j) = T::ZERO;
                }
            }
        }
    }
}
