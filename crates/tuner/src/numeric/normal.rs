//! The normal distribution, also truncated: tails, quantiles, the mass of an interval, and draws.

use tunesmith_core::Generator;

/// ln sqrt(2 pi)
pub(crate) const LN_SQRT_2PI: f64 = 0.918_938_533_204_672_8;

/// e^(x^2) erfc(x) for x >= 0, by the rational approximations of Cody (1969, Mathematics of Computation 23, tables
/// II and III; coefficients in the later double precision of his CALERF): relative error below 1e-15.
pub(crate) fn erfcx(x: f64) -> f64 {
    debug_assert!(x >= 0.0, "erfcx({x})");
    if x <= 0.468_75 {
        return (x * x).exp() * (1.0 - erf_small(x));
    }
    if x <= 4.0 {
        const P: [f64; 9] = [
            2.153_115_354_744_038_5e-8,
            0.564_188_496_988_670_1,
            8.883_149_794_388_377,
            66.119_190_637_141_63,
            298.635_138_197_400_1,
            881.952_221_241_769,
            1_712.047_612_634_070_7,
            2_051.078_377_826_071_6,
            1_230.339_354_797_997_2,
        ];
        const Q: [f64; 9] = [
            1.0,
            15.744_926_110_709_835,
            117.693_950_891_312_5,
            537.181_101_862_009_9,
            1_621.389_574_566_690_3,
            3_290.799_235_733_459_7,
            4_362.619_090_143_247,
            3_439.367_674_143_721_6,
            1_230.339_354_803_749_5,
        ];
        return polynomial(&P, x) / polynomial(&Q, x);
    }
    const P: [f64; 6] = [
        0.016_315_387_137_302_097,
        0.305_326_634_961_232_36,
        0.360_344_899_949_804_45,
        0.125_781_726_111_229_26,
        0.016_083_785_148_742_275,
        6.587_491_615_298_378e-4,
    ];
    const Q: [f64; 6] = [
        1.0,
        2.568_520_192_289_822,
        1.872_952_849_923_460_4,
        0.527_905_102_951_428_5,
        0.060_518_341_312_441_32,
        0.002_335_204_976_268_691_8,
    ];
    const FRAC_1_SQRT_PI: f64 = 0.564_189_583_547_756_3;
    let y = 1.0 / (x * x);
    (FRAC_1_SQRT_PI - y * polynomial(&P, y) / polynomial(&Q, y)) / x
}

/// erf(x) for 0 <= x <= 0.46875 (Cody 1969).
fn erf_small(x: f64) -> f64 {
    const P: [f64; 5] = [
        0.185_777_706_184_603_15,
        3.161_123_743_870_565_5,
        113.864_154_151_050_16,
        377.485_237_685_302,
        3_209.377_589_138_469_4,
    ];
    const Q: [f64; 5] =
        [1.0, 23.601_290_952_344_122, 244.024_637_934_444_17, 1_282.616_526_077_372_3, 2_844.236_833_439_171];
    let y = x * x;
    x * polynomial(&P, y) / polynomial(&Q, y)
}

/// Highest power first.
fn polynomial(coefficients: &[f64], x: f64) -> f64 {
    coefficients.iter().fold(0.0, |sum, c| sum * x + c)
}

/// The mass of the standard normal above x >= 0.
pub(crate) fn upper_tail(x: f64) -> f64 {
    let x = x * std::f64::consts::FRAC_1_SQRT_2;
    0.5 * (-x * x).exp() * erfcx(x)
}

/// The logarithm of the mass of the standard normal below z, and its derivative: neither vanishes nor cancels.
pub(crate) fn log_below(z: f64) -> (f64, f64) {
    const SQRT_2_BY_PI: f64 = 0.797_884_560_802_865_4;
    if z > 0.0 {
        let above = upper_tail(z);
        return ((-above).ln_1p(), (-0.5 * z * z - LN_SQRT_2PI).exp() / (1.0 - above));
    }
    let scaled = erfcx(-z * std::f64::consts::FRAC_1_SQRT_2);
    (-0.5 * z * z - std::f64::consts::LN_2 + scaled.ln(), SQRT_2_BY_PI / scaled)
}

/// Where the standard normal has the mass `p` below, 0 < p < 1: the rational approximation of Hastings (Abramowitz &
/// Stegun 26.2.23), then Halley's steps to the last digits.
pub(crate) fn quantile(p: f64) -> f64 {
    if p > 0.5 {
        return -quantile(1.0 - p);
    }
    let t = (-2.0 * p.ln()).sqrt();
    let mut x = t - polynomial(&[0.010_328, 0.802_853, 2.515_517], t)
        / polynomial(&[0.001_308, 0.189_269, 1.432_788, 1.0], t);
    for _ in 0..2 {
        // How far the tail above x >= 0 is off, in units of the density there.
        let x0 = x.max(0.0);
        let off = (upper_tail(x0) - p) * (0.5 * x0 * x0 + LN_SQRT_2PI).exp();
        x = x0 + off / (1.0 - 0.5 * x0 * off);
    }
    -x
}

/// The logarithm of the mass of the standard normal between a < b.
///
/// Far in a tail it works with the logarithm of the tail's factor, so that it neither vanishes nor cancels.
pub(crate) fn log_mass(a: f64, b: f64) -> f64 {
    let width = b - a;
    let middle = a + 0.5 * width;
    if width < 1e-3 && width * middle.abs() < 1e-2 {
        // Mid-point rule with its first correction; the next term is below 1e-11 here, where a difference of two
        // tails would lose as many digits as the interval is narrow.
        let correction = (middle * middle - 1.0) * width * width / 24.0;
        return width.ln() - 0.5 * middle * middle - LN_SQRT_2PI + correction.ln_1p();
    }
    if a > 0.0 {
        log_tail_mass(a, b)
    } else if b < 0.0 {
        log_tail_mass(-b, -a)
    } else {
        (-(upper_tail(-a) + upper_tail(b))).ln_1p()
    }
}

/// For 0 < a < b.
fn log_tail_mass(a: f64, b: f64) -> f64 {
    let scale = std::f64::consts::FRAC_1_SQRT_2;
    let beyond = (0.5 * (a - b) * (a + b)).exp() * erfcx(b * scale);
    -0.5 * a * a - std::f64::consts::LN_2 + (erfcx(a * scale) - beyond).ln()
}

/// A draw from the standard normal between a < b.
///
/// Rejection from the normal where it is likely to land inside, else from the uniform or the shifted exponential
/// (Robert 1995, Simulation of Truncated Normal Variables).
pub(crate) fn draw_between(generator: &mut Generator, a: f64, b: f64) -> f64 {
    if b <= 0.0 {
        return -draw_between(generator, -b, -a);
    }
    let width = b - a;
    if a <= 0.0 && width > 2.0 {
        loop {
            let z = generator.normal();
            if a <= z && z <= b {
                return z;
            }
        }
    }
    let nearest = a.max(0.0); // where the density is highest
    if width * (nearest + 1.0) < 4.0 {
        loop {
            let z = generator.uniform_in(a, b);
            if generator.chance((0.5 * (nearest * nearest - z * z)).exp()) {
                return z;
            }
        }
    }
    let rate = 0.5 * (a + (a * a + 4.0).sqrt());
    loop {
        let z = a - (1.0 - generator.uniform()).ln() / rate;
        if z <= b && generator.chance((-0.5 * (z - rate).powi(2)).exp()) {
            return z;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{draw_between, log_below, log_mass, quantile, upper_tail};
    use proptest::prelude::*;
    use tunesmith_core::Seed;

    #[test]
    fn tails_agree_with_tables() {
        // Python 3.11: 0.5 * math.erfc(x / 2 ** 0.5)
        for (x, expected) in [
            (0.0, 0.5),
            (0.3, 0.382_088_577_811_047_4),
            (0.7, 0.241_963_652_223_073_06),
            (1.5, 0.066_807_201_268_858_07),
            (3.0, 0.001_349_898_031_630_095_7),
            (6.0, 9.865_876_450_377_012e-10),
            (12.0, 1.776_482_112_077_702e-33),
        ] {
            let relative = (upper_tail(x) / expected - 1.0).abs();
            // The exponential of -x^2/2 carries the rounding of its argument.
            assert!(relative < 1e-15 * (4.0 + x * x), "tail above {x}: relative error {relative:e}");
        }
    }

    #[test]
    fn quantiles_undo_tails() {
        for p in [1e-300, 1e-20, 1e-4, 0.02, 0.3, 0.499, 0.5] {
            assert!((upper_tail(-quantile(p)) / p - 1.0).abs() < 1e-12, "{p}: {}", quantile(p));
            assert!((quantile(1.0 - p) + quantile(1.0 - (1.0 - p))).abs() < 1e-12);
        }
    }

    #[test]
    fn the_slope_of_the_logarithm_is_its_derivative() {
        for z in [-60.0, -8.0, -1.0, -1e-4, 1e-4, 0.8, 6.0] {
            let slope = (log_below(z + 1e-5).0 - log_below(z - 1e-5).0) / 2e-5;
            assert!((slope - log_below(z).1).abs() < 1e-6 * (1.0 + slope), "{z}: {slope}");
            assert!((log_below(z).0 - log_mass(-1e3, z)).abs() < 1e-12 * (1.0 + z * z), "{z}");
        }
    }

    #[test]
    fn far_tails_do_not_vanish() {
        // Optuna 5.0.0: _truncnorm._log_ndtr_single(-40.0)
        assert!((log_mass(40.0, 1e3) + 804.608_442_013_754).abs() < 1e-9);
        assert!(log_mass(200.0, 201.0).is_finite());
    }

    proptest! {
        #[test]
        fn masses_of_parts_add_up(a in -8.0..8.0, left in 1e-6..4.0, right in 1e-6..4.0) {
            let (m, b) = (a + left, a + left + right);
            let parts = log_mass(a, m).exp() + log_mass(m, b).exp();
            let whole = log_mass(a, b).exp();
            prop_assert!((parts / whole - 1.0).abs() < 1e-9, "{parts} {whole}");
        }

        #[test]
        fn mass_is_symmetric(a in -30.0..30.0, width in 1e-5..10.0) {
            prop_assert!((log_mass(a, a + width) - log_mass(-a - width, -a)).abs() < 1e-9);
        }

        #[test]
        fn draws_lie_inside(a in -60.0..60.0, width in 1e-4..120.0, seed in 0_u64..1000) {
            let z = draw_between(&mut Seed::new(seed).generator(), a, a + width);
            prop_assert!(a <= z && z <= a + width);
        }
    }

    #[test]
    fn draws_follow_the_masses() {
        for (i, (a, b)) in
            [(-1.0, 2.0), (-3.0, 0.5), (0.5, 1.0), (2.0, 9.0), (-0.2, 0.3)].into_iter().enumerate()
        {
            let middle = 0.4 * a + 0.6 * (a + 0.3 * (b - a));
            let mut generator = Seed::new(i as u64).generator();
            let n = 40_000;
            let hits = (0..n).filter(|_| draw_between(&mut generator, a, b) < middle).count();
            let expected = (log_mass(a, middle) - log_mass(a, b)).exp();
            let share = hits as f64 / f64::from(n);
            // Four standard errors.
            assert!(
                (share - expected).abs() < 4.0 * (expected * (1.0 - expected) / f64::from(n)).sqrt(),
                "{a} {b}: {share} {expected}"
            );
        }
    }
}
