//! One whole training step of each workload on one thread and two, beside a hand-written one where there is one.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use tunesmith_tensor::Par;
use tunesmith_tests::{HandLoop, WORKLOADS, on_threads, time};

fn step(c: &mut Criterion) {
    for workload in WORKLOADS {
        let mut group = c.benchmark_group(format!("step/{}", workload.name));
        group.throughput(Throughput::Elements(workload.batch as u64));
        for threads in [1, 2] {
            let mut training = workload.training(if threads == 1 { Par::Seq } else { Par::Rayon });
            let mut bench = |name: &str, step: &mut (dyn FnMut() + Send)| {
                group.bench_function(BenchmarkId::new(name, threads), |b| {
                    // A step belongs on a thread of the pool; the way there is not part of it.
                    b.iter_custom(|count| on_threads(threads, || time(count as usize, &mut *step)));
                });
            };
            bench("tunesmith", &mut || {
                black_box(training.step());
            });
            if let Some(widths) = workload.network.widths() {
                let mut hand = HandLoop::new(widths, workload.batch, threads, 1e-12);
                bench("hand_loop", &mut || hand.step());
            }
        }
        group.finish();
    }
}

criterion_group!(benches, step);
criterion_main!(benches);
