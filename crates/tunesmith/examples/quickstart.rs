//! The first network of many a course, in Rust: `cargo run --release -p tunesmith --example quickstart`.
#![expect(clippy::print_stdout, reason = "an example shows what it found")]

use std::path::Path;

use tunesmith::core::Plug;
use tunesmith::data::{BreastCancer, Prepared, Source, Split};
use tunesmith::nn::{Sequential, layers::Dense};
use tunesmith::training::{Trainer, Training};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // The data: split 80/20, standardised by the training rows.
    let table = BreastCancer.open(Path::new(""))?;
    let parts = Split { test: 0.0, validation: 0.2, ..Split::default() }.divide(&table.target, None)?;
    let data = Prepared::new(&table, &parts, &[Plug::new("standardize")], &[])?;

    // The network.
    let model = Sequential::new(data.train.sample_shape().to_vec())
        .with(Dense::new(10).activation("relu"))
        .with(Dense::new(1).activation("sigmoid"));
    println!("{}\n", model.summary());

    // The training.
    let training = Training::new("binary_cross_entropy").optimizer("adam", 0.01).epochs(100).batch_size(10);
    let fitted = Trainer::new(&model, &training, &data.train, Some(&data.validation))?.fit(&mut ());
    for (epoch, values) in fitted.history.epochs().iter().enumerate() {
        let [accuracy, loss] = ["accuracy", "loss"].map(|name| values[name]);
        let [val_accuracy, val_loss] = ["validation_accuracy", "validation_loss"].map(|name| values[name]);
        println!(
            "Epoch {}/100 - accuracy: {accuracy:.4} - loss: {loss:.4} - val_accuracy: {val_accuracy:.4} - val_loss: {val_loss:.4}",
            epoch + 1
        );
    }
    Ok(())
}
