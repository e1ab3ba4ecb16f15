//! Where the time of a recurrent network's training step goes: milliseconds on one thread, whole and in parts.
//!
//! An embedding of 10,000 words, 64 LSTM units along 50 steps, one output from the last step, 32 rows, `f32`; Adam.
//! `cargo bench -p tunesmith-tests --bench recurrent`

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use tunesmith_autodiff::ops::gather::AddRows;
use tunesmith_autodiff::ops::matmul::MatMul;
use tunesmith_autodiff::ops::recurrent::{Cell, Direction, Gru, Lstm, RecurrentGradient, Rnn, RnnActivation};
use tunesmith_autodiff::{Feed, Graph, Plan, Precision, Runner, Var};
use tunesmith_core::Seed;
use tunesmith_optim::{Adam, Layout, Pace, Rule};
use tunesmith_tensor::{DType, Par};

const WORDS: usize = 10_000;
const FEATURES: usize = 64;
const UNITS: usize = 64;
const STEPS: usize = 50;
const ROWS: usize = 32;

/// The shortest of many runs, in milliseconds: what else the machine does only ever adds.
fn least(mut run: impl FnMut()) -> f64 {
    let until = Instant::now();
    let mut least = f64::INFINITY;
    while until.elapsed().as_secs_f64() < 1.0 {
        let start = Instant::now();
        run();
        least = least.min(start.elapsed().as_secs_f64() * 1e3);
    }
    least
}

fn numbers(len: usize) -> Vec<f32> {
    let mut generator = Seed::new(0).generator();
    (0..len).map(|_| generator.uniform_in(-0.1, 0.1) as f32).collect()
}

fn words() -> Vec<f32> {
    let mut generator = Seed::new(1).generator();
    (0..ROWS * STEPS).map(|_| generator.below(WORDS) as f32).collect()
}

/// The time of one part: a value of inputs that are just numbers.
fn part(name: &str, shapes: &[&[usize]], build: impl Fn(&[Var]) -> Var) {
    let graph = Graph::new();
    let operands: Vec<Var> = shapes.iter().map(|&shape| graph.input("x", shape)).collect();
    let output = build(&operands);
    let plan = graph.plan(&[&output]);
    let inputs: Vec<Vec<f32>> = shapes.iter().map(|shape| numbers(shape.iter().product())).collect();
    let inputs: Vec<&[f32]> = inputs.iter().map(Vec::as_slice).collect();
    let mut runner = Runner::<f32>::new(plan.clone());
    let took = least(|| {
        runner.run(Feed { inputs: &inputs, ..Feed::default() });
        black_box(runner.output(0));
    });
    say(name, took, plan.flops());
}

/// A part by words: what an embedding does.
fn by_words(name: &str, shape: &[usize], build: impl Fn(&Var, &Var) -> Var) {
    let graph = Graph::new();
    let (numbers_in, words_in) = (graph.input("x", shape), graph.input("words", [ROWS, STEPS]));
    let output = build(&numbers_in, &words_in);
    let mut runner = Runner::<f32>::new(graph.plan(&[&output]));
    let (x, words) = (numbers(shape.iter().product()), words());
    let took = least(|| {
        runner.run(Feed { inputs: &[&x, &words], ..Feed::default() });
        black_box(runner.output(0));
    });
    say(name, took, 0);
}

#[expect(clippy::print_stdout, reason = "a program's output")]
fn say(name: &str, took: f64, flops: u64) {
    let rate = flops as f64 / took / 1e6;
    println!("{name:44} {took:8.3} ms {rate:8.1} GFLOP/s");
}

/// The walk of a cell, and the walk back, by themselves.
fn walks<C: Cell>(cell: &C) {
    let wide = C::GATES * UNITS;
    let (projected, weight, bias) = ([STEPS, ROWS, wide], [wide, UNITS], [wide]);
    let name = |what: &str| format!("{}: {what}", C::NAME);
    let walk: [&[usize]; 3] = [&projected, &weight, &bias];
    for keep in [true, false] {
        part(&name(if keep { "steps" } else { "steps in prediction" }), &walk, |x| {
            x[0].recurrent(cell.clone(), [&x[1], &x[2], &x[2]], Direction::Forward, keep).last()
        });
    }
    let states = if C::STATE { 2 } else { 1 };
    let all = [states * (STEPS + 1) + C::KEPT * STEPS, ROWS, UNITS];
    part(&name("steps back"), &[&[1, ROWS, UNITS], &all, &weight], |x| {
        let back = RecurrentGradient { cell: cell.clone(), direction: Direction::Forward, first: STEPS };
        x[0].graph().apply(back, &[&x[0], &x[1], &x[2]])
    });
}

/// The whole network's step.
fn whole() {
    let graph = Graph::new();
    let (words_in, target) = (graph.input("words", [ROWS, STEPS]), graph.input("target", [ROWS, 1]));
    let shapes: [(&str, &[usize]); 7] = [
        ("embedding", &[WORDS, FEATURES]),
        ("weight_ih", &[4 * UNITS, FEATURES]),
        ("weight_hh", &[4 * UNITS, UNITS]),
        ("bias_ih", &[4 * UNITS]),
        ("bias_hh", &[4 * UNITS]),
        ("weight", &[1, UNITS]),
        ("bias", &[1]),
    ];
    let [table, weight_ih, weight_hh, bias_ih, bias_hh, weight, bias] =
        shapes.map(|(name, shape)| graph.param(name, shape));
    let steps = table.rows(&words_in).time_major().reshape([STEPS * ROWS, FEATURES]);
    let projected = steps.matmul_t(&weight_ih).reshape([STEPS, ROWS, 4 * UNITS]);
    let outputs =
        projected.recurrent(Lstm, [&weight_hh, &bias_ih, &bias_hh], Direction::Forward, true).last();
    let loss = (outputs.matmul_t(&weight) + bias - target).square().mean();
    let plan: Arc<Plan> = graph.plan_training(&loss, &[]);
    let mut params = numbers(plan.param_len());
    let mut gradient = vec![0.0; params.len()];
    let (words, target) = (words(), vec![1.0; ROWS]);
    let mut runner = Runner::<f32>::new(plan.clone());
    let took = least(|| {
        let feed = Feed { params: &params, inputs: &[&words, &target], ..Feed::default() };
        runner.run_training(feed, &mut gradient);
    });
    say("forward and backward", took, plan.flops());
    let mut optimizer = Adam::default().optimizer();
    optimizer.init(&Layout::packed(shapes.map(|(name, shape)| (name, shape.to_vec()))), DType::F32);
    let took = least(|| {
        optimizer
            .step(&mut params, &[&gradient], Pace::default(), Par::Seq)
            .expect("the gradients are finite");
    });
    say("Adam, dense", took, 0);
    if std::env::args().any(|argument| argument == "explain") {
        explain(&plan);
    }
}

#[expect(clippy::print_stdout, reason = "a program's output")]
fn explain(plan: &Plan) {
    println!("{}", plan.explain());
}

fn main() {
    whole();
    let (table, rows) = ([WORDS, FEATURES], [STEPS, ROWS, FEATURES]);
    by_words("embedding", &table, |table, words| table.rows(words).time_major());
    by_words("embedding, gradient", &rows, |rows, words| {
        let back = AddRows { rows: WORDS, padding: None };
        rows.graph().apply(back, &[rows, &words.time_major()])
    });
    let (x, by_gates, weight) = ([STEPS * ROWS, FEATURES], [STEPS * ROWS, 4 * UNITS], [4 * UNITS, FEATURES]);
    part("input product", &[&x, &weight], |x| x[0].matmul_t(&x[1]));
    part("by the inputs", &[&by_gates, &weight], |x| x[0].matmul(&x[1]));
    part("by weights (of two products one)", &[&by_gates, &x], |x| {
        x[0].graph().apply(
            MatMul { transpose_a: true, transpose_b: false, precision: Precision::F32 },
            &[&x[0], &x[1]],
        )
    });
    part("by biases", &[&by_gates], |x| x[0].sum_axis(0));
    walks(&Lstm);
    walks(&Gru);
    walks(&Rnn { activation: RnnActivation::Tanh });
}
