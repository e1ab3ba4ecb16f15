//! Tests: on every instruction set, each form of the product has the bits of a plain loop in the order promised.

use proptest::prelude::{ProptestConfig, prop, prop_assert_eq, proptest};

use super::super::simd::limited_to;
use super::super::{Level, Real};
use super::blocks::block_depth;
use super::{Indirect, RightOperand, gemm, gemm_indirect, gemm_packed, pack, packed_len};

const LEVELS: [Level; 3] = [Level::Baseline, Level::Avx2, Level::Avx512];

/// A float type that can round a product and a sum at once.
trait Fused: Real {
    fn fused(self, factor: Self, sum: Self) -> Self;
}
impl Fused for f32 {
    fn fused(self, factor: Self, sum: Self) -> Self {
        self.mul_add(factor, sum)
    }
}
impl Fused for f64 {
    fn fused(self, factor: Self, sum: Self) -> Self {
        self.mul_add(factor, sum)
    }
}

/// Numbers with many digits that repeat with no period common to the sizes.
fn fill<T: Real>(length: usize, seed: usize) -> Vec<T> {
    (0..length).map(|i| T::from_f64((((i * 37 + seed * 11) % 101) as f64 / 33.0 - 1.5).sin())).collect()
}

/// The safe twin: one entry of `alpha A B + beta C` from its products' factors, in order.
fn entry<T: Fused>(level: Level, alpha: T, beta: T, old: T, factors: &[(T, T)]) -> T {
    // A machine without AVX2 runs the baseline whatever was asked for.
    let fused = level > Level::Baseline && limited_to(level, Level::detected) > Level::Baseline;
    let mul_add = |a: T, b: T, sum: T| if fused { a.fused(b, sum) } else { a * b + sum };
    let mut result = old;
    let blocks = factors.chunks(block_depth(factors.len()));
    let blocks = blocks.chain(factors.is_empty().then_some(factors));
    for (i, block) in blocks.enumerate() {
        let sum = block.iter().fold(T::ZERO, |sum, &(a, b)| mul_add(a, b, sum)) * alpha;
        let beta = if i == 0 { beta } else { T::ONE };
        result = if beta == T::ZERO { sum } else { mul_add(beta, result, sum) };
    }
    result
}

fn bits<T: Real>(values: &[T]) -> Vec<u64> {
    values.iter().map(|x| x.to_f64().to_bits()).collect()
}

/// A row-major or transposed matrix with gaps: its numbers and strides.
fn matrix<T: Real>(
    rows: usize,
    columns: usize,
    turned: bool,
    gap: usize,
    seed: usize,
) -> (Vec<T>, (usize, usize)) {
    let strides = if turned { (1, rows + gap) } else { (columns + gap, 1) };
    (fill((rows + gap + 1) * (columns + gap + 1), seed), strides)
}

fn check_strided<T: Fused>([m, k, n]: [usize; 3], turned: [bool; 3], gap: usize, alpha: T, beta: T) {
    let (a, sa) = matrix::<T>(m, k, turned[0], gap, 1);
    let (b, sb) = matrix::<T>(k, n, turned[1], gap, 2);
    let (mut old, sc) = matrix::<T>(m, n, turned[2], gap, 3);
    if beta == T::ZERO {
        old.fill(T::NAN);
    }
    for level in LEVELS {
        let mut c = old.clone();
        limited_to(level, || gemm(m, k, n, alpha, &a, sa, &b, sb, beta, &mut c, sc));
        let mut want = old.clone();
        for i in 0..m {
            for j in 0..n {
                let factor = |p| (a[i * sa.0 + p * sa.1], b[p * sb.0 + j * sb.1]);
                let factors: Vec<_> = (0..k).map(factor).collect();
                let place = i * sc.0 + j * sc.1;
                want[place] = entry(level, alpha, beta, old[place], &factors);
            }
        }
        assert_eq!(bits(&c), bits(&want), "{m} x {k} x {n} turned {turned:?} on {level}");
        let mut packed = vec![T::NAN; limited_to(level, || packed_len::<T>(k, n))];
        if !turned[2] && alpha == T::ONE {
            let mut c = old.clone();
            limited_to(level, || {
                pack(&b, sb, k, n, &mut packed);
                gemm_packed([m, k, n], &a, sa, &packed, beta, &mut c, sc.0);
            });
            assert_eq!(bits(&c), bits(&want), "{m} x {k} x {n} turned {turned:?}, packed, on {level}");
        }
    }
}

fn check_indirect<T: Fused>(rows: &[usize], segments: &[(usize, usize)], step: usize, n: usize, beta: T) {
    let data = fill::<T>(2000, 4);
    let left = Indirect { data: &data, rows, segments, step };
    let (m, k) = (rows.len(), segments.iter().map(|segment| segment.1).sum());
    let written: Vec<T> = rows
        .iter()
        .flat_map(|row| segments.iter().map(move |&(offset, len)| (row + offset, len)))
        .flat_map(|(start, len)| (0..len).map(move |p| start + p * step))
        .map(|place| data[place])
        .collect();
    let (b, old) = (fill::<T>(k * n, 5), fill::<T>(m * n, 6));
    for level in LEVELS {
        let mut results = [old.clone(), old.clone(), old.clone()];
        limited_to(level, || {
            let mut packed = vec![T::NAN; packed_len::<T>(k, n)];
            pack(&b, (n, 1), k, n, &mut packed);
            let [first, second, third] = &mut results;
            gemm(m, k, n, T::ONE, &written, (k, 1), &b, (n, 1), beta, first, (n, 1));
            gemm_indirect(&left, RightOperand::Packed(&packed), n, beta, second, n);
            gemm_indirect(&left, RightOperand::Strided(&b, (n, 1)), n, beta, third, n);
        });
        let [first, second, third] = &results;
        assert_eq!(bits(first), bits(second), "{m} x {k} x {n}, packed, on {level}");
        assert_eq!(bits(first), bits(third), "{m} x {k} x {n}, strided, on {level}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn every_form_and_level_has_the_bits_of_a_plain_loop(
        m in 0usize..40, k in 0usize..90, n in 0usize..150, turned: [bool; 3], gap in 0usize..3,
        alpha in 0usize..2, beta in 0usize..3,
    ) {
        let (alpha, beta) = ([1.0, -0.75][alpha], [0.0, 1.0, 0.3][beta]);
        check_strided::<f32>([m, k, n], turned, gap, alpha as f32, beta as f32);
        check_strided::<f64>([m, k, n], turned, gap, alpha, beta);
    }

    #[test]
    fn a_gathered_left_operand_equals_the_one_written_out(
        rows in prop::collection::vec(0usize..500, 0..40),
        segments in prop::collection::vec((0usize..500, 0usize..120), 0..8),
        step in 0usize..8, n in 0usize..80, beta in 0usize..2,
    ) {
        check_indirect::<f32>(&rows, &segments, step, n, beta as f32);
        check_indirect::<f64>(&rows, &segments, step, n, beta as f64);
    }

    /// Rows may be cut between threads anywhere.
    #[test]
    fn a_row_has_the_same_bits_alone(m in 1usize..60, k in 0usize..600, n in 1usize..140, turned: [bool; 2]) {
        let (a, sa) = matrix::<f32>(m, k, turned[0], 0, 1);
        let (b, sb) = matrix::<f32>(k, n, turned[1], 0, 2);
        let (mut all, mut alone) = (vec![0.0; m * n], vec![0.0; m * n]);
        gemm(m, k, n, 1.0, &a, sa, &b, sb, 0.0, &mut all, (n, 1));
        for i in 0..m {
            gemm(1, k, n, 1.0, &a[i * sa.0..], sa, &b, sb, 0.0, &mut alone[i * n..], (n, 1));
        }
        prop_assert_eq!(bits(&all), bits(&alone));
    }
}

#[test]
fn blocks_of_every_side_have_the_bits_of_a_plain_loop() {
    // Beyond each of the blocks: rows, inner side, columns.
    for size in [[530, 257, 33], [7, 1030, 65], [26, 513, 700], [25, 300, 520]] {
        for turned in [[false; 3], [true; 3], [false, true, false], [true, false, false]] {
            check_strided::<f32>(size, turned, 1, 1.0, 1.0);
        }
    }
}
