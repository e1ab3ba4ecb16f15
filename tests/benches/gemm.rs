//! The matrix product by shape: those of the workloads' layers, forward and backward, and a square one.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use tunesmith_tensor::kernel::gemm::matmul_into;

/// `[m, k, n]`; 2 m k n operations each.
const SHAPES: [[usize; 3]; 7] = [
    [10, 2, 10],
    [32, 64, 128],
    [64, 32, 128],
    [64, 784, 512],
    [784, 64, 512],
    [128, 512, 256],
    [512, 512, 512],
];

fn gemm(c: &mut Criterion) {
    let mut group = c.benchmark_group("gemm");
    for shape @ [m, k, n] in SHAPES {
        group.throughput(Throughput::Elements(2 * (m * k * n) as u64));
        let (a, b) = (vec![0.5_f32; m * k], vec![0.25_f32; k * n]);
        let mut out = vec![0.0_f32; m * n];
        for (name, transpose_a, transpose_b) in
            [("plain", false, false), ("at_b", true, false), ("a_bt", false, true)]
        {
            group.bench_function(BenchmarkId::new(name, format!("{m}x{k}x{n}")), |bencher| {
                bencher.iter(|| {
                    matmul_into(black_box(&a), transpose_a, black_box(&b), transpose_b, shape, 0.0, &mut out);
                });
            });
        }
    }
    group.finish();
}

criterion_group!(benches, gemm);
criterion_main!(benches);
