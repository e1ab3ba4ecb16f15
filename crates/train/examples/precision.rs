//! What products in bf16 cost in accuracy: `cargo run --release -p tunesmith-train --example precision [FOLDER]`
//!
//! Trains a net on the digits and, when a folder in the form of MNIST is named, one on its images, from several seeds in
//! each precision, and prints the accuracy on the test part: mean, and the half width of its interval of 95 %.

use std::path::Path;

use tunesmith_core::Plug;
use tunesmith_data::{DataSection, Split};
use tunesmith_nn::{Sequential, layers::Dense};
use tunesmith_train::{Trainer, Training};

const SEEDS: usize = 5;
/// Student's t of four degrees of freedom that 97.5 % lie below.
const STUDENT: f64 = 2.776;

#[expect(clippy::print_stdout, reason = "a program's output")]
fn compare(name: &str, source: Plug, test: f64, hidden: usize, epochs: usize) {
    let split = Split { test, validation: 0.0, ..Split::default() };
    let data =
        DataSection { source, split, prepare: vec![Plug::new("standardize")], ..DataSection::default() };
    let data = data.load(Path::new("")).expect("the data can be read");
    let model = Sequential::new([data.train.width()])
        .with(Dense::new(hidden).activation("relu"))
        .with(Dense::new(hidden / 2).activation("relu"))
        .with(Dense::new(10));
    let accuracy = |precision: &str, seed: usize| {
        let training = Training {
            measure_training: false,
            precision: precision.into(),
            ..Training::new("cross_entropy").optimizer("adam", 1e-3).epochs(epochs).batch_size(128).seed(seed)
        };
        let trainer = Trainer::new(&model, &training, &data.train, Some(&data.test)).expect("all fits");
        trainer.fit(&mut ()).history.curve("validation_accuracy")[epochs - 1]
    };
    let pairs: Vec<[f64; 2]> = (0..SEEDS).map(|seed| ["f32", "bf16"].map(|p| accuracy(p, seed))).collect();
    let interval = |values: Vec<f64>| {
        let mean = values.iter().sum::<f64>() / SEEDS as f64;
        let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (SEEDS - 1) as f64;
        format!("{mean:.4} +- {:.4}", STUDENT * (variance / SEEDS as f64).sqrt())
    };
    println!(
        "{name}: {} rows, f32 {}, bf16 {}, difference within a seed {}",
        data.test.rows(),
        interval(pairs.iter().map(|pair| pair[0]).collect()),
        interval(pairs.iter().map(|pair| pair[1]).collect()),
        interval(pairs.iter().map(|pair| pair[1] - pair[0]).collect()),
    );
}

fn main() {
    compare("digits 64-128-64-10", Plug::new("digits"), 0.5, 128, 30);
    if let Some(folder) = std::env::args().nth(1) {
        let images = Plug::new("idx").with("path", folder.as_str()).with("shape", "flat");
        compare("images 784-256-128-10", images, 0.0, 256, 10);
    }
}
