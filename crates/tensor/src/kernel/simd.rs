//! `vectorize`: runs plain loops compiled for the widest instruction set the machine has.
#![expect(
    unsafe_code,
    reason = "functions compiled for an instruction set may only be called after detecting it"
)]

use std::fmt;
use std::sync::atomic::{AtomicU8, Ordering};

/// An instruction set loops are compiled for.
///
/// ```
/// use tunesmith_tensor::kernel::Level;
/// assert!(Level::detected() >= Level::Baseline);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// What the target triple guarantees: SSE2 on x86-64, NEON on 64-bit ARM.
    Baseline,
    /// AVX2: 8 `f32` at once.
    Avx2,
    /// AVX-512 (F, VL, DQ, BW): 16 `f32` at once.
    Avx512,
}

impl Level {
    /// The best level of this machine; asked once, then remembered.
    #[inline]
    pub fn detected() -> Level {
        #[cfg(test)]
        if let Some(forced) = FORCED.get() {
            return forced;
        }
        match CACHE.load(Ordering::Relaxed) {
            1 => Level::Baseline,
            2 => Level::Avx2,
            3 => Level::Avx512,
            _ => Level::detect(),
        }
    }

    #[cold]
    fn detect() -> Level {
        let level = widest();
        CACHE.store(level as u8 + 1, Ordering::Relaxed);
        level
    }
}

/// The level found, plus one; zero before the first question. A race repeats the same answer.
static CACHE: AtomicU8 = AtomicU8::new(0);

#[cfg(target_arch = "x86_64")]
fn widest() -> Level {
    let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
    let avx512 = is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512bw");
    match (avx2, avx512) {
        (true, true) => Level::Avx512,
        (true, false) => Level::Avx2,
        _ => Level::Baseline,
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn widest() -> Level {
    Level::Baseline
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Level::Baseline => "baseline",
            Level::Avx2 => "avx2",
            Level::Avx512 => "avx512",
        })
    }
}

/// Runs `kernel` inside a function compiled for the widest instruction set found at run time.
///
/// The compiler vectorises the loops of `kernel` for that set, provided they are inlined: mark the closure
/// `#[inline(always)]`, and every function it calls in a hot loop too. Results do not depend on the set: no
/// operation is contracted or reordered. A call costs about a nanosecond more than a plain one.
///
/// ```
/// use tunesmith_tensor::kernel::vectorize;
///
/// let (step, gradient) = (0.5f32, [2.0f32; 100]);
/// let mut value = [1.0f32; 100];
/// vectorize(
///     #[inline(always)]
///     || {
///         for (v, g) in value.iter_mut().zip(&gradient) {
///             *v -= step * g;
///         }
///     },
/// );
/// assert_eq!(value, [0.0; 100]);
/// ```
#[inline(always)]
pub fn vectorize<R>(kernel: impl FnOnce() -> R) -> R {
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")]
        fn with_avx512<R>(kernel: impl FnOnce() -> R) -> R {
            kernel()
        }
        #[target_feature(enable = "avx2,fma")]
        fn with_avx2<R>(kernel: impl FnOnce() -> R) -> R {
            kernel()
        }
        match Level::detected() {
            // SAFETY: `detected` answers `Avx512` only on a machine that has all features named above.
            Level::Avx512 => unsafe { with_avx512(kernel) },
            // SAFETY: `detected` answers `Avx2` only on a machine that has both features named above.
            Level::Avx2 => unsafe { with_avx2(kernel) },
            Level::Baseline => kernel(),
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    kernel()
}

#[cfg(test)]
thread_local! {
    static FORCED: std::cell::Cell<Option<Level>> = const { std::cell::Cell::new(None) };
}

/// Runs `f` on this thread as if the machine had at most `level`: how tests compare instruction sets.
#[cfg(test)]
pub(crate) fn limited_to<R>(level: Level, f: impl FnOnce() -> R) -> R {
    let before = FORCED.replace(Some(level.min(widest())));
    let result = f();
    FORCED.set(before);
    result
}
