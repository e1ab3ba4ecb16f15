//! Matrix products too small for a packed GEMM: plain loops over rows of sixteen lanes.
//!
//! The call, packing and edge handling of a general product cost 100 to 200 ns; a 10 x 2 x 10 product has 200
//! multiplications. Here one operand is copied in tiles of `LANES` neighbours. A tile may reach beyond the end of
//! its row: what it reads there is multiplied and thrown away.

use super::{Real, vectorize};

/// Columns computed at once.
const LANES: usize = 16;
/// Rows computed at once, so that a tile is loaded once for all of them.
const ROWS: usize = 4;
/// Deepest product: its tiles are copied to the stack.
const MAX_DEPTH: usize = 64;
/// Most multiplications (counted in whole tiles) for which these loops are the faster way; measured.
const MAX_WORK: usize = 5 * 1024;

/// A matrix in memory: element `(i, j)` is at `i * strides.0 + j * strides.1`.
#[derive(Clone, Copy)]
pub(super) struct Operand<'a, T> {
    pub(super) data: &'a [T],
    pub(super) strides: (usize, usize),
}

impl<T> Operand<'_, T> {
    #[inline(always)]
    fn transposed(self) -> Self {
        Operand { data: self.data, strides: (self.strides.1, self.strides.0) }
    }
}

/// Computes `alpha A B + beta C` and answers `true`, or leaves `c` alone and answers `false` when a general
/// product is faster. Sizes and strides have been checked.
#[inline]
pub(super) fn product<T: Real>(
    [m, k, n]: [usize; 3],
    alpha: T,
    a: Operand<'_, T>,
    b: Operand<'_, T>,
    beta: T,
    c: &mut [T],
    c_strides: (usize, usize),
) -> bool {
    // With one of the two sides short enough, its tiles are few.
    if m.min(n) > LANES || k > MAX_DEPTH || m.saturating_mul(n).saturating_mul(k) > MAX_WORK {
        return false;
    }
    // C^T = B^T A^T: lanes may run along either side of the result.
    let as_is = cost([m, k, n], b.strides.1, c_strides.1);
    let swapped = cost([n, k, m], a.strides.0, c_strides.0);
    if as_is.min(swapped) > MAX_WORK {
        return false;
    }
    if as_is <= swapped {
        run([m, k, n], alpha, a, b, beta, c, c_strides);
    } else {
        let c_strides = (c_strides.1, c_strides.0);
        run([n, k, m], alpha, b.transposed(), a.transposed(), beta, c, c_strides);
    }
    true
}

/// Multiplications in whole tiles, plus the scalar copies where lanes are no neighbours in memory.
#[inline(always)]
fn cost([m, k, n]: [usize; 3], tile_stride: usize, out_stride: usize) -> usize {
    let packing = if tile_stride == 1 { k * n.next_multiple_of(LANES) } else { 8 * k * n };
    let scatter = if out_stride == 1 { 0 } else { 8 * m * n };
    m * k * n.next_multiple_of(LANES) + packing + scatter
}

#[inline(always)]
fn run<T: Real>(
    size: [usize; 3],
    alpha: T,
    a: Operand<'_, T>,
    b: Operand<'_, T>,
    beta: T,
    c: &mut [T],
    c_strides: (usize, usize),
) {
    vectorize(
        #[inline(always)]
        || {
            if size[1] <= MAX_DEPTH / 4 {
                columns::<T, { MAX_DEPTH / 4 }>(size, alpha, a, b, beta, c, c_strides);
            } else {
                columns::<T, MAX_DEPTH>(size, alpha, a, b, beta, c, c_strides);
            }
        },
    );
}

#[inline(always)]
fn columns<T: Real, const DEPTH: usize>(
    [m, k, n]: [usize; 3],
    alpha: T,
    a: Operand<'_, T>,
    b: Operand<'_, T>,
    beta: T,
    c: &mut [T],
    c_strides: (usize, usize),
) {
    // Rows are written in order, so what a whole tile writes into the next row is written over in turn.
    let whole_tiles = beta == T::ZERO && c_strides == (n, 1) && n <= LANES;
    let c = if whole_tiles { &mut c[..m * n] } else { c };
    for start in (0..n).step_by(LANES) {
        let width = (n - start).min(LANES);
        let mut tiles = [[T::ZERO; LANES]; DEPTH];
        pack(b, start, width, &mut tiles[..k]);
        let mut i = 0;
        while i + ROWS <= m {
            let sums = rows::<T, ROWS>(a, i, &tiles[..k]);
            for (r, sums) in sums.iter().enumerate() {
                let out = &mut c[(i + r) * c_strides.0 + start * c_strides.1..];
                store(sums, width, alpha, beta, out, c_strides.1, whole_tiles);
            }
            i += ROWS;
        }
        while i < m {
            let [sums] = rows::<T, 1>(a, i, &tiles[..k]);
            let out = &mut c[i * c_strides.0 + start * c_strides.1..];
            store(&sums, width, alpha, beta, out, c_strides.1, whole_tiles);
            i += 1;
        }
    }
}

/// Writes `width` sums, or all of them when `whole` and there is room.
#[inline(always)]
fn store<T: Real>(
    sums: &[T; LANES],
    width: usize,
    alpha: T,
    beta: T,
    out: &mut [T],
    stride: usize,
    whole: bool,
) {
    if whole && let Some(out) = out.first_chunk_mut::<LANES>() {
        for j in 0..LANES {
            out[j] = alpha * sums[j];
        }
    } else if beta == T::ZERO {
        for (j, &sum) in sums[..width].iter().enumerate() {
            out[j * stride] = alpha * sum;
        }
    } else if stride == 1 {
        for (out, &sum) in out[..width].iter_mut().zip(sums) {
            *out = alpha * sum + beta * *out;
        }
    } else {
        for (j, &sum) in sums[..width].iter().enumerate() {
            out[j * stride] = alpha * sum + beta * out[j * stride];
        }
    }
}

/// Copies `width` columns of `b` from `start` on, one tile a row; whole tiles where they lie in memory.
#[inline(always)]
fn pack<T: Real>(b: Operand<'_, T>, start: usize, width: usize, tiles: &mut [[T; LANES]]) {
    for (p, tile) in tiles.iter_mut().enumerate() {
        let row = &b.data[p * b.strides.0 + start * b.strides.1..];
        match row.first_chunk() {
            Some(row) if b.strides.1 == 1 => *tile = *row,
            _ => {
                for (j, lane) in tile[..width].iter_mut().enumerate() {
                    *lane = row[j * b.strides.1];
                }
            }
        }
    }
}

/// `R` rows of the product from row `i` on, `LANES` columns each.
#[inline(always)]
fn rows<T: Real, const R: usize>(a: Operand<'_, T>, i: usize, tiles: &[[T; LANES]]) -> [[T; LANES]; R] {
    let mut sums = [[T::ZERO; LANES]; R];
    for (p, tile) in tiles.iter().enumerate() {
        for (r, sums) in sums.iter_mut().enumerate() {
            let factor = a.data[(i + r) * a.strides.0 + p * a.strides.1];
            for (sum, &x) in sums.iter_mut().zip(tile) {
                *sum += factor * x;
            }
        }
    }
    sums
}
