//! Tests: the product of rounded operands against 64 bits, with tiles and without.

use proptest::prelude::{ProptestConfig, prop_assert_eq, proptest};

use super::super::super::Level;
use super::super::super::simd::limited_to;
use super::portable::rounded;
use super::{gemm_bf16, matmul_bf16_into};

/// The widest has tiles where the machine has them.
const LEVELS: [Level; 3] = [Level::Baseline, Level::Avx2, Level::Avx512];

fn fill(length: usize, seed: usize) -> Vec<f32> {
    (0..length).map(|i| (((i * 37 + seed * 11) % 101) as f32 / 33.0 - 1.5).sin()).collect()
}

fn strides(rows: usize, columns: usize, form: usize, gap: usize) -> (usize, usize) {
    match form {
        0 => (columns + gap, 1),
        1 => (1, rows + gap),
        _ => (2 * (columns + gap), 2),
    }
}

fn matrix(rows: usize, columns: usize, form: usize, gap: usize, seed: usize) -> (Vec<f32>, (usize, usize)) {
    let strides = strides(rows, columns, form, gap);
    (fill(rows * strides.0 + columns * strides.1 + 1, seed), strides)
}

fn check([m, k, n]: [usize; 3], forms: [usize; 3], gap: usize, beta: f32) {
    let (a, sa) = matrix(m, k, forms[0], gap, 1);
    let (b, sb) = matrix(k, n, forms[1], gap, 2);
    let (mut old, sc) = matrix(m, n, forms[2], gap, 3);
    if beta == 0.0 {
        old.fill(f32::NAN);
    }
    for level in LEVELS {
        let mut c = old.clone();
        limited_to(level, || gemm_bf16([m, k, n], (&a, sa), (&b, sb), beta, &mut c, sc));
        let mut inside = vec![false; c.len()];
        for i in 0..m {
            for j in 0..n {
                let place = i * sc.0 + j * sc.1;
                inside[place] = true;
                let kept = if beta == 0.0 { 0.0 } else { f64::from(beta) * f64::from(old[place]) };
                let (mut sum, mut size) = (kept, kept.abs());
                for p in 0..k {
                    let product = f64::from(rounded(a[i * sa.0 + p * sa.1]))
                        * f64::from(rounded(b[p * sb.0 + j * sb.1]));
                    sum += product;
                    size += product.abs();
                }
                let error = (f64::from(c[place]) - sum).abs();
                let bound = size * f64::from(f32::EPSILON) * (k + 2) as f64;
                assert!(error <= bound, "{m} x {k} x {n} {forms:?} on {level}: {error} > {bound} at {i} {j}");
            }
        }
        for (place, inside) in inside.into_iter().enumerate() {
            assert!(inside || c[place].to_bits() == old[place].to_bits(), "{place} is not of the result");
        }
    }
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|x| x.to_bits()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn the_product_is_that_of_the_rounded_operands(
        m in 0usize..80, k in 0usize..150, n in 0usize..80,
        forms in [0usize..3, 0usize..3, 0usize..3], gap in 0usize..3, beta in 0usize..3,
    ) {
        check([m, k, n], forms, gap, [0.0, 1.0, 0.3][beta]);
    }

    /// Rows may be cut between threads anywhere.
    #[test]
    fn a_row_has_the_same_bits_alone(m in 1usize..70, k in 1usize..1300, n in 1usize..70, turned: [bool; 2]) {
        let (a, b) = (fill(m * k, 1), fill(k * n, 2));
        let sa = if turned[0] { (1, m) } else { (k, 1) };
        let sb = if turned[1] { (1, k) } else { (n, 1) };
        for level in LEVELS {
            let (mut all, mut alone) = (vec![0.0; m * n], vec![0.0; m * n]);
            limited_to(level, || {
                gemm_bf16([m, k, n], (&a, sa), (&b, sb), 0.0, &mut all, (n, 1));
                for i in 0..m {
                    let row = &a[i * sa.0..];
                    gemm_bf16([1, k, n], (row, sa), (&b, sb), 0.0, &mut alone[i * n..], (n, 1));
                }
            });
            prop_assert_eq!(bits(&all), bits(&alone));
        }
    }

    #[test]
    fn a_number_is_rounded_to_the_nearest_of_eight_bits(word: u32) {
        let x = f32::from_bits(word);
        let got = rounded(x);
        if x.is_nan() {
            assert!(got.is_nan());
        } else if x.is_subnormal() {
            assert_eq!(got.to_bits(), 0f32.copysign(x).to_bits());
        } else {
            let below = f32::from_bits(word & 0xffff_0000);
            let above = f32::from_bits((word & 0xffff_0000).wrapping_add(0x1_0000));
            let (to_below, to_above) =
                (f64::from(x) - f64::from(below), f64::from(above) - f64::from(x));
            let want = match to_below.abs().total_cmp(&to_above.abs()) {
                std::cmp::Ordering::Less => below,
                std::cmp::Ordering::Greater => above,
                std::cmp::Ordering::Equal if below.to_bits() >> 16 & 1 == 0 => below,
                std::cmp::Ordering::Equal => above,
            };
            // Above the largest number of eight bits lies infinity, from halfway on.
            if above.is_infinite() && x.is_finite() {
                assert!(got == below || got == above);
            } else {
                assert_eq!(got.to_bits(), want.to_bits(), "{x:e}");
            }
        }
        // The machine's own rounding, through a product with one.
        let mut c = [0.0];
        gemm_bf16([1, 1, 1], (&[x], (1, 1)), (&[1.0], (1, 1)), 0.0, &mut c, (1, 1));
        assert!(c[0] == got || c[0].is_nan() && got.is_nan(), "{x:e}: {} and {got}", c[0]);
    }
}

#[test]
fn blocks_of_every_side_are_added_up() {
    for size in [[300, 1100, 40], [530, 257, 33], [40, 2100, 65], [7, 530, 140], [1030, 33, 17]] {
        for forms in [[0, 0, 0], [0, 1, 0], [1, 0, 0], [1, 1, 1], [2, 2, 2]] {
            check(size, forms, 1, 1.0);
            check(size, forms, 0, 0.0);
        }
    }
}

#[test]
fn what_is_not_finite_spreads_to_its_row_or_column_only() {
    let [m, k, n] = [37, 70, 41];
    for (value, level) in
        [f32::NAN, f32::INFINITY, f32::NEG_INFINITY].into_iter().flat_map(|v| LEVELS.map(|l| (v, l)))
    {
        let (mut a, mut b) = (vec![0.5; m * k], vec![0.25; k * n]);
        a[5 * k + 69] = value;
        b[33 * n + 40] = value;
        let mut c = vec![0.0; m * n];
        limited_to(level, || matmul_bf16_into(&a, false, &b, false, [m, k, n], 0.0, &mut c));
        for (place, c) in c.iter().enumerate() {
            let touched = place / n == 5 || place % n == 40;
            assert_eq!(
                !c.is_finite(),
                touched,
                "{value} on {level}, row {}, column {}",
                place / n,
                place % n
            );
            assert!(!touched || c.is_nan() == value.is_nan(), "{value} on {level} gives {c}");
        }
    }
}

#[test]
#[should_panic(expected = "matmul: [2, 3] times [3, 4] needs slices of 6, 12 and 8, got 6, 11 and 8")]
fn a_slice_of_another_length_is_refused() {
    matmul_bf16_into(&[0.0; 6], false, &[0.0; 11], false, [2, 3, 4], 0.0, &mut [0.0; 8]);
}

#[test]
#[should_panic(expected = "gemm: right operand [3, 1] with strides (2, 1) does not fit into 4 elements")]
fn an_operand_too_short_for_its_strides_is_refused() {
    gemm_bf16([1, 3, 1], (&[0.0; 3], (3, 1)), (&[0.0; 4], (2, 1)), 0.0, &mut [0.0], (1, 1));
}
