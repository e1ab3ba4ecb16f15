//! Elementary functions for `f32` without a branch or a call, so that a loop over them vectorises.
//!
//! Range reduction is Cody and Waite's ("Software Manual for the Elementary Functions", 1980): the argument is
//! split into a whole number of ln 2 and a small rest, the rest goes through a polynomial, the whole number
//! becomes an exponent by an integer shift. Polynomials are minimax fits (Remez
//! exchange in 40-digit arithmetic) of the functions and ranges named beside them, with the error of the fit.
//! Nothing here uses `mul_add`: without it every instruction set gives the same bits.

/// 1.5 * 2^23: adding it to a small float leaves the nearest whole number in the low mantissa bits.
const ROUND: f32 = 12_582_912.0;
/// 355/512, ln 2 to nine bits: its product with a whole number below 2^15 is exact.
const LN_2_HIGH: f32 = 0.693_359_4; // 0.693359375
/// ln 2 - 355/512.
const LN_2_LOW: f32 = -2.121_944_4e-4;

/// 2^n for `-126 <= n <= 127`, by writing the exponent.
#[inline(always)]
fn power_of_two(n: i32) -> f32 {
    f32::from_bits((n.wrapping_add(127) as u32) << 23)
}

/// `(r, n)` with `x = n ln 2 + r` and `|r| <= ln 2 / 2`, for `|x| < 2^15`.
#[inline(always)]
fn split_by_ln_2(x: f32) -> (f32, i32) {
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let whole = shifted - ROUND;
    let n = (shifted.to_bits() as i32).wrapping_sub(ROUND.to_bits() as i32);
    ((x - whole * LN_2_HIGH) - whole * LN_2_LOW, n)
}

/// `e^r - 1` for `|r| <= ln 2 / 2`: `r + r^2 q(r)` with `q` of degree 4, fit error 1.5e-8 of `|r|`.
#[inline(always)]
fn exp_m1_near_zero(r: f32) -> f32 {
    let high = 0.008_366_407 + r * 0.001_394_610_8;
    let q = 0.5 + r * (0.166_665_45 + r * (0.041_666_29 + r * high));
    r + r * r * q
}

/// `e^x`; infinity from 88.73 on, zero below -103.98, at most 1.03 ulp off between (all `f32` tried).
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    let (r, n) = split_by_ln_2(x.clamp(-105.0, 89.0));
    // Two steps, because 2^n alone leaves the range of normal floats at both ends.
    let half = n >> 1;
    (1.0 + exp_m1_near_zero(r)) * power_of_two(half) * power_of_two(n.wrapping_sub(half))
}

/// `e^x` for `x <= 0`; zero below -60, which adds nothing to a sum that holds `e^0`. Nothing is subnormal, neither here nor
/// in a product with it: that would be a hundred times slower.
#[inline(always)]
pub(super) fn exp_nonpositive(x: f32) -> f32 {
    const LEAST: f32 = -60.0;
    let (r, n) = split_by_ln_2(if x < LEAST { LEAST } else { x });
    let value = (1.0 + exp_m1_near_zero(r)) * power_of_two(n);
    if x < LEAST { 0.0 } else { value }
}

/// `e^x - 1`, accurate near zero.
#[inline(always)]
pub(super) fn exp_m1(x: f32) -> f32 {
    let (r, n) = split_by_ln_2(x.clamp(-20.0, 89.0));
    let half = n >> 1;
    let rest = n.wrapping_sub(half);
    let first = power_of_two(half);
    (exp_m1_near_zero(r) * first + (first - power_of_two(rest.wrapping_neg()))) * power_of_two(rest)
}

/// `e^x - 1` for `|x| <= 80`, where one power of two is enough.
#[inline(always)]
fn exp_m1_moderate(x: f32) -> f32 {
    let (r, n) = split_by_ln_2(x);
    let scale = power_of_two(n);
    exp_m1_near_zero(r) * scale + (scale - 1.0)
}

/// `tanh x`, from `e^(2|x|) - 1`.
#[inline(always)]
pub(super) fn tanh(x: f32) -> f32 {
    let grown = exp_m1_moderate((2.0 * x.abs()).min_or_nan(20.0));
    (grown / (grown + 2.0)).copysign(x)
}

/// `1 / (1 + e^-x)`, from `e^-|x|`, so that both tails keep their relative accuracy.
#[inline(always)]
pub(super) fn sigmoid(x: f32) -> f32 {
    let small = exp(-x.abs());
    let top = if x >= 0.0 { 1.0 } else { small };
    top / (1.0 + small)
}

/// Natural logarithm; `-inf` at zero, NaN below it.
///
/// With `x = m 2^e`, `sqrt(1/2) <= m < sqrt(2)` and `f = m - 1`: `ln(1 + f) = f - f^2/2 + f^3 p(f)`, `p` of
/// degree 7, fit error 6.4e-9.
#[inline(always)]
pub(super) fn ln(x: f32) -> f32 {
    let tiny = x < f32::MIN_POSITIVE;
    let bits = (if tiny { x * 8_388_608.0 } else { x }).to_bits();
    // Counting exponents from sqrt(1/2) makes the mantissa fall into [sqrt(1/2), sqrt(2)).
    let above = bits.wrapping_sub(std::f32::consts::FRAC_1_SQRT_2.to_bits());
    let e = ((above as i32) >> 23) as f32 - if tiny { 23.0 } else { 0.0 };
    let m = f32::from_bits((above & 0x007f_ffff).wrapping_add(std::f32::consts::FRAC_1_SQRT_2.to_bits()));
    let f = m - 1.0;
    let high = 0.141_819_17 + f * (-0.131_186_84 + f * (0.128_742_43 - f * 0.078_764_1));
    let p = 0.333_333_17 + f * (-0.250_007_7 + f * (0.200_022_71 + f * (-0.166_257_66 + f * high)));
    let square = f * f;
    let value = e * LN_2_HIGH + (f + (square * (f * p - 0.5) + e * LN_2_LOW));
    let edge = if x == 0.0 { f32::NEG_INFINITY } else { f32::NAN };
    if x > 0.0 { if x < f32::INFINITY { value } else { x } } else { edge }
}

/// `ln(1 + x)`, accurate near zero: the rounding error of `1 + x` is given back to first order.
#[inline(always)]
pub(super) fn ln_1p(x: f32) -> f32 {
    let u = 1.0 + x;
    let lost = x - (u - 1.0);
    let correction = if u > 0.0 && u < f32::INFINITY { lost / u } else { 0.0 };
    ln(u) + correction
}

/// The error function: `1 - e^(-x g(x))` for `0 <= x <= 4`, odd; 1 beyond.
///
/// `g(x) = -ln(1 - erf x) / x` is smooth, and where it is large its error hardly matters: a polynomial of degree 8
/// gives `erf` with a relative fit error of 4.0e-9.
#[inline(always)]
pub(super) fn erf(x: f32) -> f32 {
    let y = x.abs().min_or_nan(4.0);
    let high = 0.001_667_028_3 + y * (-0.000_632_837_2 + y * (0.000_117_641_32 - y * 0.000_009_256_263));
    let middle = -0.019_153_063 + y * (-0.000_160_397_02 + y * high);
    let g = std::f32::consts::FRAC_2_SQRT_PI + y * (0.636_619_4 + y * (0.102_777_83 + y * middle));
    exp_m1_moderate(-(y * g)).copysign(x)
}

trait MinOrNan {
    fn min_or_nan(self, limit: Self) -> Self;
}

impl MinOrNan for f32 {
    /// The smaller of the two; NaN stays NaN, which `f32::min` would swallow.
    #[inline(always)]
    fn min_or_nan(self, limit: f32) -> f32 {
        if self > limit { limit } else { self }
    }
}
