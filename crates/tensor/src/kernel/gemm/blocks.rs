//! A whole product cut into blocks that stay in the caches, and the buffer in which right operands are packed.
#![expect(unsafe_code, reason = "walks operands through pointers that were checked before")]

use std::cell::RefCell;

use super::super::Real;
use super::panels::{Part, copy_panels};
use super::sweep::Machine;
use super::tile::{MOST_ROWS, Rows, Sweep};

/// Numbers in the buffer for a packed panel that each thread takes once and keeps: what stays in a first-level cache
/// from its packing to its last use, 32 kB of `f32`.
pub const PACK_LEN: usize = MOST_DEPTH * MOST_COLUMNS;
/// The most products a sum takes before it is added to the result.
const MOST_DEPTH: usize = 128;
/// The most columns a panel has.
const MOST_COLUMNS: usize = 64;
/// Numbers of the left operand that a panel of the right one meets before the next panel's turn: what stays in a
/// second-level cache beside the panels.
const LEFT_LEN: usize = 128 * 1024;
/// From so many numbers on, a left operand is asked for before it is needed.
const FAR: usize = 32 * 1024;
/// Up to so many rows, reading the right operand where it is costs less than packing it.
const FEW_ROWS: usize = 32;

/// `alpha A B + beta C`, checked.
#[derive(Clone, Copy)]
pub(super) struct Product<'a, T> {
    pub(super) size: [usize; 3],
    pub(super) alpha: T,
    pub(super) rows: Rows<'a, T>,
    pub(super) segments: &'a [(usize, usize)],
    pub(super) step: usize,
    pub(super) right: Right<T>,
    pub(super) beta: T,
    pub(super) c: *mut T,
    pub(super) c_strides: (usize, usize),
}

/// Where the right operand is, and how it lies there.
#[derive(Clone, Copy)]
pub(super) enum Right<T> {
    /// As a matrix with (row, column) strides.
    Strided(*const T, (usize, usize)),
    /// In panels over its whole inner side.
    Packed(*const T),
}

/// A line of a cache, so that panels start at one.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Line(#[expect(dead_code, reason = "read as numbers")] [u8; 64]);

thread_local! {
    static BUFFER: RefCell<Vec<Line>> = const { RefCell::new(Vec::new()) };
}

/// Calls `f` with this thread's buffer of [`PACK_LEN`] numbers.
fn with_buffer<T: Real>(f: impl FnOnce(*mut T)) {
    BUFFER.with_borrow_mut(|lines| {
        let needed = PACK_LEN * size_of::<T>() / size_of::<Line>();
        if lines.len() < needed {
            lines.resize(needed, Line([0; 64]));
        }
        f(lines.as_mut_ptr().cast());
    });
}

impl<T: Real> Product<'_, T> {
    /// # Safety
    /// Every place that sizes, rows, segments and strides name lies in its operand, `c` is exclusive, its entries
    /// do not overlap.
    pub(super) unsafe fn run(&self) {
        let [m, k, n] = self.size;
        if m == 0 || n == 0 {
            return;
        }
        let machine = Machine::detected::<T>();
        // SAFETY: the caller's promise; the buffer is as long as `blocks` needs.
        unsafe {
            match self.right {
                Right::Strided(_, (down, across)) => {
                    let whole = machine.columns();
                    let is_panel = n <= whole && down <= whole;
                    if n == 1 || across == 1 && (m <= FEW_ROWS || is_panel) || k == 0 {
                        self.blocks(machine, std::ptr::null_mut());
                    } else {
                        with_buffer(|buffer| self.blocks(machine, buffer));
                    }
                }
                Right::Packed(_) => self.blocks(machine, std::ptr::null_mut()),
            }
        }
    }

    /// Goes over the inner side, rows, and panels of columns; packs each panel where there is a buffer for it. Packing
    /// it anew for each block of rows costs less than a second-level cache full of panels would.
    ///
    /// # Safety
    /// As for [`run`](Self::run), and a buffer that is not null has room for a panel.
    unsafe fn blocks(&self, machine: Machine, buffer: *mut T) {
        let [m, k, n] = self.size;
        let whole = machine.columns();
        debug_assert!(whole <= MOST_COLUMNS, "a panel fits into the buffer");
        let (block, mut top) = (block_depth(k), 0);
        let height = (LEFT_LEN / block).max(MOST_ROWS);
        let (mut segment, mut skip) = (0, 0);
        loop {
            let depth = block.min(k - top);
            for row in (0..m).step_by(height) {
                for column in (0..n).step_by(whole) {
                    let width = (n - column).min(whole);
                    let vectors = width.div_ceil(machine.lanes);
                    let (b, b_stride) = match self.right {
                        Right::Packed(b) => {
                            let stride = vectors * machine.lanes;
                            (b.wrapping_add(column * k + top * stride), stride)
                        }
                        Right::Strided(b, strides) => {
                            let start = b.wrapping_add(top * strides.0 + column * strides.1);
                            if buffer.is_null() {
                                (start, strides.0)
                            } else {
                                let part = Part { start, strides, rows: depth, columns: width };
                                // SAFETY: the panel lies in the operand, and fits into the buffer.
                                unsafe { copy_panels(machine, part, buffer) };
                                (buffer.cast_const(), vectors * machine.lanes)
                            }
                        }
                    };
                    let sweep = Sweep {
                        rows: self.rows_from(row),
                        m: height.min(m - row),
                        segments: &self.segments[segment..],
                        skip,
                        depth,
                        step: self.step,
                        b,
                        b_stride,
                        vectors,
                        last: width - (vectors - 1) * machine.lanes,
                        far: m.saturating_mul(k) >= FAR,
                        alpha: self.alpha,
                        beta: if top == 0 { self.beta } else { T::ONE },
                        c: self.c.wrapping_add(row * self.c_strides.0 + column * self.c_strides.1),
                        c_stride: self.c_strides.0,
                    };
                    // SAFETY: the rows, columns and part of the inner side named lie in the operands.
                    unsafe {
                        if self.c_strides.1 == 1 || n == 1 {
                            machine.run(&sweep);
                        } else {
                            self.scatter(machine, sweep, width);
                        }
                    }
                }
            }
            top += depth;
            if top >= k {
                break;
            }
            skip += depth;
            while skip > 0 && skip >= self.segments[segment].1 {
                skip -= self.segments[segment].1;
                segment += 1;
            }
        }
    }

    fn rows_from(&self, row: usize) -> Rows<'_, T> {
        match self.rows {
            Rows::Every(start, distance) => Rows::Every(start.wrapping_add(row * distance), distance),
            Rows::At(start, offsets) => Rows::At(start, &offsets[row..]),
        }
    }

    /// Runs a sweep into a buffer some rows at a time, and adds that to a result whose columns are apart.
    ///
    /// # Safety
    /// As for the sweep.
    unsafe fn scatter(&self, machine: Machine, sweep: Sweep<'_, T>, width: usize) {
        const WIDTH: usize = 64;
        let mut buffer = [T::ZERO; MOST_ROWS * WIDTH];
        for row in (0..sweep.m).step_by(MOST_ROWS) {
            let rows = match sweep.rows {
                Rows::Every(start, distance) => Rows::Every(start.wrapping_add(row * distance), distance),
                Rows::At(start, offsets) => Rows::At(start, &offsets[row..]),
            };
            let m = MOST_ROWS.min(sweep.m - row);
            let part = Sweep { rows, m, beta: T::ZERO, c: buffer.as_mut_ptr(), c_stride: WIDTH, ..sweep };
            // SAFETY: some rows of the sweep, into a buffer for as many.
            unsafe { machine.run(&part) };
            for (i, sums) in buffer.chunks_exact(WIDTH).enumerate().take(m) {
                for (j, &sum) in sums[..width].iter().enumerate() {
                    // SAFETY: an entry of the result.
                    unsafe {
                        let place = sweep.c.add((row + i) * self.c_strides.0 + j * self.c_strides.1);
                        *place = if sweep.beta == T::ZERO { sum } else { sum + sweep.beta * *place };
                    }
                }
            }
        }
    }
}

/// How deep the blocks of an inner side are: equal parts of at most [`MOST_DEPTH`].
pub(super) fn block_depth(k: usize) -> usize {
    k.div_ceil(k.div_ceil(MOST_DEPTH).max(1)).max(1)
}
