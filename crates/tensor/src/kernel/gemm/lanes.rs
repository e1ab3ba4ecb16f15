//! `Lanes`: a vector register of numbers, as the products need it; and the one that needs no instruction set.
#![expect(unsafe_code, reason = "vectors are read from and written to raw places")]

use super::super::Real;

/// Some neighbouring numbers in one register.
///
/// Functions of one that stands for an instruction set may only run on a machine that has it. Everything is
/// inlined into a function compiled for that set.
pub(super) trait Lanes: Copy {
    type Element: Real;
    /// Says which lanes of a partly used vector count.
    type Mask: Copy;
    /// How many numbers.
    const LEN: usize;

    /// # Safety
    /// As for the trait.
    unsafe fn zero() -> Self;
    /// The number at `place` in all lanes.
    /// # Safety
    /// `place` may be read.
    unsafe fn splat(place: *const Self::Element) -> Self;
    /// The first `width` lanes, 1 to `LEN`.
    /// # Safety
    /// As for the trait.
    unsafe fn mask(width: usize) -> Self::Mask;
    /// Asks for a place that will be read soon; any address will do.
    #[inline(always)]
    fn prefetch(place: *const Self::Element) {
        let _ = place;
    }
    /// # Safety
    /// `LEN` numbers from `place` on may be read.
    unsafe fn load(place: *const Self::Element) -> Self;
    /// Zero in the lanes outside the mask, whose numbers are not read.
    /// # Safety
    /// The mask's numbers from `place` on may be read.
    unsafe fn load_some(place: *const Self::Element, mask: Self::Mask) -> Self;
    /// # Safety
    /// `LEN` numbers from `place` on may be written.
    unsafe fn store(self, place: *mut Self::Element);
    /// # Safety
    /// The mask's numbers from `place` on may be written; no other is.
    unsafe fn store_some(self, place: *mut Self::Element, mask: Self::Mask);
    /// # Safety
    /// As for the trait.
    unsafe fn mul(self, other: Self) -> Self;
    /// `self * other + sum`, rounded once where the instruction set can.
    /// # Safety
    /// As for the trait.
    unsafe fn mul_add(self, other: Self, sum: Self) -> Self;
}

/// An array that the compiler turns into what registers the target has: four numbers are one or two of them.
#[derive(Clone, Copy)]
pub(super) struct Portable<T>([T; 4]);

impl<T: Real> Lanes for Portable<T> {
    type Element = T;
    type Mask = usize;
    const LEN: usize = 4;

    #[inline(always)]
    unsafe fn zero() -> Self {
        Self([T::ZERO; 4])
    }
    #[inline(always)]
    unsafe fn splat(place: *const T) -> Self {
        // SAFETY: the caller's promise.
        Self([unsafe { *place }; 4])
    }
    #[inline(always)]
    unsafe fn mask(width: usize) -> usize {
        width
    }
    #[inline(always)]
    unsafe fn load(place: *const T) -> Self {
        // SAFETY: the caller's promise; an array has its elements' alignment.
        Self(unsafe { *place.cast() })
    }
    #[inline(always)]
    unsafe fn load_some(place: *const T, width: usize) -> Self {
        if width == Self::LEN {
            // SAFETY: the caller's promise.
            return unsafe { Self::load(place) };
        }
        let mut lanes = [T::ZERO; 4];
        for (i, lane) in lanes.iter_mut().enumerate().take(width) {
            // SAFETY: the caller's promise: `i < width`.
            *lane = unsafe { *place.add(i) };
        }
        Self(lanes)
    }
    #[inline(always)]
    unsafe fn store(self, place: *mut T) {
        // SAFETY: the caller's promise; an array has its elements' alignment.
        unsafe { *place.cast() = self.0 };
    }
    #[inline(always)]
    unsafe fn store_some(self, place: *mut T, width: usize) {
        for (i, &lane) in self.0.iter().enumerate().take(width) {
            // SAFETY: the caller's promise: `i < width`.
            unsafe { *place.add(i) = lane };
        }
    }
    #[inline(always)]
    unsafe fn mul(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] * other.0[i]))
    }
    /// Rounded twice: without an instruction for it, a fused operation is a call into the C library.
    #[inline(always)]
    unsafe fn mul_add(self, other: Self, sum: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] * other.0[i] + sum.0[i]))
    }
}
