//! Where the time of a small transformer's training step goes, by part, on one thread; and attention alone over longer
//! sequences. `kernels` as an argument lists the slowest kernels too.

#![expect(clippy::print_stdout, reason = "a table for who runs it")]

use std::collections::BTreeMap;
use std::time::Instant;

use tunesmith_autodiff::ops::attention::Attend;
use tunesmith_autodiff::{Feed, Gradients, Graph, Runner};
use tunesmith_core::Seed;
use tunesmith_nn::layers::{Dense, TransformerEncoderLayer};
use tunesmith_nn::{Mode, Sequential};
use tunesmith_optim::{Adam, Layout, Pace, Rule};
use tunesmith_tensor::{DType, Par};

const BATCH: usize = 16;
const POSITIONS: usize = 64;
const UNITS: usize = 64;
const CLASSES: usize = 1000;
const RUNS: usize = 200;

fn main() {
    step();
    for positions in [64, 128, 256, 1024] {
        for causal in [false, true] {
            alone(positions, causal);
        }
    }
}

/// The part of a step that a kernel belongs to.
fn part(kernel: &str) -> &'static str {
    let name = kernel.split(':').next().unwrap_or_default();
    match name {
        "attention" => "attention forward",
        "attention_gradient" => "attention backward",
        "matmul" => "projections",
        "rows" | "add_rows" => "embedding",
        name if name.starts_with("cross_entropy") || name == "exponential_sums" => "cross-entropy",
        _ => "normalisation, biases, activations, residuals",
    }
}

/// A step of a transformer of two layers that classifies every position.
fn step() {
    let layer = || TransformerEncoderLayer::new(4, 128).norm_first().dropout(0.0);
    let model = Sequential::new([POSITIONS, UNITS]).with(layer()).with(layer()).with(Dense::new(CLASSES));
    let traced = model.trace(BATCH, Mode::Training);
    let graph = &traced.graph;
    let labels = graph.index_input("labels", [BATCH, POSITIONS]);
    let loss = traced.output.cross_entropy(&labels, 1.0 / (BATCH * POSITIONS) as f64);
    let mut runner = Runner::<f32>::new(graph.plan_training(&loss, &[]));

    let mut generator = Seed::new(0).generator();
    let x: Vec<f32> = (0..BATCH * POSITIONS * UNITS).map(|_| generator.normal() as f32).collect();
    let y: Vec<i64> = (0..BATCH * POSITIONS).map(|_| generator.below(CLASSES) as i64).collect();
    let mut params: Vec<f32> = model.initial_params(0).into_iter().map(|x| x as f32).collect();
    let mut gradients = Gradients::new(runner.plan(), |_| false);
    let feed = Feed { params: &params, inputs: &[&x], indices: &[&y], noise: 0 };
    let timings = runner.profile(feed, &mut gradients, RUNS);

    let mut optimizer = Adam::default().optimizer();
    optimizer.init(&Layout::packed([("all", vec![params.len()])]), DType::F32);
    let mut shortest = f64::INFINITY;
    for _ in 0..RUNS {
        let start = Instant::now();
        let done = optimizer.step(&mut params, &[gradients.values()], Pace::default(), Par::Seq);
        assert!(done.is_ok(), "gradients are finite");
        shortest = shortest.min(start.elapsed().as_secs_f64());
    }

    let mut parts: BTreeMap<&str, (f64, u64, usize)> = BTreeMap::new();
    parts.insert("optimizer", (shortest, 0, 1));
    for timing in &timings {
        let part = parts.entry(part(&timing.kernel)).or_default();
        *part = (part.0 + timing.seconds, part.1 + timing.flops, part.2 + 1);
    }
    let total: f64 = parts.values().map(|part| part.0).sum();
    println!(
        "transformer step, {BATCH} sequences: {:.0} us, {:.0} samples/s",
        total * 1e6,
        BATCH as f64 / total
    );
    for (name, (seconds, flops, kernels)) in &parts {
        let rate = *flops as f64 / seconds * 1e-9;
        println!(
            "  {name:46} {:7.0} us {:4.1} % {rate:6.1} GFLOP/s, {kernels} kernels",
            seconds * 1e6,
            100.0 * seconds / total
        );
    }
    if std::env::args().any(|argument| argument == "kernels") {
        let mut slowest: Vec<_> = timings.iter().collect();
        slowest.sort_by(|a, b| b.seconds.total_cmp(&a.seconds));
        for timing in slowest.iter().take(40) {
            println!("  {:7.1} us  {}", timing.seconds * 1e6, timing.kernel);
        }
    }
}

/// Attention and its derivative over sequences of a length.
fn alone(positions: usize, causal: bool) {
    let (rows, units, heads) = ((1024 / positions).max(1), 64, 4);
    let graph = Graph::new();
    let packed = graph.param("packed", [rows, positions, 3 * units]);
    let loss = packed.attention(Attend::heads(heads).causal(causal), None).square().sum();
    let mut runner = Runner::<f32>::new(graph.plan_training(&loss, &[]));
    let mut generator = Seed::new(0).generator();
    let params: Vec<f32> = (0..packed.shape().numel()).map(|_| generator.normal() as f32).collect();
    let mut gradients = Gradients::new(runner.plan(), |_| false);
    let timings = runner.profile(Feed { params: &params, ..Feed::default() }, &mut gradients, RUNS / 4);
    let of = |name: &str| {
        let timing =
            timings.iter().find(|timing| timing.kernel.starts_with(name)).expect("it is in the plan");
        (timing.seconds * 1e6, timing.flops as f64 / timing.seconds * 1e-9)
    };
    let ((forward, forward_rate), (backward, backward_rate)) = (of("attention:"), of("attention_gradient:"));
    println!(
        "attention of {rows} x {positions} positions{}: forward {forward:.0} us ({forward_rate:.1} GFLOP/s), backward {backward:.0} us ({backward_rate:.1} GFLOP/s)",
        if causal { ", causal" } else { "" },
    );
}
