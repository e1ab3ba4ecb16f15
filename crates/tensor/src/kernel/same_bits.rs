//! Tests: every instruction set gives the same bits.

use proptest::prelude::{ProptestConfig, prop, prop_assert_eq, proptest};

use super::elementwise::{map, zip, zip_row};
use super::normalize::{
    column_moments, column_room, normalize_columns, normalize_columns_gradient, normalize_rows,
    normalize_rows_gradient,
};
use super::reduce::{Reduction, dot, max, reduce_axis, sum};
use super::simd::limited_to;
use super::softmax::{exponential_sums, log_softmax, log_sum_exp, softmax, softmax_by};
use super::{Level, Real};

fn bits<T: Real>(values: &[T]) -> Vec<u64> {
    values.iter().map(|x| x.to_f64().to_bits()).collect()
}

/// Every kernel with a fixed order, on `rows` rows; the results one after the other.
fn everything<T: Real>(x: &[T], rows: usize) -> Vec<u64> {
    let cols = x.len() / rows;
    let x = &x[..rows * cols];
    let mut results = vec![sum(x), dot(x, x), max(x)];
    let mut out = vec![T::ZERO; x.len()];
    let functions: [fn(T) -> T; 8] =
        [T::exp, T::exp_m1, |x| x.abs().ln(), |x| x.abs().ln_1p(), T::tanh, T::sigmoid, T::erf, T::sqrt];
    for f in functions {
        map(x, &mut out, f);
        results.extend_from_slice(&out);
    }
    map(
        x,
        &mut out,
        #[inline(always)]
        |x| (-x.abs()).exp_nonpositive(),
    );
    results.extend_from_slice(&out);
    map(x, &mut out, |x| x.tanh());
    results.extend_from_slice(&out);
    zip(x, x, &mut out, |a, b| a * b + a / (b + T::ONE));
    results.extend_from_slice(&out);
    zip_row(x, &x[..cols], &mut out, |a, b| a - b);
    results.extend_from_slice(&out);
    softmax(x, cols, &mut out);
    results.extend_from_slice(&out);
    log_softmax(x, cols, &mut out);
    results.extend_from_slice(&out);
    log_sum_exp(x, cols, &mut out[..rows]);
    results.extend_from_slice(&out[..rows]);
    let (mut room, mut moments) = (vec![T::ZERO; column_room(cols)], vec![T::ZERO; 2 * cols]);
    let g: Vec<T> = x.iter().rev().copied().collect();
    for centered in [false, true] {
        normalize_rows(x, cols, centered, 1e-3, &mut out);
        results.extend_from_slice(&out);
        normalize_rows_gradient(x, &g, cols, centered, 1e-3, &mut out);
        results.extend_from_slice(&out);
    }
    column_moments(x, cols, &mut room, &mut moments);
    results.extend_from_slice(&moments);
    normalize_columns(x, &moments, cols, 1e-3, &mut room, &mut out);
    results.extend_from_slice(&out);
    normalize_columns_gradient(x, &moments, &g, cols, 1e-3, &mut room, &mut out);
    results.extend_from_slice(&out);
    let mut sums = vec![T::ZERO; 2 * rows];
    exponential_sums(x, cols, &mut sums);
    softmax_by(x, &sums, T::ONE, &mut out);
    results.extend_from_slice(&sums);
    results.extend_from_slice(&out);
    for reduction in [Reduction::Sum, Reduction::Max, Reduction::Min] {
        reduce_axis(x, 1, rows, cols, &mut out[..cols], reduction);
        results.extend_from_slice(&out[..cols]);
        reduce_axis(x, rows, cols, 1, &mut out[..rows], reduction);
        results.extend_from_slice(&out[..rows]);
    }
    bits(&results)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn kernels_agree_on_every_level(x in prop::collection::vec(-20.0f64..20.0, 40..3000), rows in 1usize..40) {
        let single: Vec<f32> = x.iter().map(|&x| x as f32).collect();
        let baseline = limited_to(Level::Baseline, || (everything(&x, rows), everything(&single, rows)));
        for level in [Level::Avx2, Level::Avx512] {
            let other = limited_to(level, || (everything(&x, rows), everything(&single, rows)));
            prop_assert_eq!(&other, &baseline);
        }
    }
}
