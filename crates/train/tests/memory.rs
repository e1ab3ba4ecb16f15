//! Training holds the memory its plan said, within five in a hundred: counted, not believed.
//!
//! This is a program without the test harness, whose threads allocate when they please.

use std::alloc::System;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use tunesmith_core::{Flow, Plug, Seed};
use tunesmith_data::{Dataset, Targets};
use tunesmith_nn::{Sequential, layers, layers::Dense};
use tunesmith_optim::{Layout, OptimizerEntry, Pace};
use tunesmith_tensor::kernel::gemm::PACK_LEN;
use tunesmith_tensor::{DType, Par};
use tunesmith_train::{Callback, EpochEnd, Outcome, Stepper, Trainer, Training};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Bytes that are allocated now.
fn held() -> usize {
    let stats = ALLOCATOR.stats();
    stats.bytes_allocated - stats.bytes_deallocated
}

/// The most memory this process ever had, in bytes, where the system says so.
fn peak() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<usize>().ok()? * 1024)
}

fn data(shape: &[usize], rows: usize) -> Dataset {
    let width: usize = shape.iter().product();
    let mut g = Seed::new(1).generator();
    let x = (0..rows * width).map(|_| g.normal() as f32).collect();
    let codes = (0..rows).map(|row| (row % 10) as i64).collect();
    let names = (0..10).map(|class| class.to_string()).collect();
    let features = vec!["x"; width];
    Dataset::new(x, &features, Targets::Classes { codes, names }).with_sample_shape(shape)
}

/// What is held while training beyond what was before, and what was planned.
fn train(model: &Sequential, shape: &[usize], batch: usize, recompute: bool) -> (usize, usize) {
    let data = data(shape, batch);
    let rows: Vec<usize> = (0..batch).collect();
    let learnt = model.params().into_iter().filter(|p| p.learnt);
    let layout = Layout::packed(learnt.map(|p| (p.name, p.shape.dims().to_vec())));
    let loss = Plug::new("cross_entropy");

    let before = held();
    let mut stepper = Stepper::new(model, &loss, Par::Seq).unwrap().recomputing(recompute);
    let mut rule = OptimizerEntry::make(&Plug::new("adam"), "optimizer").unwrap();
    rule.init(&layout, DType::F32);
    let mut params: Vec<f32> = model.initial_params(0).into_iter().map(|p| p as f32).collect();
    params.shrink_to_fit();
    let planned = stepper.bytes(&data, batch) + size_of_val(&*params) + rule.state_bytes();
    for step in 0..3 {
        stepper.step(&data, &rows, &mut params, &mut *rule, Pace::default(), Seed::new(step)).unwrap();
    }
    (held() - before, planned)
}

/// Hears at the end of each epoch how much is held.
#[derive(Debug)]
struct Watch(Arc<AtomicUsize>);

impl Callback for Watch {
    fn epoch_end(&mut self, _: &mut EpochEnd<'_>) -> Flow {
        self.0.fetch_max(held(), Ordering::Relaxed);
        Flow::Continue
    }
}

/// What a trainer holds after an epoch, measurements and averages with it, and what it had planned; the rows do not fill
/// whole batches.
fn fit(model: &Sequential, shape: &[usize]) -> (usize, usize) {
    let data = data(shape, 300);
    let training = Training {
        optimizer: Plug::new("ema"),
        accumulate: 2,
        ..Training::new("cross_entropy").batch_size(64).epochs(2)
    };
    let found = Arc::new(AtomicUsize::new(0));
    let before = held();
    let copy = data.clone();
    let of_data = held() - before;
    drop(copy);
    let mut trainer = Trainer::new(model, &training, &data, None).unwrap().callback(Watch(found.clone()));
    // This thread's buffer of the product is there already.
    let planned = trainer.bytes() + of_data - PACK_LEN * size_of::<f32>();
    let fitted = trainer.fit(&mut ());
    assert_eq!(fitted.outcome, Outcome::Finished);
    (found.load(Ordering::Relaxed) - before, planned)
}

#[expect(clippy::print_stdout, reason = "a program's output")]
fn main() -> ExitCode {
    // This thread's buffer of the matrix product, which every training after the first finds ready.
    let packing = {
        let before = held();
        let model = Sequential::new([256]).with(Dense::new(256)).with(Dense::new(10));
        let (all, planned) = train(&model, &[256], 256, false);
        let kept = held() - before;
        println!("packing: {kept} bytes kept, {} planned", PACK_LEN * size_of::<f32>());
        assert!(all >= planned.min(all), "{all} bytes held, {planned} planned");
        kept
    };
    // A first training also keeps a few small things of the process, such as tables of names.
    let mut ok = packing <= PACK_LEN * size_of::<f32>() + 4096;

    let mnist = || {
        Sequential::new([784])
            .with(Dense::new(512).activation("relu"))
            .with(Dense::new(256).activation("relu"))
            .with(Dense::new(10))
    };
    let conv = || {
        Sequential::new([1, 28, 28])
            .with(layers::Conv2d::new(16, 3).activation("relu"))
            .with(layers::MaxPool2d::new(2))
            .with(layers::Conv2d::new(32, 3).activation("relu"))
            .with(layers::MaxPool2d::new(2))
            .with(layers::Flatten)
            .with(Dense::new(10))
    };
    let deep = || (0..16).fold(Sequential::new([128]), |m, _| m.with(Dense::new(128).activation("tanh")));
    let cases: [(&str, Sequential, &[usize], usize, bool); 5] = [
        ("mnist_mlp", mnist(), &[784], 128, false),
        ("small conv net", conv(), &[1, 28, 28], 64, false),
        ("small conv net, recompute", conv(), &[1, 28, 28], 64, true),
        ("16 dense layers", deep().with(Dense::new(10)), &[128], 512, false),
        ("16 dense layers, recompute", deep().with(Dense::new(10)), &[128], 512, true),
    ];
    for (name, model, shape, batch, recompute) in cases {
        let (found, planned) = train(&model, shape, batch, recompute);
        println!("{name}: {found} bytes held, {planned} planned, {:.3}", found as f64 / planned as f64);
        ok &= found.abs_diff(planned) * 20 <= planned;
    }
    let (found, planned) = fit(&mnist(), &[784]);
    println!(
        "mnist_mlp, trainer: {found} bytes held, {planned} planned, {:.3}",
        found as f64 / planned as f64
    );
    ok &= found.abs_diff(planned) * 20 <= planned;
    if let Some(peak) = peak() {
        println!("the whole process at its peak: {peak} bytes");
    }
    if ok { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
