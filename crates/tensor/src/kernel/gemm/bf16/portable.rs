//! The product of rounded operands on machines without tiles: copies of blocks, through the product of singles.

use std::cell::RefCell;

use super::super::super::vectorize;
use super::{Operand, gemm};

/// Products that a sum takes from one pair of copies.
const MOST_DEPTH: usize = 256;
/// Rows and columns of which copies are made at once.
const MOST_LINES: usize = 128;

/// Bytes of the copies a thread keeps.
const BYTES: usize = 2 * MOST_DEPTH * MOST_LINES * size_of::<f32>();
const _: () = assert!(BYTES <= super::BF16_PACK_BYTES);

thread_local! {
    static COPIES: RefCell<(Vec<f32>, Vec<f32>)> = const { RefCell::new((Vec::new(), Vec::new())) };
}

/// Writes `A B + beta C`; nothing is empty, and all has been checked.
pub(super) fn product(
    [m, k, n]: [usize; 3],
    a: Operand<'_>,
    b: Operand<'_>,
    beta: f32,
    c: &mut [f32],
    c_strides: (usize, usize),
) {
    COPIES.with_borrow_mut(|(left, right)| {
        for top in (0..k).step_by(MOST_DEPTH) {
            let depth = MOST_DEPTH.min(k - top);
            let beta = if top == 0 { beta } else { 1.0 };
            for column in (0..n).step_by(MOST_LINES) {
                let columns = MOST_LINES.min(n - column);
                let (b, (down, across)) = b;
                copy(&b[top * down + column * across..], (across, down), columns, depth, right);
                for row in (0..m).step_by(MOST_LINES) {
                    let rows = MOST_LINES.min(m - row);
                    let (a, (down, across)) = a;
                    copy(&a[row * down + top * across..], (down, across), rows, depth, left);
                    let c = &mut c[row * c_strides.0 + column * c_strides.1..];
                    let (left, right) = ((&**left, (depth, 1)), (&**right, (1, depth)));
                    gemm(rows, depth, columns, 1.0, left.0, left.1, right.0, right.1, beta, c, c_strides);
                }
            }
        }
    });
}

/// Writes lines of a matrix, rounded and one after another; strides are from line to line and along lines.
fn copy(from: &[f32], (across, along): (usize, usize), lines: usize, depth: usize, to: &mut Vec<f32>) {
    to.resize(lines * depth, 0.0);
    vectorize(
        #[inline(always)]
        || {
            for (line, to) in to.chunks_exact_mut(depth).enumerate() {
                let from = &from[line * across..];
                if along == 1 {
                    to.iter_mut().zip(from).for_each(|(to, from)| *to = rounded(*from));
                } else {
                    to.iter_mut().zip(from.iter().step_by(along)).for_each(|(to, from)| *to = rounded(*from));
                }
            }
        },
    );
}

/// The nearest number with eight significant bits, ties to even; subnormal ones become zero.
#[inline(always)]
pub(super) fn rounded(x: f32) -> f32 {
    let bits = x.to_bits();
    let nearest = (bits.wrapping_add(0x7fff + (bits >> 16 & 1))) & 0xffff_0000;
    let quiet = (bits | 0x0040_0000) & 0xffff_0000;
    let sign = bits & 0x8000_0000;
    let size = bits & 0x7fff_ffff;
    f32::from_bits(if size > 0x7f80_0000 {
        quiet
    } else if size < 0x0080_0000 {
        sign
    } else {
        nearest
    })
}
