//! Log-loss: the cross-entropy of predicted probabilities.

use super::metric;

metric!(
    /// The mean of `-ln p(right class)`; rows are scaled to sum to one, probabilities held above the smallest step from 0.
    LogLoss, "log_loss", "mean of -ln of the probability of the right class", larger: false, classes: true,
    |predictions| {
        let Some((codes, count)) = predictions.codes() else { return f64::NAN };
        let two = predictions.outputs == 1;
        let mut sum = 0.0;
        for (row, &code) in predictions.values.chunks_exact(predictions.outputs.max(1)).zip(codes) {
            let p = match (two, code) {
                (true, 0) => 1.0 - row[0],
                (true, _) => row[0],
                (false, code) => row[code as usize] / row.iter().sum::<f64>(),
            };
            sum -= p.clamp(f64::EPSILON, 1.0 - f64::EPSILON).ln();
        }
        if count == 0 { f64::NAN } else { sum / codes.len() as f64 }
    }
);
