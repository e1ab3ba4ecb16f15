//! Singles rounded to bf16 and laid in tiles: pairs along the inner side, row by row or pair by pair.
#![expect(unsafe_code, reason = "vector instructions")]

use std::arch::x86_64::{
    __m512i, __mmask16, _mm512_cvtne2ps_pbh, _mm512_loadu_si512, _mm512_maskz_loadu_ps,
    _mm512_permutexvar_epi16, _mm512_setzero_si512, _mm512_shuffle_i32x4, _mm512_store_si512,
    _mm512_unpackhi_epi32, _mm512_unpackhi_epi64, _mm512_unpacklo_epi32, _mm512_unpacklo_epi64,
};

use super::{DEPTH, SIDE, TILE};

/// A part of an operand: lines are rows of a left one or columns of a right one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    pub(super) start: *const f32,
    /// From line to line.
    pub(super) across: usize,
    /// From number to number along the inner side.
    pub(super) along: usize,
    pub(super) lines: usize,
    pub(super) depth: usize,
}

/// Which index goes through the rows of a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// Lines: what a left operand's tiles want.
    Lines,
    /// Pairs along the inner side: what a right operand's tiles want.
    Pairs,
}

/// Writes strips of two tiles of lines (the last may be one), each by steps along the inner side; what lies outside the
/// part is zero.
///
/// # Safety
/// The machine has AVX-512 F, BW and BF16, the part can be read, and `to`, at a multiple of 64 bytes, has room for all.
#[target_feature(enable = "avx512f,avx512bw,avx512bf16")]
pub(super) unsafe fn pack(part: Part, order: Order, mut to: *mut u32) {
    for strip in (0..part.lines).step_by(2 * SIDE) {
        let end = part.lines.min(strip + 2 * SIDE);
        for top in (0..part.depth).step_by(DEPTH) {
            for line in (strip..end).step_by(SIDE) {
                let tile = Part {
                    start: part.start.wrapping_add(line * part.across + top * part.along),
                    lines: SIDE.min(end - line),
                    depth: DEPTH.min(part.depth - top),
                    ..part
                };
                // SAFETY: the tile lies in the part, and the caller's promise.
                unsafe {
                    match (tile.lines == SIDE && tile.depth == DEPTH, part.along == 1, part.across == 1) {
                        (true, true, _) => by_lines::<true>(tile, order, to),
                        (false, true, _) => by_lines::<false>(tile, order, to),
                        (true, false, true) => by_pairs::<true>(tile, order, to),
                        (false, false, true) => by_pairs::<false>(tile, order, to),
                        (_, false, false) => scattered(tile, order, to),
                    }
                }
                to = to.wrapping_add(TILE);
            }
        }
    }
}

/// A tile of lines that are contiguous along the inner side.
///
/// # Safety
/// As for [`pack`]; a whole tile has all its lines and their whole depth.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512bf16")]
unsafe fn by_lines<const WHOLE: bool>(tile: Part, order: Order, to: *mut u32) {
    let (low, high) =
        if WHOLE { (!0, !0) } else { (some(tile.depth), some(tile.depth.saturating_sub(SIDE))) };
    let mut rows = [_mm512_setzero_si512(); SIDE];
    for (line, row) in rows.iter_mut().enumerate() {
        if WHOLE || line < tile.lines {
            let from = tile.start.wrapping_add(line * tile.across);
            // SAFETY: the line lies in the part; numbers outside the masks are not read.
            *row = unsafe { rounded(from, low, from.wrapping_add(SIDE), high) };
        }
    }
    // SAFETY: there is room for a tile.
    unsafe { store(if order == Order::Lines { rows } else { turned(rows) }, to) };
}

/// A tile of which neighbouring lines are neighbours in memory.
///
/// # Safety
/// As for [`by_lines`].
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512bf16")]
unsafe fn by_pairs<const WHOLE: bool>(tile: Part, order: Order, to: *mut u32) {
    let all = if WHOLE { !0 } else { some(tile.lines) };
    let mut rows = [_mm512_setzero_si512(); SIDE];
    // SAFETY: the table is as long as a register.
    let interleaved = unsafe { _mm512_loadu_si512(INTERLEAVED.as_ptr().cast()) };
    for (pair, row) in rows.iter_mut().enumerate() {
        if WHOLE || 2 * pair < tile.depth {
            let from = tile.start.wrapping_add(2 * pair * tile.along);
            let high = if WHOLE || 2 * pair + 1 < tile.depth { all } else { 0 };
            // SAFETY: the numbers lie in the part; those outside the masks are not read.
            let halves = unsafe { rounded(from, all, from.wrapping_add(tile.along), high) };
            *row = _mm512_permutexvar_epi16(interleaved, halves);
        }
    }
    // SAFETY: there is room for a tile.
    unsafe { store(if order == Order::Pairs { rows } else { turned(rows) }, to) };
}

/// A tile of which no numbers are neighbours.
///
/// # Safety
/// As for [`pack`].
#[target_feature(enable = "avx512f,avx512bw,avx512bf16")]
unsafe fn scattered(tile: Part, order: Order, to: *mut u32) {
    let mut near = [0.0; SIDE * DEPTH];
    for (line, near) in near.chunks_exact_mut(DEPTH).enumerate().take(tile.lines) {
        for (place, near) in near.iter_mut().enumerate().take(tile.depth) {
            // SAFETY: the number lies in the part.
            *near = unsafe { *tile.start.wrapping_add(line * tile.across + place * tile.along) };
        }
    }
    let near = Part { start: near.as_ptr(), across: DEPTH, along: 1, lines: SIDE, depth: DEPTH };
    // SAFETY: the copy is whole, and the caller's promise.
    unsafe { by_lines::<true>(near, order, to) };
}

/// Words of a register whose halves hold the first and the second numbers of pairs, pair by pair.
static INTERLEAVED: [u16; 32] = {
    let mut words = [0; 32];
    let mut i = 0;
    while i < 32 {
        words[i] = (i / 2 + i % 2 * 16) as u16;
        i += 1;
    }
    words
};

/// The first `count` of sixteen.
fn some(count: usize) -> __mmask16 {
    if count >= SIDE { !0 } else { (1 << count) - 1 }
}

/// The masked numbers at `low` and those at `high`, rounded to bf16; subnormal ones become zero.
///
/// # Safety
/// The machine has the instructions, and the masked numbers can be read.
#[inline]
#[target_feature(enable = "avx512f,avx512bf16")]
unsafe fn rounded(low: *const f32, low_mask: __mmask16, high: *const f32, high_mask: __mmask16) -> __m512i {
    // SAFETY: the caller's promise; registers of bf16 and of integers are the same 64 bytes.
    unsafe {
        let (low, high) = (_mm512_maskz_loadu_ps(low_mask, low), _mm512_maskz_loadu_ps(high_mask, high));
        std::mem::transmute(_mm512_cvtne2ps_pbh(high, low))
    }
}

/// # Safety
/// `to`, at a multiple of 64 bytes, has room for a tile.
#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn store(rows: [__m512i; SIDE], to: *mut u32) {
    for (i, row) in rows.into_iter().enumerate() {
        // SAFETY: the caller's promise.
        unsafe { _mm512_store_si512(to.wrapping_add(i * SIDE).cast(), row) };
    }
}

/// The transpose of sixteen by sixteen pairs: first within quarters of registers, then of the quarters.
#[inline]
#[target_feature(enable = "avx512f")]
fn turned(rows: [__m512i; SIDE]) -> [__m512i; SIDE] {
    let mut quarters = rows;
    for i in (0..SIDE).step_by(4) {
        let [a, b, c, d] = [rows[i], rows[i + 1], rows[i + 2], rows[i + 3]];
        let (ab_low, ab_high) = (_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
        let (cd_low, cd_high) = (_mm512_unpacklo_epi32(c, d), _mm512_unpackhi_epi32(c, d));
        quarters[i] = _mm512_unpacklo_epi64(ab_low, cd_low);
        quarters[i + 1] = _mm512_unpackhi_epi64(ab_low, cd_low);
        quarters[i + 2] = _mm512_unpacklo_epi64(ab_high, cd_high);
        quarters[i + 3] = _mm512_unpackhi_epi64(ab_high, cd_high);
    }
    // Quarter `q` of `quarters[i + r]` holds column `4 q + r` of rows `i` to `i + 3`.
    let mut columns = rows;
    for r in 0..4 {
        let [a, b, c, d] = [quarters[r], quarters[r + 4], quarters[r + 8], quarters[r + 12]];
        let (ab_even, ab_odd) = (_mm512_shuffle_i32x4::<0x88>(a, b), _mm512_shuffle_i32x4::<0xdd>(a, b));
        let (cd_even, cd_odd) = (_mm512_shuffle_i32x4::<0x88>(c, d), _mm512_shuffle_i32x4::<0xdd>(c, d));
        columns[r] = _mm512_shuffle_i32x4::<0x88>(ab_even, cd_even);
        columns[8 + r] = _mm512_shuffle_i32x4::<0xdd>(ab_even, cd_even);
        columns[4 + r] = _mm512_shuffle_i32x4::<0x88>(ab_odd, cd_odd);
        columns[12 + r] = _mm512_shuffle_i32x4::<0xdd>(ab_odd, cd_odd);
    }
    columns
}
