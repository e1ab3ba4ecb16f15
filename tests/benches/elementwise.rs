//! Elementwise kernels on 16 K numbers, which stay in the first cache's neighbourhood; beside a plain copy.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tunesmith_tensor::kernel::{Real, elementwise, reduce, softmax};

const LEN: usize = 1 << 14;

fn numbers<T: Real>() -> Vec<T> {
    (0..LEN).map(|i| T::from_f64((i % 977) as f64 / 100.0 - 4.5)).collect()
}

fn functions<T: Real>(c: &mut Criterion, name: &str) {
    let mut group = c.benchmark_group(format!("elementwise/{name}"));
    group.throughput(Throughput::Elements(LEN as u64));
    let (x, y, mut out) = (numbers::<T>(), numbers::<T>(), vec![T::ZERO; LEN]);
    group.bench_function("copy", |b| b.iter(|| black_box(&mut out).copy_from_slice(black_box(&x))));
    macro_rules! map {
        ($($name:literal: $function:expr),* $(,)?) => {$(
            group.bench_function($name, |b| b.iter(|| elementwise::map(black_box(&x), black_box(&mut out), $function)));
        )*};
    }
    map! {
        "relu": #[inline(always)] |x: T| x.max(T::ZERO),
        "exp": #[inline(always)] |x: T| x.exp(),
        "tanh": #[inline(always)] |x: T| x.tanh(),
        "sigmoid": #[inline(always)] |x: T| x.sigmoid(),
        "erf": #[inline(always)] |x: T| x.erf(),
    }
    group.bench_function("add", |b| {
        b.iter(|| elementwise::zip(black_box(&x), black_box(&y), black_box(&mut out), |a, b| a + b));
    });
    group.bench_function("sum", |b| b.iter(|| black_box(reduce::sum(black_box(&x)))));
    group.bench_function("softmax_rows_of_16", |b| {
        b.iter(|| softmax::softmax(black_box(&x), 16, black_box(&mut out)))
    });
    group.finish();
}

fn elementwise(c: &mut Criterion) {
    functions::<f32>(c, "f32");
    functions::<f64>(c, "f64");
}

criterion_group!(benches, elementwise);
criterion_main!(benches);
