//! How fast is a product of operands rounded to bf16? `cargo run --release -p tunesmith-tensor --example bf16`
//!
//! Each pair of products is measured in turns, and the best of many is taken, so that a busy machine slows both alike.

use std::hint::black_box;
use std::time::Instant;

use tunesmith_tensor::kernel::gemm::{has_bf16_tiles, matmul_bf16_into, matmul_into};

/// `[m, k, n]` and whether the left and the right operand are stored transposed: those of layers, forward, then the
/// gradients of the inputs and of the weights.
const SHAPES: &[([usize; 3], bool, bool)] = &[
    ([128, 784, 512], false, true),
    ([128, 512, 784], false, false),
    ([512, 128, 784], true, false),
    ([128, 512, 256], false, true),
    ([128, 256, 512], false, false),
    ([256, 128, 512], true, false),
    ([128, 256, 10], false, true),
    ([128, 10, 256], false, false),
    ([10, 128, 256], true, false),
    ([64, 784, 512], false, true),
    ([512, 64, 784], true, false),
    ([512, 512, 512], false, false),
    ([512, 512, 512], false, true),
    ([512, 512, 512], true, false),
    ([1024, 64, 192], false, true),
    ([1024, 192, 64], false, false),
    ([192, 1024, 64], true, false),
    ([1024, 64, 64], false, true),
    ([64, 1024, 64], true, false),
    ([1024, 64, 256], false, true),
    ([1024, 256, 64], false, true),
    ([256, 1024, 64], true, false),
    ([1024, 64, 1000], false, true),
    ([1024, 1000, 64], false, false),
    ([1000, 1024, 64], true, false),
    ([1024, 128, 512], false, true),
    ([32, 64, 256], false, true),
    ([64, 64, 64], false, true),
    ([32, 64, 128], false, true),
    ([128, 32, 64], true, false),
    ([32, 256, 256], false, true),
    ([16, 256, 256], false, true),
    ([64, 128, 128], false, true),
    ([256, 64, 64], false, true),
    ([256, 64, 32], false, true),
    ([256, 32, 64], false, false),
    ([32, 256, 64], true, false),
    ([2048, 16, 64], false, true),
    ([2048, 64, 16], false, true),
    ([128, 784, 16], false, true),
    ([8, 784, 512], false, true),
];

#[expect(clippy::print_stdout, reason = "a program's output")]
fn main() {
    println!("tiles of AMX: {}", has_bf16_tiles());
    println!(
        "{:>16} {:>5} {:>10} {:>8} {:>10} {:>8} {:>6}",
        "m x k x n", "", "f32 us", "GFLOP/s", "bf16 us", "GFLOP/s", "ratio"
    );
    for &([m, k, n], left, right) in SHAPES {
        let wave = |count: usize| (0..count).map(|i| (i as f32 * 0.37).sin()).collect::<Vec<f32>>();
        let (a, b, mut c) = (wave(m * k), wave(k * n), vec![0.0_f32; m * n]);
        let operations = (2 * m * k * n) as f64;
        let (mut single, mut half) = (f64::INFINITY, f64::INFINITY);
        for _ in 0..(1.5e10 / operations).clamp(100.0, 3000.0) as usize {
            let start = Instant::now();
            matmul_into(black_box(&a), left, black_box(&b), right, [m, k, n], 0.0, &mut c);
            single = single.min(start.elapsed().as_secs_f64());
            black_box(&mut c);
            let start = Instant::now();
            matmul_bf16_into(black_box(&a), left, black_box(&b), right, [m, k, n], 0.0, &mut c);
            half = half.min(start.elapsed().as_secs_f64());
            black_box(&mut c);
        }
        println!(
            "{:>16} {:>5} {:>10.1} {:>8.0} {:>10.1} {:>8.0} {:>6.2}",
            format!("{m}x{k}x{n}"),
            match (left, right) {
                (true, _) => "A^T B",
                (_, true) => "A B^T",
                _ => "",
            },
            single * 1e6,
            operations / single / 1e9,
            half * 1e6,
            operations / half / 1e9,
            single / half,
        );
    }
}
