//! One panel of columns times all rows, for each instruction set: tiles of as many rows as registers allow.
#![expect(
    unsafe_code,
    reason = "functions compiled for an instruction set may only be called after detecting it"
)]

use super::super::{Level, Real};
use super::lanes::Portable;
use super::tile::{MOST_ROWS, Rows, Sweep, tile};
#[cfg(target_arch = "x86_64")]
use super::x86::{Double4, Double8, Single8, Single16};
use crate::dtype::DType;

/// How a panel is laid out for the machine, for one type of numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Machine {
    level: Level,
    /// Numbers in a vector.
    pub(super) lanes: usize,
    /// Vectors in a row of a whole panel.
    vectors: usize,
}

impl Machine {
    /// That of the running machine.
    #[inline]
    pub(super) fn detected<T: Real>() -> Self {
        let level = Level::detected();
        let bytes = size_of::<T>();
        let (lanes, vectors) = match level {
            Level::Avx512 => (64 / bytes, 4),
            Level::Avx2 => (32 / bytes, 2),
            Level::Baseline => (4, 2),
        };
        Self { level, lanes, vectors }
    }

    /// Columns of a whole panel.
    #[inline]
    pub(super) fn columns(self) -> usize {
        self.lanes * self.vectors
    }

    /// Computes all rows of the sweep.
    ///
    /// # Safety
    /// As for [`tile`], for all `m` rows; and the panel is laid out for this machine.
    #[inline]
    pub(super) unsafe fn run<T: Real>(self, sweep: &Sweep<'_, T>) {
        let place: *const Sweep<'_, T> = sweep;
        // SAFETY: `DTYPE` names the type, so the casts change nothing; `level` was detected; the rest is the caller's.
        unsafe {
            match (T::DTYPE, self.level) {
                #[cfg(target_arch = "x86_64")]
                (DType::F32, Level::Avx512) => avx512_single(&*place.cast()),
                #[cfg(target_arch = "x86_64")]
                (DType::F32, Level::Avx2) => avx2_single(&*place.cast()),
                #[cfg(target_arch = "x86_64")]
                (_, Level::Avx512) => avx512_double(&*place.cast()),
                #[cfg(target_arch = "x86_64")]
                (_, Level::Avx2) => avx2_double(&*place.cast()),
                (DType::F32, _) => portable_single(&*place.cast()),
                _ => portable_double(&*place.cast()),
            }
        }
    }
}

/// Writes a function that goes over the rows for one kind of vector: for each number of vectors, the numbers of rows
/// its tiles have, most first.
macro_rules! sweep {
    ($(#[$attribute:meta])* $name:ident ($element:ty, $lanes:ty) { $( $v:literal: [$( $r:literal )*], )* }) => {
        /// # Safety
        /// As for [`Machine::run`].
        $(#[$attribute])*
        unsafe fn $name(sweep: &Sweep<'_, $element>) {
            $(#[$attribute])*
            unsafe fn rows<const R: usize, const V: usize>(
                rows: &[*const $element; MOST_ROWS],
                sweep: &Sweep<'_, $element>,
                c: *mut $element,
            ) {
                // SAFETY: the caller's promise.
                unsafe { tile::<$lanes, R, V>(rows, sweep, c) };
            }
            let mut done = 0;
            match sweep.vectors {
                $( $v => while done < sweep.m {
                    let left = sweep.m - done;
                    $( if left >= $r {
                        // SAFETY: rows `done..done + R` exist, because `R <= left`; the rest is the caller's promise.
                        unsafe {
                            let starts = starts::<_, $r>(&sweep.rows, done);
                            rows::<$r, $v>(&starts, sweep, sweep.c.add(done * sweep.c_stride));
                        }
                        done += $r;
                        continue;
                    } )*
                }, )*
                other => unreachable!("panels of {other} vectors"),
            }
        }
    };
}

sweep! {
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")]
    avx512_single(f32, Single16) { 1: [8 4 2 1], 2: [8 6 4 2 1], 3: [8 6 4 2 1], 4: [6 4 3 2 1], }
}
sweep! {
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")]
    avx512_double(f64, Double8) { 1: [8 4 2 1], 2: [8 6 4 2 1], 3: [8 6 4 2 1], 4: [6 4 3 2 1], }
}
sweep! {
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma")]
    avx2_single(f32, Single8) { 1: [8 4 2 1], 2: [6 4 3 2 1], }
}
sweep! {
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma")]
    avx2_double(f64, Double4) { 1: [8 4 2 1], 2: [6 4 3 2 1], }
}
sweep! { portable_single(f32, Portable<f32>) { 1: [4 2 1], 2: [4 2 1], } }
sweep! { portable_double(f64, Portable<f64>) { 1: [4 2 1], 2: [4 2 1], } }

/// Where `R` rows of the left operand start, from row `first` on.
///
/// # Safety
/// The rows exist.
#[inline(always)]
unsafe fn starts<T, const R: usize>(rows: &Rows<'_, T>, first: usize) -> [*const T; MOST_ROWS] {
    let mut starts = [std::ptr::null(); MOST_ROWS];
    for (r, place) in starts.iter_mut().enumerate().take(R) {
        // SAFETY: the caller's promise.
        *place = unsafe {
            match rows {
                Rows::Every(start, distance) => start.add((first + r) * distance),
                Rows::At(start, offsets) => start.add(*offsets.get_unchecked(first + r)),
            }
        };
    }
    starts
}
