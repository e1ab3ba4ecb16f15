//! A product in tiles cut into blocks that stay in the caches.
#![expect(unsafe_code, reason = "walks operands through pointers that were checked before")]

use std::cell::RefCell;

use super::amx::{Block, Tiles};
use super::pack::{Order, Part, pack};
use super::{DEPTH, Operand, SIDE, TILE};

/// Steps along the inner side before the next block: what a panel of the right operand has.
const MOST_STEPS: usize = 32;
/// Tiles of the left operand that a panel of the right one meets: what stays in a second-level cache.
const LEFT_TILES: usize = 256;
/// Tiles of a panel of the right operand.
const RIGHT_TILES: usize = 2 * MOST_STEPS;
/// Rows and columns of a block of the result.
const BLOCK: usize = 2 * SIDE;

/// A packed tile, and as much of the result.
#[derive(Clone)]
#[repr(C, align(64))]
struct Tile([u32; TILE]);

thread_local! {
    static BUFFER: RefCell<Vec<Tile>> = const { RefCell::new(Vec::new()) };
}

/// Bytes of the buffer a thread takes on its first product in tiles.
const BYTES: usize = (LEFT_TILES + RIGHT_TILES + 4) * size_of::<Tile>();
const _: () = assert!(BYTES <= super::BF16_PACK_BYTES);

/// Writes `A B + beta C`; nothing is empty, all has been checked, tiles are usable.
pub(super) fn product(
    [m, k, n]: [usize; 3],
    a: Operand<'_>,
    b: Operand<'_>,
    beta: f32,
    c: &mut [f32],
    c_strides: (usize, usize),
) {
    BUFFER.with_borrow_mut(|buffer| {
        buffer.resize(BYTES / size_of::<Tile>(), Tile([0; TILE]));
        let left: *mut u32 = buffer.as_mut_ptr().cast();
        let right = left.wrapping_add(LEFT_TILES * TILE);
        let near = right.wrapping_add(RIGHT_TILES * TILE).cast::<f32>();
        // C^T = B^T A^T, where rows of that result are neighbours in memory.
        let turned = c_strides.1 != 1 && c_strides.0 == 1 && n > 1;
        let swap = |(data, (row, column)): Operand<'_>| (data.as_ptr(), (column, row));
        let keep = |(data, strides): Operand<'_>| (data.as_ptr(), strides);
        let (size, a, b, c_strides) = if turned {
            ([n, k, m], swap(b), swap(a), (c_strides.1, c_strides.0))
        } else {
            ([m, k, n], keep(a), keep(b), c_strides)
        };
        let product = Product { size, a, b, beta, c: c.as_mut_ptr(), c_strides, left, right, near };
        // SAFETY: tiles are usable, the buffer has room for both operands' blocks and for four tiles of the result.
        unsafe { product.run() };
    });
}

struct Product {
    size: [usize; 3],
    a: (*const f32, (usize, usize)),
    b: (*const f32, (usize, usize)),
    beta: f32,
    c: *mut f32,
    c_strides: (usize, usize),
    left: *mut u32,
    right: *mut u32,
    near: *mut f32,
}

impl Product {
    /// # Safety
    /// Tiles are usable; sizes and strides lie in the operands; buffers are as long as their constants say.
    unsafe fn run(&self) {
        let [m, k, n] = self.size;
        // SAFETY: the caller's promise.
        let _tiles = unsafe { Tiles::set_up() };
        let steps = k.div_ceil(DEPTH);
        let block = steps.div_ceil(steps.div_ceil(MOST_STEPS));
        let height = LEFT_TILES / block / 2 * BLOCK;
        for step in (0..steps).step_by(block) {
            let top = step * DEPTH;
            let depth = (block * DEPTH).min(k - top);
            for row in (0..m).step_by(height) {
                let (a, (down, along)) = self.a;
                let a = Part {
                    start: a.wrapping_add(row * down + top * along),
                    across: down,
                    along,
                    lines: height.min(m - row),
                    depth,
                };
                // SAFETY: the block lies in the operand and fits into the buffer.
                unsafe { pack(a, Order::Lines, self.left) };
                for column in (0..n).step_by(BLOCK) {
                    let (b, (along, across)) = self.b;
                    let b = Part {
                        start: b.wrapping_add(top * along + column * across),
                        across,
                        along,
                        lines: BLOCK.min(n - column),
                        depth,
                    };
                    // SAFETY: as above.
                    unsafe { pack(b, Order::Pairs, self.right) };
                    let beta = if step == 0 { self.beta } else { 1.0 };
                    // SAFETY: both operands' blocks are packed.
                    unsafe { self.panel([row, column], [a.lines, depth, b.lines], beta) };
                }
            }
        }
    }

    /// Adds the products of the packed rows and of the packed panel.
    ///
    /// # Safety
    /// Both are packed for this size, and tiles are set up.
    unsafe fn panel(&self, [row, column]: [usize; 2], [rows, depth, width]: [usize; 3], beta: f32) {
        let steps = depth.div_ceil(DEPTH);
        for first in (0..rows).step_by(BLOCK) {
            let height = BLOCK.min(rows - first);
            let place = (row + first) * self.c_strides.0 + column * self.c_strides.1;
            let c = self.c.wrapping_add(place);
            let (down, across) = (height.div_ceil(SIDE), width.div_ceil(SIDE));
            let is_whole = height == down * SIDE && width == across * SIDE && self.c_strides.1 == 1;
            let is_direct = is_whole && (beta == 0.0 || beta == 1.0);
            let block = Block {
                a: self.left.wrapping_add(first / SIDE * steps * TILE),
                b: self.right,
                steps,
                c: if is_direct { c } else { self.near },
                c_stride: if is_direct { self.c_strides.0 } else { BLOCK },
                goes_on: beta != 0.0,
            };
            // SAFETY: the entries named lie in the result, or in the buffer's last four tiles.
            unsafe {
                if !is_direct && block.goes_on {
                    self.each(c, [height, width], |near, c| *near = beta * *c);
                }
                block.run(down, across);
                if !is_direct {
                    self.each(c, [height, width], |near, c| *c = *near);
                }
            }
        }
    }

    /// Calls `f` on each entry of a copy and of the result.
    ///
    /// # Safety
    /// The entries lie in the result.
    #[inline(always)]
    unsafe fn each(&self, c: *mut f32, [height, width]: [usize; 2], f: impl Fn(&mut f32, &mut f32)) {
        let (down, across) = self.c_strides;
        for row in 0..height {
            let near = self.near.wrapping_add(row * BLOCK);
            let c = c.wrapping_add(row * down);
            if across == 1 {
                // SAFETY: the caller's promise, and the copy has so many rows and columns; the two do not overlap.
                let (near, c) = unsafe {
                    (std::slice::from_raw_parts_mut(near, width), std::slice::from_raw_parts_mut(c, width))
                };
                near.iter_mut().zip(c).for_each(|(near, c)| f(near, c));
                continue;
            }
            for column in 0..width {
                // SAFETY: as above.
                unsafe { f(&mut *near.wrapping_add(column), &mut *c.wrapping_add(column * across)) };
            }
        }
    }
}
