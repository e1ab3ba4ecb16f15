//! Kernels against naive loops over random sizes.

use proptest::prelude::{Just, Strategy, prop, prop_assert, prop_assert_eq, proptest};
use tunesmith_tensor::kernel::elementwise::{
    map, map_in_place, zip, zip_col, zip_in_place, zip_row, zip_row_in_place, zip3,
};
use tunesmith_tensor::kernel::reduce::{
    Reduction, arg_max, arg_min, dot, max, max_cols_into, mean, min, reduce_axis, sum, sum_by, sum_cols_into,
    sum_of_squares, sum_rows_into,
};
use tunesmith_tensor::kernel::softmax::{exponential_sums, log_softmax, log_sum_exp, softmax, softmax_by};

fn values(size: impl Into<prop::collection::SizeRange>) -> impl Strategy<Value = Vec<f32>> {
    prop::collection::vec(-10.0f32..10.0, size)
}

fn matrix() -> impl Strategy<Value = (usize, usize, Vec<f32>)> {
    (1usize..40, 1usize..140).prop_flat_map(|(r, c)| (Just(r), Just(c), values(r * c)))
}

/// Sum in `f64`, the reference for sums in `f32`.
fn exact_sum(x: impl Iterator<Item = f32>) -> f64 {
    x.map(f64::from).sum()
}

/// Whether `got` is `want` up to `f32` rounding of terms whose sizes add up to `scale`.
fn close(got: f32, want: f64, scale: f64) -> bool {
    (f64::from(got) - want).abs() <= 1e-6 * scale.max(1e-3)
}

proptest! {
    #[test]
    fn elementwise_kernels_are_the_naive_loops(x in values(0..200)) {
        let y: Vec<f32> = x.iter().rev().copied().collect();
        let mut out = vec![f32::NAN; x.len()];
        map(&x, &mut out, |x| x * 2.0 + 1.0);
        prop_assert_eq!(&out, &x.iter().map(|x| x * 2.0 + 1.0).collect::<Vec<_>>());
        zip(&x, &y, &mut out, |a, b| a - b);
        let differences: Vec<f32> = x.iter().zip(&y).map(|(a, b)| a - b).collect();
        prop_assert_eq!(&out, &differences);
        zip3(&x, &y, &differences, &mut out, |a, b, c| a * b + c);
        prop_assert_eq!(&out, &(0..x.len()).map(|i| x[i] * y[i] + differences[i]).collect::<Vec<_>>());
        let mut changed = x.clone();
        zip_in_place(&mut changed, &y, |a, b| a - b);
        prop_assert_eq!(&changed, &differences);
        map_in_place(&mut changed, |x| -x);
        prop_assert_eq!(&changed, &differences.iter().map(|x| -x).collect::<Vec<_>>());
    }

    #[test]
    fn row_and_column_broadcasts_are_the_naive_loops((rows, cols, x) in matrix()) {
        let (row, col) = (&x[..cols], x.iter().rev().take(rows).copied().collect::<Vec<_>>());
        let mut out = vec![f32::NAN; x.len()];
        zip_row(&x, row, &mut out, |a, b| a * b);
        prop_assert!((0..x.len()).all(|i| out[i] == x[i] * row[i % cols]));
        let mut changed = x.clone();
        zip_row_in_place(&mut changed, row, |a, b| a * b);
        prop_assert_eq!(&changed, &out);
        zip_col(&x, &col, &mut out, |a, b| a * b);
        prop_assert!((0..x.len()).all(|i| out[i] == x[i] * col[i / cols]));
    }

    #[test]
    fn sums_are_exact_up_to_rounding(x in values(1..5000)) {
        let scale = exact_sum(x.iter().map(|x| x.abs()));
        prop_assert!(close(sum(&x), exact_sum(x.iter().copied()), scale));
        prop_assert!(close(mean(&x), exact_sum(x.iter().copied()) / x.len() as f64, scale / x.len() as f64));
        let squares: f64 = x.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
        prop_assert!(close(sum_of_squares(&x), squares, squares));
        prop_assert_eq!(dot(&x, &x), sum_of_squares(&x));
        prop_assert_eq!(sum_by(&x, |x| x * x), sum_of_squares(&x));
    }

    #[test]
    fn extremes_and_their_places_are_the_first_ones(x in prop::collection::vec(-5i8..5, 1..300), nan: prop::sample::Index, with_nan: bool) {
        let mut x: Vec<f32> = x.into_iter().map(f32::from).collect();
        if with_nan {
            let place = nan.index(x.len());
            x[place] = f32::NAN;
            prop_assert!(max(&x).is_nan() && min(&x).is_nan());
            prop_assert_eq!((arg_max(&x), arg_min(&x)), (place, place));
        } else {
            let largest = x.iter().copied().fold(f32::MIN, f32::max);
            let smallest = x.iter().copied().fold(f32::MAX, f32::min);
            prop_assert_eq!((max(&x), min(&x)), (largest, smallest));
            prop_assert_eq!(Some(arg_max(&x)), x.iter().position(|&x| x == largest));
            prop_assert_eq!(Some(arg_min(&x)), x.iter().position(|&x| x == smallest));
        }
    }

    #[test]
    fn matrix_reductions_agree_with_loops((rows, cols, x) in matrix()) {
        let mut by_row = vec![f32::NAN; rows];
        sum_cols_into(&x, rows, cols, &mut by_row);
        prop_assert!(x.chunks(cols).zip(&by_row).all(|(row, &got)| got == sum(row)));
        max_cols_into(&x, rows, cols, &mut by_row);
        prop_assert!(x.chunks(cols).zip(&by_row).all(|(row, &got)| got == max(row)));
        let mut by_col = vec![f32::NAN; cols];
        sum_rows_into(&x, rows, cols, &mut by_col);
        for (c, &got) in by_col.iter().enumerate() {
            let column = || x.iter().skip(c).step_by(cols).copied();
            prop_assert!(close(got, exact_sum(column()), exact_sum(column().map(f32::abs))));
        }
    }

    #[test]
    fn any_axis_reduces((outer, axis, inner) in (1usize..5, 0usize..70, 1usize..70)) {
        let x: Vec<f64> = (0..outer * axis * inner).map(|i| ((i * 7919) % 1009) as f64).collect();
        for (reduction, none, join) in [
            (Reduction::Sum, 0.0, (|a, b| a + b) as fn(f64, f64) -> f64),
            (Reduction::Max, f64::NEG_INFINITY, f64::max),
            (Reduction::Min, f64::INFINITY, f64::min),
        ] {
            let mut out = vec![f64::NAN; outer * inner];
            reduce_axis(&x, outer, axis, inner, &mut out, reduction);
            for (place, &got) in out.iter().enumerate() {
                let (o, i) = (place / inner, place % inner);
                let want = (0..axis).map(|a| x[(o * axis + a) * inner + i]).fold(none, join);
                prop_assert_eq!(got, want); // whole numbers: every order of adding gives the same
            }
        }
    }

    #[test]
    fn softmax_and_its_logarithms_agree_with_f64((rows, cols, x) in matrix(), scale in 0.1f32..30.0) {
        let x: Vec<f32> = x.iter().map(|x| x * scale).collect();
        let (mut soft, mut log_soft, mut log_sum) = (vec![f32::NAN; x.len()], vec![f32::NAN; x.len()], vec![f32::NAN; rows]);
        softmax(&x, cols, &mut soft);
        log_softmax(&x, cols, &mut log_soft);
        log_sum_exp(&x, cols, &mut log_sum);
        let (mut sums, mut by_sums) = (vec![f32::NAN; 2 * rows], vec![f32::NAN; x.len()]);
        exponential_sums(&x, cols, &mut sums);
        softmax_by(&x, &sums, 2.0, &mut by_sums);
        for (r, row) in x.chunks(cols).enumerate() {
            let largest = f64::from(max(row));
            let total: f64 = row.iter().map(|&x| (f64::from(x) - largest).exp()).sum();
            prop_assert!(close(log_sum[r], largest + total.ln(), largest.abs() + 1.0));
            for (c, &x) in row.iter().enumerate() {
                let want = f64::from(x) - largest - total.ln();
                prop_assert!(close(soft[r * cols + c], want.exp(), 1.0));
                prop_assert!(close(by_sums[r * cols + c], 2.0 * want.exp(), 1.0));
                prop_assert!(close(log_soft[r * cols + c], want, want.abs() + 1.0));
            }
        }
    }
}

#[test]
fn the_error_of_a_long_sum_stays_small() {
    // A running sum in f32 stops growing at 2^24; pairwise it is exact to a few units in the last place.
    let x = vec![1.0f32; (1 << 24) + (1 << 20)];
    assert_eq!(sum(&x), x.len() as f32);
    let tenths = vec![0.1f32; 1 << 20];
    let want = f64::from(0.1f32) * f64::from(1 << 20);
    assert!((f64::from(sum(&tenths)) / want - 1.0).abs() < 3e-7);
}

#[test]
fn rows_of_infinities_have_the_limits() {
    let (low, high) = (f32::NEG_INFINITY, f32::INFINITY);
    let mut out = [0.0; 2];
    log_sum_exp(&[low, low, high, 0.0], 2, &mut out);
    assert_eq!(out, [low, high]);
    softmax(&[low, 0.0], 2, &mut out);
    assert_eq!(out, [0.0, 1.0]);
}

#[test]
#[should_panic(expected = "zip: lengths differ, 3 and 2")]
fn unequal_lengths_are_named() {
    zip(&[1.0f32; 3], &[1.0; 2], &mut [0.0; 3], |a, b| a + b);
}

#[test]
#[should_panic(expected = "zip_row: a matrix of 5 entries has no side of 2")]
fn a_torn_row_is_named() {
    zip_row(&[1.0f32; 5], &[1.0; 2], &mut [0.0; 5], |a, b| a + b);
}
