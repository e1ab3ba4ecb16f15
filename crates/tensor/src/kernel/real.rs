//! `Real`: the two float types kernels are written for.

use std::iter::Sum;
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Sub, SubAssign};

use super::{approx, erf};
use crate::element::Element;

mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}

/// Declares `Real` with one scalar method per line and implements it for both types, taking the `f32` body from
/// the first expression and the `f64` body from the second; methods after the line `std` are the standard
/// library's for both.
macro_rules! real {
    (
        $( #[doc = $about:literal] fn $name:ident => $single:path, $double:path; )*
        std: $( #[doc = $std_about:literal] fn $std_name:ident ( $( $arg:ident : $type:ty ),* ); )*
    ) => {
        /// A float type: `f32` or `f64`.
        ///
        /// Sealed, so that a kernel may rely on [`Element::DTYPE`] naming the type exactly. In `f32` the methods `exp`,
        /// `exp_m1`, `ln`, `ln_1p`, `tanh`, `sigmoid` and `erf` have neither branches nor calls: a loop over them
        /// inside [`vectorize`](super::vectorize) becomes vector code. In `f64` accuracy comes first.
        ///
        /// ```
        /// use tunesmith_tensor::kernel::Real;
        ///
        /// fn softplus<T: Real>(x: T) -> T {
        ///     x.max(T::ZERO) + (-x.abs()).exp().ln_1p()
        /// }
        /// assert!((softplus(0.0f32) - 0.693_147_2).abs() < 1e-6);
        /// assert!((softplus(0.0f64) - 2f64.ln()).abs() < 1e-15);
        /// ```
        pub trait Real:
            sealed::Sealed + Element
            + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self> + Neg<Output = Self>
            + AddAssign + SubAssign + MulAssign + DivAssign + Sum
        {
            /// 0.
            const ZERO: Self;
            /// 1.
            const ONE: Self;
            /// Positive infinity.
            const INFINITY: Self;
            /// Negative infinity.
            const NEG_INFINITY: Self;
            /// Not a number.
            const NAN: Self;
            /// The distance from 1 to the next larger number.
            const EPSILON: Self;
            /// The largest finite number.
            const MAX: Self;
            /// The smallest positive normal number.
            const MIN_POSITIVE: Self;

            /// The nearest number of this type.
            fn from_f64(x: f64) -> Self;
            /// The nearest number of this type.
            fn from_usize(n: usize) -> Self;
            /// The larger of the two; NaN when either is (as in PyTorch and NumPy, unlike `f32::max`).
            fn max(self, other: Self) -> Self;
            /// The smaller of the two; NaN when either is.
            fn min(self, other: Self) -> Self;
            /// Whether the number is neither infinite nor NaN.
            fn is_finite(self) -> bool;
            /// Whether this is NaN.
            fn is_nan(self) -> bool;
            /// -1, 0 or 1 (a zero keeps its sign); NaN stays NaN.
            fn signum(self) -> Self;
            $( #[doc = $about] fn $name(self) -> Self; )*
            $( #[doc = $std_about] fn $std_name(self, $( $arg: $type ),*) -> Self; )*
        }

        real!(@implement f32, [ $( $name => $single; )* ] [ $( $std_name ( $( $arg : $type ),* ); )* ]);
        real!(@implement f64, [ $( $name => $double; )* ] [ $( $std_name ( $( $arg : $type ),* ); )* ]);
    };
    (@implement $real:ident, [ $( $name:ident => $body:path; )* ]
        [ $( $std_name:ident ( $( $arg:ident : $type:ty ),* ); )* ]) => {
        impl Real for $real {
            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;
            const INFINITY: Self = $real::INFINITY;
            const NEG_INFINITY: Self = $real::NEG_INFINITY;
            const NAN: Self = $real::NAN;
            const EPSILON: Self = $real::EPSILON;
            const MAX: Self = $real::MAX;
            const MIN_POSITIVE: Self = $real::MIN_POSITIVE;

            #[inline(always)]
            fn from_f64(x: f64) -> Self { x as $real }
            #[inline(always)]
            fn from_usize(n: usize) -> Self { n as $real }
            #[inline(always)]
            fn max(self, other: Self) -> Self {
                if other > self || other.is_nan() { other } else { self }
            }
            #[inline(always)]
            fn min(self, other: Self) -> Self {
                if other < self || other.is_nan() { other } else { self }
            }
            #[inline(always)]
            fn is_finite(self) -> bool { $real::is_finite(self) }
            #[inline(always)]
            fn is_nan(self) -> bool { $real::is_nan(self) }
            #[inline(always)]
            fn signum(self) -> Self {
                if self > 0.0 { 1.0 } else if self < 0.0 { -1.0 } else { self }
            }
            $(
                #[inline(always)]
                fn $name(self) -> Self { $body(self) }
            )*
            $(
                #[inline(always)]
                fn $std_name(self, $( $arg: $type ),*) -> Self { $real::$std_name(self, $( $arg ),*) }
            )*
        }
    };
}

real! {
    #[doc = "`e^x`; `f32` within 2 ulp, saturating to 0 and infinity."]
    fn exp => approx::exp, f64::exp;
    #[doc = "`e^x` of a number not above 0, as softmax takes it; `f32` within 2 ulp down to -60 and zero below."]
    fn exp_nonpositive => approx::exp_nonpositive, f64::exp;
    #[doc = "`e^x - 1`, accurate near zero; `f32` within 3 ulp."]
    fn exp_m1 => approx::exp_m1, f64::exp_m1;
    #[doc = "Natural logarithm; `-inf` at 0, NaN below; `f32` within 2 ulp."]
    fn ln => approx::ln, f64::ln;
    #[doc = "`ln(1 + x)`, accurate near zero; `f32` within 3 ulp."]
    fn ln_1p => approx::ln_1p, f64::ln_1p;
    #[doc = "Hyperbolic tangent; `f32` within 4 ulp."]
    fn tanh => approx::tanh, f64::tanh;
    #[doc = "The logistic function `1 / (1 + e^-x)`; `f32` within 4 ulp."]
    fn sigmoid => approx::sigmoid, sigmoid;
    #[doc = "The error function; `f32` within 4 ulp, `f64` within 1e-15 of its value."]
    fn erf => approx::erf, erf::erf;
    std:
    #[doc = "Square root, correctly rounded."]
    fn sqrt();
    #[doc = "Absolute value."]
    fn abs();
    #[doc = "Largest whole number not above."]
    fn floor();
    #[doc = "Smallest whole number not below."]
    fn ceil();
    #[doc = "Whole part."]
    fn trunc();
    #[doc = "Nearest whole number, ties to even (as in PyTorch and NumPy)."]
    fn round_ties_even();
    #[doc = "`1 / x`."]
    fn recip();
    #[doc = "Sine."]
    fn sin();
    #[doc = "Cosine."]
    fn cos();
    #[doc = "Tangent."]
    fn tan();
    #[doc = "Hyperbolic sine."]
    fn sinh();
    #[doc = "Hyperbolic cosine."]
    fn cosh();
    #[doc = "Arc tangent."]
    fn atan();
    #[doc = "Logarithm to base 2."]
    fn log2();
    #[doc = "Logarithm to base 10."]
    fn log10();
    #[doc = "`2^x`."]
    fn exp2();
    #[doc = "`x` to a real power."]
    fn powf(exponent: Self);
    #[doc = "`x` to a whole power."]
    fn powi(exponent: i32);
    #[doc = "The size of `self` with the sign of `sign`."]
    fn copysign(sign: Self);
}

/// Both tails keep their relative accuracy, because only `e^-|x|` is ever taken.
#[inline(always)]
fn sigmoid(x: f64) -> f64 {
    let small = (-x.abs()).exp();
    if x >= 0.0 { 1.0 / (1.0 + small) } else { small / (1.0 + small) }
}
