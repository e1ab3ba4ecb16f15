//! The elementary functions of `Real` against `f64` references: error bounds, ends of the range, NaN.
use tunesmith_tensor::kernel::Real;

/// Distance between a result and the true value, in units of the true value's last place in `f32`.
fn ulps(got: f32, want: f64) -> f64 {
    let rounded = want as f32;
    if got == rounded || (got.is_nan() && want.is_nan()) {
        return 0.0;
    }
    if !rounded.is_finite() || !got.is_finite() {
        return f64::INFINITY;
    }
    let size = rounded.abs().max(f32::MIN_POSITIVE);
    let ulp = f64::from(f32::from_bits(size.to_bits() + 1)) - f64::from(size);
    (f64::from(got) - want).abs() / ulp
}

/// Every 997th `f32` of both signs, infinities included, and everything near zero and one in small steps.
fn grid() -> impl Iterator<Item = f32> {
    let all = (0..=0x7f80_0000u32).step_by(997).map(f32::from_bits).flat_map(|x| [x, -x]);
    let near = (-200_000..200_000).map(|i| i as f32 * 1e-4);
    let edges = [0.0, -0.0, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, f32::MIN, f32::MIN_POSITIVE, 1e-45];
    all.chain(near).chain(edges)
}

fn worst(f: impl Fn(f32) -> f32, reference: impl Fn(f64) -> f64, range: std::ops::Range<f32>) -> (f64, f32) {
    assert!(f(f32::NAN).is_nan(), "NaN must stay NaN");
    let errors = grid().filter(|x| range.contains(x)).map(|x| (ulps(f(x), reference(f64::from(x))), x));
    errors.fold((0.0, 0.0), |worst, next| if next.0 > worst.0 { next } else { worst })
}

const EVERYTHING: std::ops::Range<f32> = f32::NEG_INFINITY..f32::INFINITY;

#[track_caller]
fn assert_within(bound: f64, f: impl Fn(f32) -> f32, reference: impl Fn(f64) -> f64) {
    let (error, x) = worst(f, reference, EVERYTHING);
    assert!(error <= bound, "{error} ulp at {x:e}");
}

#[test]
fn exp_is_within_two_ulps() {
    assert_within(2.0, Real::exp, f64::exp);
    assert_eq!(Real::exp(f32::INFINITY), f32::INFINITY);
    assert_eq!(Real::exp(f32::NEG_INFINITY), 0.0);
}

#[test]
fn exp_nonpositive_is_within_two_ulps_or_too_small_to_count() {
    assert_within(
        2.0,
        |x: f32| if (-60.0..=0.0).contains(&x) { x.exp_nonpositive() } else { x },
        |x: f64| if (-60.0..=0.0).contains(&x) { x.exp() } else { x },
    );
    for x in [-60.000_01, -87.5, -1e30, f32::NEG_INFINITY] {
        assert_eq!(x.exp_nonpositive(), 0.0);
    }
    assert_eq!(0f32.exp_nonpositive(), 1.0);
    assert!(f32::NAN.exp_nonpositive().is_nan());
}

#[test]
fn exp_m1_is_within_three_ulps() {
    assert_within(3.0, Real::exp_m1, f64::exp_m1);
    assert_eq!(Real::exp_m1(f32::INFINITY), f32::INFINITY);
}

#[test]
fn ln_is_within_two_ulps() {
    assert_within(2.0, Real::ln, f64::ln);
    assert_eq!(Real::ln(f32::INFINITY), f32::INFINITY);
    assert!(Real::ln(-1.0f32).is_nan());
}

#[test]
fn ln_1p_is_within_three_ulps() {
    assert_within(3.0, Real::ln_1p, f64::ln_1p);
    assert_eq!(Real::ln_1p(f32::INFINITY), f32::INFINITY);
}

#[test]
fn tanh_is_within_four_ulps() {
    assert_within(4.0, Real::tanh, f64::tanh);
    assert_eq!(Real::tanh(f32::INFINITY), 1.0);
}

#[test]
fn sigmoid_is_within_four_ulps() {
    assert_within(4.0, Real::sigmoid, |x| 1.0 / (1.0 + (-x).exp()));
    assert_eq!(Real::sigmoid(f32::INFINITY), 1.0);
    assert_eq!(Real::sigmoid(f32::NEG_INFINITY), 0.0);
}

#[test]
fn erf_is_within_four_ulps() {
    assert_within(4.0, Real::erf, Real::erf);
    assert_eq!(Real::erf(f32::INFINITY), 1.0);
}

#[test]
fn erf_in_f64_is_accurate() {
    // 20 digits from mpmath 1.3 at 40 digits: erf(x).
    let known = [
        (1e-300, 1.128_379_167_095_512_6e-300),
        (0.1, 0.112_462_916_018_284_89),
        (0.46875, 0.492_613_473_217_938),
        (0.5, 0.520_499_877_813_046_5),
        (1.0, 0.842_700_792_949_714_9),
        (2.0, 0.995_322_265_018_952_7),
        (3.5, 0.999_999_256_901_627_7),
        (5.0, 0.999_999_999_998_462_5),
    ];
    for (x, want) in known {
        assert!((Real::erf(x) / want - 1.0f64).abs() < 1e-15, "erf({x}) = {}", Real::erf(x));
        assert_eq!(Real::erf(-x), -Real::erf(x));
    }
    assert_eq!(Real::erf(f64::INFINITY), 1.0);
    assert!(Real::erf(f64::NAN).is_nan());
}

#[test]
fn max_and_min_propagate_nan() {
    for (a, b) in [(f32::NAN, 1.0), (1.0, f32::NAN)] {
        assert!(Real::max(a, b).is_nan() && Real::min(a, b).is_nan());
    }
    assert_eq!(Real::max(1.0f64, 2.0), 2.0);
    assert_eq!(Real::min(1.0f64, 2.0), 1.0);
}
