//! Errors of predicted numbers: MAE, MSE, RMSE, and the share of variance explained.

use super::{Predictions, Truth, metric};

/// The mean over all numbers of something of prediction and truth.
fn mean(predictions: &Predictions<'_>, of: impl Fn(f64, f64) -> f64) -> f64 {
    let Truth::Numbers(truth) = predictions.truth else { return f64::NAN };
    predictions.values.iter().zip(truth).map(|(&a, &b)| of(a, b)).sum::<f64>() / truth.len() as f64
}

fn squared(predictions: &Predictions<'_>) -> f64 {
    mean(predictions, |a, b| (a - b) * (a - b))
}

metric!(
    /// Mean absolute error.
    Mae, "mae", "mean absolute error", larger: false, classes: false, |predictions| mean(predictions, |a, b| (a - b).abs())
);
metric!(
    /// Mean squared error.
    Mse, "mse", "mean squared error", larger: false, classes: false, squared
);
metric!(
    /// Root of the mean squared error.
    Rmse, "rmse", "root of the mean squared error", larger: false, classes: false, |predictions| squared(predictions).sqrt()
);
metric!(
    /// The share of the variance that is explained, averaged over outputs; 0 for the mean as a guess, 1 for no error.
    R2, "r2", "share of the variance that is explained", larger: true, classes: false,
    |predictions| {
        let Truth::Numbers(truth) = predictions.truth else { return f64::NAN };
        let outputs = predictions.outputs.max(1);
        let of = |output: usize| {
            let pick = |values: &[f64]| values.iter().skip(output).step_by(outputs).copied().collect::<Vec<f64>>();
            let (guess, right) = (pick(predictions.values), pick(truth));
            let mean = right.iter().sum::<f64>() / right.len() as f64;
            let rest: f64 = guess.iter().zip(&right).map(|(a, b)| (a - b) * (a - b)).sum();
            let all: f64 = right.iter().map(|b| (b - mean) * (b - mean)).sum();
            match (all > 0.0, rest > 0.0) {
                (true, _) => 1.0 - rest / all,
                (false, false) => 1.0, // scikit-learn's convention for a constant truth
                (false, true) => 0.0,
            }
        };
        (0..outputs).map(of).sum::<f64>() / outputs as f64
    }
);
