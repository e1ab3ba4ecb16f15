//! The matrix product against three nested loops: all transposes, strides, alpha and beta, tiny and large.

use proptest::prelude::{ProptestConfig, prop_assert, proptest};
use tunesmith_tensor::kernel::Real;
use tunesmith_tensor::kernel::gemm::{
    Indirect, RightOperand, gemm, gemm_indirect, gemm_packed, general, matmul_into,
};

/// Values that repeat with no period common to the sizes.
fn fill<T: Real>(length: usize, seed: usize) -> Vec<T> {
    (0..length).map(|i| T::from_f64(((i * 37 + seed * 11) % 101) as f64 / 50.0 - 1.0)).collect()
}

fn naive(
    [m, k, n]: [usize; 3],
    a: impl Fn(usize, usize) -> f64,
    b: impl Fn(usize, usize) -> f64,
) -> impl Fn(usize, usize) -> f64 {
    let mut c = vec![0.0; m * n];
    for i in 0..m {
        for j in 0..n {
            c[i * n + j] = (0..k).map(|p| a(i, p) * b(p, j)).sum();
        }
    }
    move |i, j| c[i * n + j]
}

fn check_flags<T: Real>(size: [usize; 3], flags: (bool, bool), beta: f64, tolerance: f64) {
    let [m, k, n] = size;
    let (a, b) = (fill::<T>(m * k, 1), fill::<T>(k * n, 2));
    let old = if beta == 0.0 { vec![T::NAN; m * n] } else { fill::<T>(m * n, 3) };
    let mut c = old.clone();
    matmul_into(&a, flags.0, &b, flags.1, size, T::from_f64(beta), &mut c);
    let a_at = |i: usize, p: usize| a[if flags.0 { p * m + i } else { i * k + p }].to_f64();
    let b_at = |p: usize, j: usize| b[if flags.1 { j * k + p } else { p * n + j }].to_f64();
    let want = naive(size, a_at, b_at);
    for i in 0..m {
        for j in 0..n {
            let before: f64 = if beta == 0.0 { 0.0 } else { beta * old[i * n + j].to_f64() };
            let (got, want): (f64, f64) = (c[i * n + j].to_f64(), want(i, j) + before);
            assert!(
                (got - want).abs() <= tolerance * (k as f64 + 1.0),
                "{size:?} {flags:?} beta {beta} at ({i}, {j}): {got}, not {want}"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_transpose_and_beta_is_the_naive_product(
        m in 1usize..36, k in 0usize..70, n in 1usize..36, ta: bool, tb: bool, beta in 0usize..3,
    ) {
        let beta = [0.0, 1.0, -0.5][beta];
        check_flags::<f32>([m, k, n], (ta, tb), beta, 1e-6);
        check_flags::<f64>([m, k, n], (ta, tb), beta, 1e-14);
    }

    /// `c` lies inside a longer slice, transposed or with gaps; nothing but its entries may change.
    #[test]
    fn strided_results_leave_the_gaps_alone(
        m in 1usize..20, k in 1usize..20, n in 1usize..20, gap in 1usize..4, transposed: bool, beta in 0usize..2,
        extra in 0usize..40, ours: bool,
    ) {
        let product = if ours { gemm } else { general };
        let beta = beta as f32;
        let (a, b) = (fill::<f32>(m * k, 1), fill::<f32>(k * n, 2));
        let strides = if transposed { (gap, m * gap) } else { (n * gap, gap) };
        let old = fill::<f32>(m * n * gap + extra, 5);
        let mut c = old.clone();
        product(m, k, n, 2.0, &a, (k, 1), &b, (n, 1), beta, &mut c, strides);
        let want = naive([m, k, n], |i, p| f64::from(a[i * k + p]), |p, j| f64::from(b[p * n + j]));
        let mut expected: Vec<f64> = old.iter().map(|&x| f64::from(x)).collect();
        for i in 0..m {
            for j in 0..n {
                let place = &mut expected[i * strides.0 + j * strides.1];
                *place = 2.0 * want(i, j) + f64::from(beta) * *place;
            }
        }
        for (got, want) in c.iter().zip(&expected) {
            prop_assert!((f64::from(*got) - want).abs() < 1e-4);
        }
    }
}

#[test]
fn training_sizes_are_the_naive_product() {
    for size in
        [[10, 2, 10], [10, 10, 1], [16, 64, 10], [32, 64, 128], [65, 130, 67], [128, 1, 128], [1, 300, 1]]
    {
        for flags in [(false, false), (true, false), (false, true), (true, true)] {
            check_flags::<f32>(size, flags, 0.0, 1e-6);
            check_flags::<f64>(size, flags, 1.0, 1e-14);
        }
    }
}

#[test]
fn rows_of_a_stored_once_may_be_shared() {
    // A stride of zero repeats one row: the input may overlap itself, only the result may not.
    let mut c = [0.0f32; 6];
    gemm(2, 3, 3, 1.0, &[1.0, 2.0, 3.0], (0, 1), &fill::<f32>(9, 1), (3, 1), 0.0, &mut c, (3, 1));
    assert_eq!(c[..3], c[3..]);
}

#[test]
#[should_panic(expected = "matmul: [2, 3] times [3, 4] needs slices of 6, 12 and 8, got 6, 11 and 8")]
fn wrong_lengths_are_named() {
    matmul_into(&[0.0f32; 6], false, &[0.0; 11], false, [2, 3, 4], 0.0, &mut [0.0; 8]);
}

#[test]
#[should_panic(expected = "gemm: left operand [2, 3] with strides (4, 1) does not fit into 6 elements")]
fn short_operands_are_refused() {
    gemm(2, 3, 1, 1.0, &[0.0f32; 6], (4, 1), &[0.0; 3], (1, 1), 0.0, &mut [0.0; 2], (1, 1));
}

#[test]
#[should_panic(expected = "gemm: entries of the result [2, 2] overlap with strides (1, 1)")]
fn overlapping_results_are_refused() {
    gemm(2, 1, 2, 1.0, &[0.0f32; 2], (1, 1), &[0.0; 2], (2, 1), 0.0, &mut [0.0; 4], (1, 1));
}

#[test]
fn what_is_not_finite_reaches_its_row_and_column_alone() {
    let [m, k, n] = [13, 70, 67];
    for (odd, at_zero) in [(f32::NAN, f32::NAN), (f32::INFINITY, f32::NAN), (f32::NEG_INFINITY, f32::NAN)] {
        for packed_rows in [m, 200] {
            let (mut a, mut b) = (vec![1.0f32; packed_rows * k], vec![1.0f32; k * n]);
            (a[5 * k + 69], b[66]) = (odd, odd);
            a[7 * k] = 0.0; // infinity times this zero is not a number
            let mut c = vec![f32::NAN; packed_rows * n];
            matmul_into(&a, false, &b, false, [packed_rows, k, n], 0.0, &mut c);
            for (place, got) in c.iter().enumerate() {
                let want = match (place / n, place % n) {
                    (7, 66) => at_zero,
                    (7, _) => k as f32 - 1.0,
                    (5, _) | (_, 66) => odd,
                    _ => k as f32,
                };
                assert!(
                    *got == want || got.is_nan() && want.is_nan(),
                    "{odd} became {got}, not {want}, at {place}"
                );
            }
        }
    }
}

#[test]
fn an_empty_inner_side_leaves_beta_of_the_old() {
    let mut c = [2.0f32; 6];
    gemm(2, 0, 3, 1.0, &[], (0, 1), &[], (3, 1), 0.5, &mut c, (3, 1));
    assert_eq!(c, [1.0; 6]);
    matmul_into(&[], false, &[], true, [2, 0, 3], 0.0, &mut c);
    assert_eq!(c, [0.0; 6]);
}

#[test]
fn repeated_products_allocate_nothing() {
    for [m, k, n] in [[10, 2, 10], [128, 512, 256], [300, 300, 1000]] {
        for flags in [(false, false), (true, false), (false, true), (true, true)] {
            let (a, b, mut c) = (fill::<f32>(m * k, 1), fill::<f32>(k * n, 2), vec![0.0; m * n]);
            let mut product = || matmul_into(&a, flags.0, &b, flags.1, [m, k, n], 0.0, &mut c);
            product();
            assert_eq!(allocation_counter::measure(product).count_total, 0, "{m} x {k} x {n} {flags:?}");
        }
    }
}

#[test]
#[should_panic(expected = "gemm: a packed operand [3, 4] takes")]
fn a_packed_operand_of_another_size_is_refused() {
    gemm_packed([1, 3, 4], &[0.0f32; 3], (3, 1), &[0.0; 12 * 16 + 1], 0.0, &mut [0.0; 4], 4);
}

#[test]
#[should_panic(expected = "gemm: offsets of the left operand reach element 12 of 12")]
fn offsets_outside_are_refused() {
    let left = Indirect { data: &[0.0f32; 12], rows: &[0, 3], segments: &[(0, 2), (6, 4)], step: 1 };
    gemm_indirect(&left, RightOperand::Strided(&[0.0; 6], (1, 1)), 1, 0.0, &mut [0.0; 2], 1);
}

#[test]
#[should_panic(expected = "gemm: offsets of the left operand reach element 18446744073709551615 of 2")]
fn offsets_beyond_all_numbers_are_refused() {
    let left = Indirect { data: &[0.0f32; 2], rows: &[usize::MAX], segments: &[(2, 1)], step: usize::MAX };
    gemm_indirect(&left, RightOperand::Strided(&[0.0; 1], (1, 1)), 1, 0.0, &mut [0.0; 1], 1);
}
