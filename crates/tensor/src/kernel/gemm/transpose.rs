//! A block of eight by eight singles turned over in registers.
#![expect(unsafe_code, reason = "vector instructions")]

use std::arch::x86_64::{
    __m256, _mm_loadu_ps, _mm256_castps128_ps256, _mm256_insertf128_ps, _mm256_shuffle_ps, _mm256_storeu_ps,
    _mm256_unpackhi_ps, _mm256_unpacklo_ps,
};

/// Writes the transpose of the block at `from` to `to`; strides are from row to row.
///
/// # Safety
/// The machine has AVX2; both blocks lie where they may be read and written, and do not overlap.
#[inline(always)]
pub(super) unsafe fn transpose_singles(from: *const f32, from_stride: usize, to: *mut f32, to_stride: usize) {
    // SAFETY: the caller's promise.
    unsafe {
        // Register `r` holds the first four of row `r` and, in its upper half, those of row `r + 4`; then the other four.
        let halves = |r: usize, column: usize| -> __m256 {
            let row = from.add(r * from_stride + column);
            let low = _mm256_castps128_ps256(_mm_loadu_ps(row));
            _mm256_insertf128_ps::<1>(low, _mm_loadu_ps(row.add(4 * from_stride)))
        };
        for column in [0, 4] {
            let (a, b, c, d) = (halves(0, column), halves(1, column), halves(2, column), halves(3, column));
            let (ab_low, ab_high) = (_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b));
            let (cd_low, cd_high) = (_mm256_unpacklo_ps(c, d), _mm256_unpackhi_ps(c, d));
            let to = to.add(column * to_stride);
            _mm256_storeu_ps(to, _mm256_shuffle_ps::<0x44>(ab_low, cd_low));
            _mm256_storeu_ps(to.add(to_stride), _mm256_shuffle_ps::<0xee>(ab_low, cd_low));
            _mm256_storeu_ps(to.add(2 * to_stride), _mm256_shuffle_ps::<0x44>(ab_high, cd_high));
            _mm256_storeu_ps(to.add(3 * to_stride), _mm256_shuffle_ps::<0xee>(ab_high, cd_high));
        }
    }
}
