//! Special functions that tests of significance rest on: log gamma, the incomplete beta, Student's t.

use crate::numeric::upper_tail;

/// The logarithm of the gamma function for x > 0 (Lanczos 1964 with g = 7 and nine terms; relative error below 1e-13).
pub(crate) fn ln_gamma(x: f64) -> f64 {
    const COEFFICIENTS: [f64; 8] = [
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    const LN_SQRT_2PI: f64 = 0.918_938_533_204_672_8;
    let x = x - 1.0;
    let sum =
        (1_u32..).zip(COEFFICIENTS).fold(0.999_999_999_999_809_9, |sum, (k, c)| sum + c / (x + f64::from(k)));
    let t = x + 7.5;
    LN_SQRT_2PI + (x + 0.5) * t.ln() - t + sum.ln()
}

/// The regularised incomplete beta function I_x(a, b), by its continued fraction (Abramowitz & Stegun 26.5.8) in the
/// modified form of Lentz.
pub(crate) fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return x.clamp(0.0, 1.0);
    }
    let front = (ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * (-x).ln_1p()).exp();
    // The fraction converges fast below the mean; above it the symmetric one does.
    if x < (a + 1.0) / (a + b + 2.0) {
        front * beta_fraction(a, b, x) / a
    } else {
        1.0 - front * beta_fraction(b, a, 1.0 - x) / b
    }
}

fn beta_fraction(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let off_zero = |y: f64| if y.abs() < TINY { TINY } else { y };
    let mut c = 1.0;
    let mut d = 1.0 / off_zero(1.0 - (a + b) * x / (a + 1.0));
    let mut value = d;
    for m in 1..500 {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut factor = 1.0;
        for term in [even, odd] {
            d = 1.0 / off_zero(1.0 + term * d);
            c = off_zero(1.0 + term / c);
            factor = c * d;
            value *= factor;
        }
        if (factor - 1.0).abs() < 1e-16 {
            break;
        }
    }
    value
}

/// The mass of the standard normal above z, of either sign.
pub(crate) fn normal_above(z: f64) -> f64 {
    if z >= 0.0 { upper_tail(z) } else { 1.0 - upper_tail(-z) }
}

/// The mass of Student's t with that many degrees of freedom above t, of either sign.
pub(crate) fn student_above(t: f64, freedom: f64) -> f64 {
    if t.is_infinite() {
        return if t > 0.0 { 0.0 } else { 1.0 };
    }
    let tail = 0.5 * incomplete_beta(freedom / 2.0, 0.5, freedom / (freedom + t * t));
    if t >= 0.0 { tail } else { 1.0 - tail }
}

/// The t above which Student's distribution has mass `above` in (0, 0.5].
pub(crate) fn student_quantile(above: f64, freedom: f64) -> f64 {
    let mut high = 1.0;
    while student_above(high, freedom) > above && high < 1e300 {
        high *= 2.0;
    }
    let mut low = if high > 1.0 { high / 2.0 } else { 0.0 };
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if student_above(middle, freedom) > above {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

#[cfg(test)]
mod tests {
    use super::{incomplete_beta, ln_gamma};

    #[test]
    fn gamma_of_whole_numbers_is_the_factorial() {
        let mut factorial = 1.0_f64;
        for n in 1..60 {
            assert!((ln_gamma(f64::from(n)) - factorial.ln()).abs() < 1e-12 * factorial.ln().max(1.0), "{n}");
            factorial *= f64::from(n);
        }
        assert!((ln_gamma(0.5) - std::f64::consts::PI.sqrt().ln()).abs() < 1e-14);
    }

    #[test]
    fn the_incomplete_beta_is_symmetric_and_knows_its_simple_cases() {
        for i in 1..40 {
            let x = f64::from(i) / 40.0;
            assert!((incomplete_beta(1.0, 3.0, x) - (1.0 - (1.0 - x).powi(3))).abs() < 1e-14);
            for (a, b) in [(0.5, 0.5), (2.0, 5.0), (40.0, 0.5)] {
                let sum = incomplete_beta(a, b, x) + incomplete_beta(b, a, 1.0 - x);
                assert!((sum - 1.0).abs() < 1e-13, "{a} {b} {x}: {sum}");
            }
        }
    }
}
