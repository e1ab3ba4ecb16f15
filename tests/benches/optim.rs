//! One pass of each fused rule over a million numbers on one thread, beside a copy of as many bytes as it must move, a
//! chain of five transforms beside its fused form, and PyTorch where `TORCH_PYTHON` names a Python that has it.

#![expect(clippy::print_stdout, reason = "a table for who runs it")]

use std::hint::black_box;
use std::process::{Command, Stdio};

use tunesmith_optim::plugin::*;
use tunesmith_optim::{Adam, AdamW, Guard, Layout, Lion, Optimizer, Pace, Sgd};
use tunesmith_tensor::{DType, Par};
use tunesmith_tests::alternating;

const LEN: usize = 1_000_000;
/// Makes a rule.
type Make = fn() -> Box<dyn Optimizer>;

/// How long each of five rounds of each pass is, about.
const SECONDS: f64 = 0.3;

fn main() {
    let gradient: Vec<f32> = (0..LEN).map(|i| (i % 97) as f32 * 0.01 - 0.5).collect();
    // Streams of four bytes an element: the gradient is read, values and each state are read and written.
    let rules: [(&str, usize, Make); 5] = [
        ("sgd", 3, || Sgd::default().optimizer()),
        ("sgd_momentum", 5, || Sgd { momentum: 0.9, ..Sgd::default() }.optimizer()),
        ("adam", 7, || Adam::default().optimizer()),
        ("adamw", 7, || AdamW::default().optimizer()),
        ("lion", 5, || Lion::default().optimizer()),
    ];
    println!("a million f32, one thread: milliseconds a pass, the median of five alternating rounds");
    println!("{:<14} {:>8} {:>8} {:>8} {:>8}", "rule", "before", "along", "copy", "ratio");
    for (name, streams, rule) in rules {
        let ([mut rule, mut beside], mut values) = ([rule(), rule()], vec![0.5_f32; LEN]);
        rule.init(&layout(), DType::F32);
        beside.init(&layout(), DType::F32);
        // Each element copied is a stream read and one written.
        let (from, mut to) = (vec![1.0_f32; streams * LEN / 2], vec![0.0_f32; streams * LEN / 2]);
        let mut others = values.clone();
        let mut before = || step(&mut *rule, &mut values, &gradient, Guard::Before);
        let mut along = || step(&mut *beside, &mut others, &gradient, Guard::Along);
        let mut copy = || black_box(&mut to).copy_from_slice(black_box(&from));
        print(name, alternating(SECONDS, [&mut before, &mut along, &mut copy]));
    }

    println!("\n{:<14} {:>8} {:>8} {:>8}", "five in a row", "chain", "fused", "ratio");
    let (mut chained, mut fused) = (Five { fused: false }.optimizer(), Five { fused: true }.optimizer());
    let (mut values, mut others) = (vec![0.5_f32; LEN], vec![0.5_f32; LEN]);
    chained.init(&layout(), DType::F32);
    fused.init(&layout(), DType::F32);
    let mut long = || step(&mut *chained, &mut values, &gradient, Guard::Before);
    let mut short = || step(&mut *fused, &mut others, &gradient, Guard::Before);
    print("clip to decay", alternating(SECONDS, [&mut long, &mut short]));
    peer();
}

fn layout() -> Layout {
    Layout::packed([("weight", vec![LEN])])
}

fn step(rule: &mut dyn Optimizer, values: &mut [f32], gradient: &[f32], guard: Guard) {
    let pace = Pace { guard, ..Pace::default() };
    rule.step(values, &[black_box(gradient)], pace, Par::Seq).expect("the gradient is finite");
}

/// Milliseconds, and those of the first as a multiple of those of the last.
fn print<const N: usize>(name: &str, rates: [f64; N]) {
    let times = rates.map(|rate| 1e3 / rate);
    print!("{name:<14}");
    times.iter().for_each(|time| print!(" {time:>8.3}"));
    println!(" {:>8.2}", times[0] / times[N - 1]);
}

/// PyTorch's own passes, on one thread, in this run.
fn peer() {
    let Some(python) = std::env::var_os("TORCH_PYTHON") else {
        println!("\nset TORCH_PYTHON to a Python that has torch, to see PyTorch's passes beside these");
        return;
    };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/optim_torch.py");
    let run = Command::new(python).arg(script).stderr(Stdio::inherit()).output();
    match run {
        Ok(output) => println!("\n{}", String::from_utf8_lossy(&output.stdout).trim_end()),
        Err(error) => println!("\nTORCH_PYTHON cannot be run: {error}"),
    }
}

/// Clipping, L2, Adam, decoupled decay and the learning rate: as five transforms, or as one.
#[derive(Clone, Debug, Default)]
struct Five {
    fused: bool,
}

const LIMIT: f64 = 0.4;
const L2: f64 = 1e-4;
const DECAY: f64 = 1e-2;
const LR: f64 = 1e-3;
const ADAM: ScaleByAdam =
    ScaleByAdam { beta1: 0.9, beta2: 0.999, eps: 1e-8, eps_before_correction: false, amsgrad: false };

impl Describe for Five {
    const NAME: &'static str = "five";
    const ABOUT: &'static str = "for this bench alone";
}

impl Rule for Five {
    fn lr(&self) -> f64 {
        LR
    }

    fn transform(self) -> impl Into<Chain> {
        if self.fused {
            return Fused.into();
        }
        let limit = ClipByValue::new(LIMIT);
        chain!(limit, AddL2::new(L2), ADAM, AddL2::new(DECAY), ScaleByLearningRate::new(LR))
    }
}

#[derive(Debug)]
struct Fused;

impl Transform for Fused {
    fn states(&self) -> Vec<StateSpec> {
        ["exp_avg", "exp_avg_sq"].map(StateSpec::per_element).into()
    }

    fn update<T: Real>(&self, step: &Step, chunk: Chunk<'_, T>) {
        let [limit, l2, decay, lr] = [LIMIT, L2, DECAY, LR].map(T::from_f64);
        let [rest1, rest2, eps] = [1.0 - ADAM.beta1, 1.0 - ADAM.beta2, ADAM.eps].map(T::from_f64);
        let first = T::from_f64(1.0 / step.bias_correction(ADAM.beta1));
        let second = T::from_f64(1.0 / step.bias_correction(ADAM.beta2).sqrt());
        chunk.each(|gradient, value, [mean, square]| {
            let gradient = gradient.max(-limit).min(limit) + l2 * value;
            let mean = mean + rest1 * (gradient - mean);
            let square = square + rest2 * (gradient * gradient - square);
            let scaled = mean * first / (square.sqrt() * second + eps);
            (lr * (scaled + decay * value), [mean, square])
        });
    }
}
