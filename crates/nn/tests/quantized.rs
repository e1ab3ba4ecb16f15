//! What a model in eight bits promises: nearly the same predictions from a quarter of the memory.

use tunesmith_nn::layers::{Conv2d, Dense, Flatten};
use tunesmith_nn::{Quantized, Sequential};

fn params(model: &Sequential) -> Vec<f32> {
    model.initial_params(3).into_iter().map(|p| p as f32).collect()
}

fn wave(count: usize) -> Vec<f32> {
    (0..count).map(|i| (0.7 * i as f32).sin()).collect()
}

/// Predictions in 32 and in eight bits.
fn both(model: &Sequential, rows: usize) -> (Vec<f32>, Vec<f32>, Quantized) {
    let (params, x) = (params(model), wave(rows * model.input_shape().numel()));
    let quantized = model.quantized(&params);
    (model.predict(&params, &x), quantized.predict(&x), quantized)
}

#[track_caller]
fn near(exact: &[f32], rounded: &[f32]) {
    let largest = exact.iter().fold(0.0_f32, |largest, x| largest.max(x.abs()));
    assert!(exact.len() == rounded.len() && largest > 0.0);
    for (exact, rounded) in exact.iter().zip(rounded) {
        assert!((exact - rounded).abs() < 0.03 * largest, "{rounded}, expected {exact}");
    }
    assert_ne!(exact, rounded);
}

#[test]
fn dense_nets_predict_nearly_the_same_from_a_quarter_of_the_memory() {
    let model = Sequential::new([200]).with(Dense::new(256).activation("relu")).with(Dense::new(128));
    for rows in [1, 3, 16, 37] {
        let (exact, rounded, quantized) = both(&model, rows);
        near(&exact, &rounded);
        assert_eq!(quantized.rounded(), 2);
        assert_eq!(quantized.params().len(), 256 + 128); // the biases
        assert!(quantized.bytes() * 10 < params(&model).len() * 4 * 3);
    }
}

#[test]
fn other_layers_stay_as_they_are() {
    let model = Sequential::new([1, 12, 12])
        .with(Conv2d::new(8, 3).activation("relu"))
        .with(Flatten)
        .with(Dense::new(20));
    let (exact, rounded, quantized) = both(&model, 5);
    near(&exact, &rounded);
    assert_eq!((quantized.rounded(), quantized.params().len()), (1, 8 * 9 + 8 + 20));

    let convolutions = Sequential::new([1, 12, 12]).with(Conv2d::new(8, 3));
    let (exact, same, quantized) = both(&convolutions, 2);
    assert_eq!((exact, 0), (same, quantized.rounded()));
}

#[test]
fn rows_of_positions_and_layers_without_bias_are_rounded_too() {
    let model =
        Sequential::new([6, 40]).with(Dense::new(64).without_bias()).with(Dense::new(8).activation("tanh"));
    let (exact, rounded, quantized) = both(&model, 4);
    near(&exact, &rounded);
    assert_eq!(quantized.rounded(), 2);
}
