//! Whole training steps with large vocabularies, one thread: microseconds of the shortest, by rule and by vocabulary.
//!
//! 32 rows of 50 identifiers, vectors of 64, flattened into one output. `cargo bench -p tunesmith-train --bench embedding`

use std::time::Instant;

use tunesmith_core::{Plug, Seed};
use tunesmith_data::{Dataset, Targets};
use tunesmith_nn::Sequential;
use tunesmith_nn::layers::{Dense, Embedding, Flatten};
use tunesmith_optim::{Layout, OptimizerEntry, Pace};
use tunesmith_tensor::{DType, Par};
use tunesmith_train::Stepper;

const ROWS: usize = 32;
const WORDS: usize = 50;
const UNITS: usize = 64;
const VOCABULARIES: [usize; 4] = [10_000, 50_000, 200_000, 1_000_000];
/// Batches that are gone through.
const BATCHES: usize = 16;

/// The shortest step in microseconds.
fn step(vocabulary: usize, sparse: bool, rule: &str) -> f64 {
    let table = Embedding::new(vocabulary, UNITS);
    let table = if sparse { table.sparse() } else { table };
    let model = Sequential::new([WORDS]).with(table).with(Flatten).with(Dense::new(1));
    let mut generator = Seed::new(0).generator();
    let x = (0..BATCHES * ROWS * WORDS).map(|_| generator.below(vocabulary) as f32).collect();
    let values = vec![0.5; BATCHES * ROWS];
    let data = Dataset::new(x, &["word"; WORDS], Targets::Numbers { values, outputs: 1 });
    let learnt = model.params().into_iter().map(|param| (param.name, param.shape.dims().to_vec()));
    let layout = Layout::packed(learnt).sparse(|segment| sparse && segment.name == "0.weight");
    let mut optimizer = OptimizerEntry::make(&Plug::new(rule), "rule").expect("it is built in");
    optimizer.init(&layout, DType::F32);
    let mut params = vec![0.01; layout.len()];
    let mut stepper = Stepper::new(&model, &Plug::new("mse"), Par::Seq).expect("the loss is built in");
    let mut shortest = f64::INFINITY;
    for i in 0..6 * BATCHES {
        let rows: Vec<usize> = (0..ROWS).map(|row| i % BATCHES * ROWS + row).collect();
        let (pace, noise) = (Pace::default(), Seed::new(i as u64));
        let start = Instant::now();
        let done = stepper.step(&data, &rows, &mut params, &mut *optimizer, pace, noise);
        assert!(done.is_ok(), "gradients are finite");
        shortest = shortest.min(start.elapsed().as_secs_f64() * 1e6);
    }
    shortest
}

#[expect(clippy::print_stdout, reason = "a bench prints")]
fn main() {
    println!("microseconds a step, by vocabulary: {VOCABULARIES:?}");
    for (name, rule, sparse) in [
        ("sgd", "sgd", false),
        ("adagrad", "adagrad", false),
        ("adam", "adam", false),
        ("adam, sparse = true", "adam", true),
    ] {
        let took = VOCABULARIES.map(|vocabulary| format!("{:9.0}", step(vocabulary, sparse, rule)));
        println!("{name:20} {}", took.join(" "));
    }
}
