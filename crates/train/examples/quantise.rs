//! What eight bits cost in accuracy and save in time: `cargo run -p tunesmith-train --example quantise [FOLDER]`
//!
//! Trains a small net on the digits and, when a folder in the form of MNIST is named, one on its images; then predicts
//! the test part in 32 and in eight bits, in turns, and takes the best time of each.

use std::path::Path;
use std::time::Instant;

use tunesmith_autodiff::{Feed, Runner};
use tunesmith_core::Plug;
use tunesmith_data::{DataSection, Dataset, Split, Targets};
use tunesmith_nn::{Mode, Sequential, Traced, layers::Dense};
use tunesmith_train::{Trainer, Training};

const ROWS: usize = 128;
const ROUNDS: usize = 20;

/// The classes predicted for the rows of a data set, and the shortest time it took.
struct Predicting<'a> {
    runner: Runner<f32>,
    params: &'a [f32],
    classes: Vec<usize>,
    seconds: f64,
}

impl<'a> Predicting<'a> {
    fn new(traced: &Traced, params: &'a [f32]) -> Self {
        let runner = Runner::new(traced.graph.plan(&[&traced.output]));
        Self { runner, params, classes: Vec::new(), seconds: f64::INFINITY }
    }

    /// Predicts all whole batches.
    fn run(&mut self, data: &Dataset) {
        self.classes.clear();
        let start = Instant::now();
        for x in data.x().chunks_exact(ROWS * data.width()) {
            self.runner.run(Feed { params: self.params, inputs: &[x], ..Feed::default() });
            let largest = |row: &[f32]| (0..row.len()).max_by(|&a, &b| row[a].total_cmp(&row[b]));
            self.classes.extend(self.runner.output(0).chunks(10).filter_map(largest));
        }
        self.seconds = self.seconds.min(start.elapsed().as_secs_f64());
    }

    fn accuracy(&self, data: &Dataset) -> f64 {
        let Targets::Classes { codes, .. } = data.targets() else { panic!("digits and images have classes") };
        let right = self.classes.iter().zip(codes).filter(|&(&class, &code)| class as i64 == code).count();
        right as f64 / self.classes.len() as f64
    }
}

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
    let training = Training {
        measure_training: false,
        ..Training::new("cross_entropy").optimizer("adam", 1e-3).epochs(epochs).batch_size(128)
    };
    let fitted = Trainer::new(&model, &training, &data.train, None).expect("all fits").fit(&mut ());
    let quantized = model.quantized(&fitted.params);

    let mut plain = Predicting::new(&model.trace(ROWS, Mode::Prediction), &fitted.params);
    let mut int8 = Predicting::new(&quantized.trace(ROWS), quantized.params());
    for _ in 0..ROUNDS {
        plain.run(&data.test);
        int8.run(&data.test);
    }
    let other = plain.classes.iter().zip(&int8.classes).filter(|(a, b)| a != b).count();
    println!(
        "{name}: accuracy on {} rows {:.4} in 32 bits, {:.4} in eight, {other} predictions differ; {:.2} times as fast, \
         weights {} -> {} bytes",
        plain.classes.len(),
        plain.accuracy(&data.test),
        int8.accuracy(&data.test),
        plain.seconds / int8.seconds,
        4 * fitted.params.len(),
        quantized.bytes()
    );
}

fn main() {
    compare("digits 64-128-64-10", Plug::new("digits"), 0.5, 128, 30);
    if let Some(folder) = std::env::args().nth(1) {
        let images = Plug::new("idx").with("path", folder.as_str()).with("shape", "flat");
        compare("images 784-256-128-10", images, 0.0, 256, 3);
    }
}
