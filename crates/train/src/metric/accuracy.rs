//! Accuracy and balanced accuracy.

use super::{Confusion, metric};

metric!(
    /// The share of rows whose most probable class is the right one.
    Accuracy, "accuracy", "share of rows whose most probable class is right", larger: true, classes: true,
    |predictions| {
        let Some((codes, _)) = predictions.codes() else { return f64::NAN };
        let right = predictions.classes().iter().zip(codes).filter(|(a, b)| a == b).count();
        right as f64 / codes.len() as f64
    }
);

metric!(
    /// The mean over the classes that occur of the share of their rows that is recognised.
    BalancedAccuracy, "balanced_accuracy", "mean recall of the classes that occur", larger: true, classes: true,
    |predictions| {
        let Some(confusion) = Confusion::of(predictions) else { return f64::NAN };
        let recalls: Vec<f64> = (0..confusion.classes()).filter(|&c| confusion.support(c) > 0).map(|c| confusion.recall(c)).collect();
        recalls.iter().sum::<f64>() / recalls.len() as f64
    }
);
