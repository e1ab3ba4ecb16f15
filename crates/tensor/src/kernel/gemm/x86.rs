//! `Lanes` of AVX2 with FMA and of AVX-512.
#![expect(unsafe_code, reason = "vector instructions")]

use std::arch::x86_64::{
    __m256, __m256d, __m256i, __m512, __m512d, __mmask8, __mmask16, _MM_HINT_T0, _mm_prefetch,
    _mm256_fmadd_pd, _mm256_fmadd_ps, _mm256_loadu_pd, _mm256_loadu_ps, _mm256_loadu_si256,
    _mm256_maskload_pd, _mm256_maskload_ps, _mm256_maskstore_pd, _mm256_maskstore_ps, _mm256_mul_pd,
    _mm256_mul_ps, _mm256_set1_pd, _mm256_set1_ps, _mm256_setzero_pd, _mm256_setzero_ps, _mm256_storeu_pd,
    _mm256_storeu_ps, _mm512_fmadd_pd, _mm512_fmadd_ps, _mm512_loadu_pd, _mm512_loadu_ps,
    _mm512_mask_storeu_pd, _mm512_mask_storeu_ps, _mm512_maskz_loadu_pd, _mm512_maskz_loadu_ps,
    _mm512_mul_pd, _mm512_mul_ps, _mm512_set1_pd, _mm512_set1_ps, _mm512_setzero_pd, _mm512_setzero_ps,
    _mm512_storeu_pd, _mm512_storeu_ps,
};

use super::lanes::Lanes;

/// Implements `Lanes` for one register: intrinsics named in the order of the trait's functions.
macro_rules! lanes {
    (
        $name:ident($register:ident) of $len:literal $element:ident, masked by $mask_type:ident = $mask:expr;
        $zero:ident $splat:ident $load:ident $store:ident $mul:ident $mul_add:ident
        load_some($p:ident, $m:ident) $load_some:expr, store_some($q:ident, $n:ident, $v:ident) $store_some:expr
    ) => {
        #[derive(Clone, Copy)]
        pub(super) struct $name($register);

        impl Lanes for $name {
            type Element = $element;
            type Mask = $mask_type;
            const LEN: usize = $len;

            #[inline(always)]
            unsafe fn zero() -> Self {
                // SAFETY: the machine has the instruction set: the trait's contract.
                Self(unsafe { $zero() })
            }
            #[inline(always)]
            unsafe fn splat(place: *const $element) -> Self {
                // SAFETY: as above, and the caller's promise about `place`.
                Self(unsafe { $splat(*place) })
            }
            #[inline(always)]
            fn prefetch(place: *const $element) {
                // SAFETY: every x86-64 has the instruction, which neither fails nor changes anything.
                unsafe { _mm_prefetch::<_MM_HINT_T0>(place.cast()) };
            }
            #[inline(always)]
            unsafe fn mask(width: usize) -> $mask_type {
                debug_assert!((1..=$len).contains(&width));
                // SAFETY: as above; a width is 1 to `LEN`.
                unsafe { $mask(width) }
            }
            #[inline(always)]
            unsafe fn load(place: *const $element) -> Self {
                // SAFETY: as above, and the caller's promise about `place`; any alignment will do.
                Self(unsafe { $load(place) })
            }
            #[inline(always)]
            unsafe fn load_some($p: *const $element, $m: $mask_type) -> Self {
                // SAFETY: as above; numbers outside the mask are not read.
                Self(unsafe { $load_some })
            }
            #[inline(always)]
            unsafe fn store(self, place: *mut $element) {
                // SAFETY: as for `load`.
                unsafe { $store(place, self.0) };
            }
            #[inline(always)]
            unsafe fn store_some(self, $q: *mut $element, $n: $mask_type) {
                let $v = self.0;
                // SAFETY: as for `load_some`.
                unsafe { $store_some };
            }
            #[inline(always)]
            unsafe fn mul(self, other: Self) -> Self {
                // SAFETY: the machine has the instruction set.
                Self(unsafe { $mul(self.0, other.0) })
            }
            #[inline(always)]
            unsafe fn mul_add(self, other: Self, sum: Self) -> Self {
                // SAFETY: the machine has the instruction set.
                Self(unsafe { $mul_add(self.0, other.0, sum.0) })
            }
        }
    };
}

lanes! {
    Single16(__m512) of 16 f32, masked by __mmask16 = bits_of_16;
    _mm512_setzero_ps _mm512_set1_ps _mm512_loadu_ps _mm512_storeu_ps _mm512_mul_ps _mm512_fmadd_ps
    load_some(place, mask) _mm512_maskz_loadu_ps(mask, place),
    store_some(place, mask, lanes) _mm512_mask_storeu_ps(place, mask, lanes)
}
lanes! {
    Double8(__m512d) of 8 f64, masked by __mmask8 = bits_of_8;
    _mm512_setzero_pd _mm512_set1_pd _mm512_loadu_pd _mm512_storeu_pd _mm512_mul_pd _mm512_fmadd_pd
    load_some(place, mask) _mm512_maskz_loadu_pd(mask, place),
    store_some(place, mask, lanes) _mm512_mask_storeu_pd(place, mask, lanes)
}
lanes! {
    Single8(__m256) of 8 f32, masked by __m256i = mask_of_singles;
    _mm256_setzero_ps _mm256_set1_ps _mm256_loadu_ps _mm256_storeu_ps _mm256_mul_ps _mm256_fmadd_ps
    load_some(place, mask) _mm256_maskload_ps(place, mask),
    store_some(place, mask, lanes) _mm256_maskstore_ps(place, mask, lanes)
}
lanes! {
    Double4(__m256d) of 4 f64, masked by __m256i = mask_of_doubles;
    _mm256_setzero_pd _mm256_set1_pd _mm256_loadu_pd _mm256_storeu_pd _mm256_mul_pd _mm256_fmadd_pd
    load_some(place, mask) _mm256_maskload_pd(place, mask),
    store_some(place, mask, lanes) _mm256_maskstore_pd(place, mask, lanes)
}

/// # Safety
/// None: it is called like the others.
#[inline(always)]
unsafe fn bits_of_16(width: usize) -> __mmask16 {
    ((1u32 << width) - 1) as __mmask16
}

/// # Safety
/// None: it is called like the others.
#[inline(always)]
unsafe fn bits_of_8(width: usize) -> __mmask8 {
    ((1u32 << width) - 1) as __mmask8
}

/// Windows of this begin with as many set lanes as wanted.
static SINGLES: [i32; 16] = [-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0];
static DOUBLES: [i64; 8] = [-1, -1, -1, -1, 0, 0, 0, 0];

/// # Safety
/// The machine has AVX2, and `width <= 8`.
#[inline(always)]
unsafe fn mask_of_singles(width: usize) -> __m256i {
    // SAFETY: eight numbers from `8 - width` on lie in the table.
    unsafe { _mm256_loadu_si256(SINGLES.as_ptr().add(8 - width).cast()) }
}

/// # Safety
/// The machine has AVX2, and `width <= 4`.
#[inline(always)]
unsafe fn mask_of_doubles(width: usize) -> __m256i {
    // SAFETY: four numbers from `4 - width` on lie in the table.
    unsafe { _mm256_loadu_si256(DOUBLES.as_ptr().add(4 - width).cast()) }
}
