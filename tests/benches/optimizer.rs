//! One pass of an optimizer over a million numbers on one thread, beside a copy of as many bytes as it must move.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tunesmith_optim::{Adam, AdamW, Layout, Optimizer, Pace, Rule, Sgd};
use tunesmith_tensor::{DType, Par};

const LEN: usize = 1_000_000;

fn optimizer(c: &mut Criterion) {
    let momentum = Sgd { momentum: 0.9, ..Sgd::default() };
    // Streams of four bytes an element: the gradient is read, values and each state are read and written.
    let rules: [(&str, usize, Box<dyn Optimizer>); 4] = [
        ("sgd", 3, Sgd::default().optimizer()),
        ("sgd_momentum", 5, momentum.optimizer()),
        ("adam", 7, Adam::default().optimizer()),
        ("adamw", 7, AdamW::default().optimizer()),
    ];
    let mut group = c.benchmark_group("optimizer");
    let gradient: Vec<f32> = (0..LEN).map(|i| (i % 97) as f32 * 0.01 - 0.5).collect();
    let mut values = vec![0.5_f32; LEN];
    for (name, streams, mut rule) in rules {
        let bytes = (streams * LEN * size_of::<f32>()) as u64;
        group.throughput(Throughput::Bytes(bytes));
        rule.init(&Layout::packed([("weight", vec![LEN])]), DType::F32);
        group.bench_function(name, |b| {
            b.iter(|| rule.step(&mut values, &[black_box(&gradient)], Pace::default(), Par::Seq));
        });
        // Each element copied is a stream read and one written.
        let (from, mut to) = (vec![1.0_f32; streams * LEN / 2], vec![0.0_f32; streams * LEN / 2]);
        group.bench_function(format!("copy_of_{streams}_streams_as_{name}"), |b| {
            b.iter(|| black_box(&mut to).copy_from_slice(black_box(&from)));
        });
    }
    group.finish();
}

criterion_group!(benches, optimizer);
criterion_main!(benches);
