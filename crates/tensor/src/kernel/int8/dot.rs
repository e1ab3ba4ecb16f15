//! Sums of products of bytes, by the widest instructions the machine has.
#![expect(unsafe_code, reason = "vector instructions")]

use crate::kernel::vectorize;

/// Outputs of a panel: as many 32-bit sums as the widest register holds.
pub(super) const LANES: usize = 16;
/// Inputs whose products one instruction adds.
pub(super) const GROUP: usize = 4;
/// Most rows of a tile.
pub(super) const ROWS: usize = 8;
/// Panels of a tile.
pub(super) const PANELS: usize = 2;
/// Added to each input, which then has no sign.
pub(super) const OFFSET: i32 = 128;
/// Sums of a tile, by row, panel and lane.
pub(super) type Tile<const R: usize> = [[[i32; LANES]; PANELS]; R];

/// How dot products of bytes are computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Instructions {
    Portable,
    #[cfg(target_arch = "x86_64")]
    AvxVnni,
    #[cfg(target_arch = "x86_64")]
    Avx512Vnni,
}

impl Instructions {
    pub(super) fn detected() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            // The standard library asks once and remembers.
            if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vnni") {
                return Self::Avx512Vnni;
            }
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("avxvnni") {
                return Self::AvxVnni;
            }
        }
        Self::Portable
    }

    /// Sums of products of `R` rows of `4 * groups` inputs and the outputs of some panels.
    #[inline(always)]
    pub(super) fn tile<const R: usize>(self, x: &[u8], panels: &[i8], groups: usize) -> Tile<R> {
        assert!(x.len() == R * groups * GROUP && panels.len() == PANELS * groups * LANES * GROUP);
        match self {
            Self::Portable => portable(x, panels, groups),
            // SAFETY: the instructions were detected, and the lengths are as asserted.
            #[cfg(target_arch = "x86_64")]
            Self::AvxVnni => unsafe { avx_vnni(x, panels, groups) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Self::Avx512Vnni => unsafe { avx512_vnni(x, panels, groups) },
        }
    }
}

fn portable<const R: usize>(x: &[u8], panels: &[i8], groups: usize) -> Tile<R> {
    let mut sums = [[[0; LANES]; PANELS]; R];
    vectorize(
        #[inline(always)]
        || {
            for (row, sums) in sums.iter_mut().enumerate() {
                let x = &x[row * groups * GROUP..][..groups * GROUP];
                for (panel, sums) in sums.iter_mut().enumerate() {
                    let weights = &panels[panel * groups * LANES * GROUP..][..groups * LANES * GROUP];
                    for (x, weights) in x.chunks_exact(GROUP).zip(weights.chunks_exact(LANES * GROUP)) {
                        for (sum, weights) in sums.iter_mut().zip(weights.chunks_exact(GROUP)) {
                            for (x, weight) in x.iter().zip(weights) {
                                *sum += i32::from(*x) * i32::from(*weight);
                            }
                        }
                    }
                }
            }
        },
    );
    sums
}

/// A tile by the dot products of one instruction set.
macro_rules! tile {
    ($name:ident, $features:literal, $register:ident, $load:ident, $splat:ident, $zero:ident, $dot:ident) => {
        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = $features)]
        unsafe fn $name<const R: usize>(x: &[u8], panels: &[i8], groups: usize) -> Tile<R> {
            use std::arch::x86_64::{$dot, $load, $register, $splat, $zero};
            const WIDTH: usize = size_of::<$register>();
            const PARTS: usize = LANES * GROUP / WIDTH;
            let mut sums = [[[$zero(); PARTS]; PANELS]; R];
            let (x, panels) = (x.as_ptr(), panels.as_ptr());
            for group in 0..groups {
                let weights: [[$register; PARTS]; PANELS] = std::array::from_fn(|panel| {
                    std::array::from_fn(|part| {
                        let at = (panel * groups + group) * LANES * GROUP + part * WIDTH;
                        // SAFETY: inside `panels`, which holds `PANELS * groups * LANES * GROUP` bytes.
                        unsafe { $load(panels.add(at).cast()) }
                    })
                });
                for (row, sums) in sums.iter_mut().enumerate() {
                    // SAFETY: inside `x`, which holds `R * groups * GROUP` bytes; any address will do.
                    let x = unsafe { x.add((row * groups + group) * GROUP).cast::<i32>().read_unaligned() };
                    let x = $splat(x);
                    for (sums, weights) in sums.iter_mut().zip(weights) {
                        for (sum, weights) in sums.iter_mut().zip(weights) {
                            *sum = $dot(*sum, x, weights);
                        }
                    }
                }
            }
            // SAFETY: both are `R * PANELS * LANES` numbers of 32 bits, in the order of their lanes.
            unsafe { std::mem::transmute_copy(&sums) }
        }
    };
}

tile!(
    avx512_vnni,
    "avx512f,avx512vnni",
    __m512i,
    _mm512_loadu_si512,
    _mm512_set1_epi32,
    _mm512_setzero_si512,
    _mm512_dpbusd_epi32
);
tile!(
    avx_vnni,
    "avx2,avxvnni",
    __m256i,
    _mm256_loadu_si256,
    _mm256_set1_epi32,
    _mm256_setzero_si256,
    _mm256_dpbusd_avx_epi32
);

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers that look random, from -1 to 1.
    fn numbers(count: usize, seed: u32) -> Vec<f32> {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 23) as f32 - 1.0
        };
        (0..count).map(|_| next()).collect()
    }

    #[test]
    fn every_instruction_set_gives_the_same_sums() {
        let detected = Instructions::detected();
        for groups in [0, 1, 7, 196] {
            let x: Vec<u8> =
                numbers(8 * groups * GROUP, 3).iter().map(|x| (x * 127.0 + 128.0) as u8).collect();
            let w: Vec<i8> =
                numbers(PANELS * groups * LANES * GROUP, 4).iter().map(|x| (x * 127.0) as i8).collect();
            let expected: Tile<8> = portable(&x, &w, groups);
            assert_eq!(detected.tile::<8>(&x, &w, groups), expected);
            #[cfg(target_arch = "x86_64")]
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("avxvnni") {
                assert_eq!(Instructions::AvxVnni.tile::<8>(&x, &w, groups), expected);
            }
        }
    }
}
