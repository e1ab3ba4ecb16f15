//! How close one optimizer pass comes to the time it takes to copy the bytes it moves.
//!
//! `cargo run --release -p tunesmith-optim --example adam_pass [million parameters]`

use std::hint::black_box;
use std::time::Instant;

use tunesmith_optim::{
    Adagrad, Adam, AdamW, Chain, ClipByGlobalNorm, GradientDescent, Layout, Optimizer, Pace, Rmsprop, Rule,
    Sgd,
};
use tunesmith_tensor::{DType, Par};

/// The best of several runs, in milliseconds.
fn best(mut run: impl FnMut()) -> f64 {
    let time = |run: &mut dyn FnMut()| {
        let start = Instant::now();
        run();
        start.elapsed().as_secs_f64() * 1e3
    };
    run();
    (0..40).map(|_| time(&mut run)).fold(f64::INFINITY, f64::min)
}

#[expect(clippy::print_stdout, reason = "an example reports on the terminal")]
fn main() {
    let millions: f64 =
        std::env::args().nth(1).map_or(1.0, |text| text.parse().expect("a number of millions"));
    let n = (millions * 1e6) as usize;
    let layout = Layout::packed([("weight", vec![n])]);
    let gradient: Vec<f32> = (0..n).map(|i| (i % 97) as f32 * 0.01 - 0.5).collect();
    let mut value = vec![0.5_f32; n];

    // Copies two slabs to two others, so that it lives in the same cache as Adam's four slabs; that moves 4 streams.
    let (from, mut to) = (vec![1.0_f32; 2 * n], vec![0.0_f32; 2 * n]);
    let copy = best(|| black_box(&mut to).copy_from_slice(black_box(&from))) / 4.0;
    println!("{n} f32 parameters, one stream of a copy: {copy:.3} ms");

    let mut report = |name: &str, streams: f64, mut optimizer: Box<dyn Optimizer>| {
        optimizer.init(&layout, DType::F32);
        let time = best(|| {
            optimizer.step(&mut value, &[black_box(&gradient)], Pace::default(), Par::Seq).expect("finite")
        });
        println!("{name:<18} {time:.3} ms, {:.2} of copying its {streams} streams", time / (streams * copy));
    };
    report("sgd", 3.0, Sgd::default().optimizer());
    report("momentum", 5.0, Sgd { momentum: 0.9, ..Sgd::default() }.optimizer());
    report("adagrad", 5.0, Adagrad::default().optimizer());
    report("rmsprop", 5.0, Rmsprop::default().optimizer());
    report("adam", 7.0, Adam::default().optimizer());
    report("amsgrad", 9.0, Adam { amsgrad: true, ..Adam::default() }.optimizer());
    report("adamw", 7.0, AdamW::default().optimizer());
    let adam_w = AdamW::default();
    let chained = |chain: Chain| {
        let mut optimizer = GradientDescent { lr: 1.0 }.optimizer(); // ends in the subtraction of what the chain makes
        optimizer.prepend(chain);
        optimizer
    };
    report("adamw as a chain", 7.0, chained(adam_w.chain()));
    let mut clipped = adam_w.optimizer();
    clipped.prepend(Chain::from(ClipByGlobalNorm::new(1.0)));
    report("clipped adamw", 7.0, clipped);

    // What a step costs where the network is tiny: 2-10-1 has 41 parameters.
    let small = Layout::packed([("w0", vec![2, 10]), ("b0", vec![10]), ("w1", vec![10, 1]), ("b1", vec![1])]);
    let mut optimizer = Adam::default().optimizer();
    optimizer.init(&small, DType::F32);
    let (mut value, gradient) = (vec![0.5_f32; small.len()], vec![0.1_f32; small.len()]);
    let steps = 1000;
    let time = best(|| {
        for _ in 0..steps {
            optimizer.step(&mut value, &[black_box(&gradient)], Pace::default(), Par::Seq).expect("finite");
        }
    });
    println!("adam on {} parameters: {:.0} ns a step", small.len(), time * 1e6 / f64::from(steps));
}
