//! One pass of every linked optimizer over a million `f32` parameters on one thread.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tunesmith_core::{Entry, Table, all};
use tunesmith_optim::{Layout, OptimizerEntry, Pace};
use tunesmith_tensor::{DType, Par};

const PARAMETERS: usize = 1_000_000;

fn pass(criterion: &mut Criterion) {
    let layout = Layout::packed([("weight", vec![PARAMETERS])]);
    let gradient: Vec<f32> = (0..PARAMETERS).map(|i| (i % 97) as f32 * 0.01 - 0.5).collect();
    let mut group = criterion.benchmark_group("optimizer pass");
    group.throughput(Throughput::Elements(PARAMETERS as u64));
    for entry in all::<OptimizerEntry>() {
        let mut optimizer = entry.build(&Table::new(), "bench").expect("defaults are possible");
        optimizer.init(&layout, DType::F32);
        let mut value = vec![0.5_f32; PARAMETERS];
        group.bench_function(entry.meta().name, |bencher| {
            bencher.iter(|| {
                optimizer.step(&mut value, &[&gradient], Pace::default(), Par::Seq).expect("finite")
            });
        });
    }
    group.finish();
}

criterion_group!(benches, pass);
criterion_main!(benches);
