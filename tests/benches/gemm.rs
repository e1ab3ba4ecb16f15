//! The matrix product beside matrixmultiply's, by shape: those of layers, forward and backward, and a square one.
//!
//! The two take turns within one run, and the best of many turns counts: the ratio survives a noisy machine.

use std::hint::black_box;
use std::time::Instant;

use tunesmith_tensor::kernel::gemm::{gemm, general};

/// `[m, k, n]` and whether the left and the right operand are stored transposed; 2 m k n operations each.
const SHAPES: &[([usize; 3], bool, bool)] = &[
    ([64, 784, 512], false, false),
    ([784, 64, 512], true, false),
    ([64, 512, 784], false, true),
    ([128, 512, 256], false, false),
    ([512, 512, 512], false, false),
    ([512, 512, 512], false, true),
    ([512, 512, 512], true, false),
    ([1024, 64, 192], false, false),
    ([1024, 64, 1000], false, false),
    ([1024, 1000, 64], false, true),
    ([64, 1024, 1000], true, false),
    ([64, 16, 64], false, false),
    ([64, 64, 16], false, false),
    ([16, 64, 256], false, false),
    ([64, 64, 64], false, false),
    ([32, 64, 256], false, false),
    ([32, 64, 128], false, false),
    ([64, 32, 128], true, false),
    ([32, 128, 64], false, false),
    ([128, 32, 64], true, false),
    ([32, 64, 128], false, true),
    ([32, 64, 10], false, false),
    ([64, 32, 10], true, false),
    ([32, 10, 64], false, true),
    ([128, 256, 10], false, false),
    ([256, 128, 10], true, false),
    ([128, 10, 256], false, true),
    ([256, 64, 64], false, false),
    ([256, 64, 32], false, false),
    ([256, 32, 1], false, false),
    ([32, 256, 1], true, false),
    ([256, 1, 32], false, true),
    ([10, 2, 10], false, false),
    ([2, 10, 10], true, false),
    ([10, 10, 1], false, false),
    ([10, 10, 1], true, false),
    ([10, 1, 10], false, true),
    ([1, 256, 256], false, false),
    ([4, 256, 256], false, false),
    ([36864, 288, 64], false, false),
    ([36864, 9, 32], false, false),
    ([288, 36864, 64], true, false),
];

type Product = fn(
    usize,
    usize,
    usize,
    f32,
    &[f32],
    (usize, usize),
    &[f32],
    (usize, usize),
    f32,
    &mut [f32],
    (usize, usize),
);

#[expect(clippy::print_stdout, reason = "a program's output")]
fn main() {
    println!(
        "{:>16} {:>5} {:>12} {:>9} {:>15} {:>6}",
        "m x k x n", "", "ns", "GFLOP/s", "matrixmultiply", "ratio"
    );
    for &([m, k, n], left, right) in SHAPES {
        let (a, b) = (vec![0.5_f32; m * k], vec![0.25_f32; k * n]);
        let mut c = vec![0.0_f32; m * n];
        let a_strides = if left { (1, m) } else { (k, 1) };
        let b_strides = if right { (1, k) } else { (n, 1) };
        let operations = (2 * m * k * n) as f64;
        let repeats = (2e7 / operations) as usize + 1;
        let mut seconds = |product: Product| {
            let start = Instant::now();
            for _ in 0..repeats {
                product(
                    m,
                    k,
                    n,
                    1.0,
                    black_box(&a),
                    a_strides,
                    black_box(&b),
                    b_strides,
                    0.0,
                    &mut c,
                    (n, 1),
                );
            }
            start.elapsed().as_secs_f64() / repeats as f64
        };
        let (mut ours, mut theirs) = (f64::INFINITY, f64::INFINITY);
        for _ in 0..(4e9 / operations / repeats as f64).clamp(5.0, 100.0) as usize {
            ours = ours.min(seconds(gemm));
            theirs = theirs.min(seconds(general));
        }
        let rate = |seconds: f64| operations / seconds / 1e9;
        println!(
            "{:>16} {:>5} {:>12.0} {:>9.1} {:>15.1} {:>6.2}",
            format!("{m}x{k}x{n}"),
            match (left, right) {
                (true, _) => "A^T B",
                (_, true) => "A B^T",
                _ => "",
            },
            ours * 1e9,
            rate(ours),
            rate(theirs),
            theirs / ours,
        );
    }
}
