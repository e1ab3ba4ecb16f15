//! Warm start: the distribution of the best of given trials (WS-CMA-ES; Nomura et al. 2021, arXiv 2012.06932).

use super::gaussian::Gaussian;
use super::{DEVIATION, Observed};

/// The share of trials that counts as good.
const GOOD: f64 = 0.1;
/// The standard deviation of each good trial's own little distribution.
const BLUR: f64 = 0.1;

/// The good ones of trials that are sorted best first: a tenth of them, at least one.
pub(super) fn good(sorted: &[Observed]) -> &[Observed] {
    &sorted[..((sorted.len() as f64 * GOOD) as usize).max(1).min(sorted.len())]
}

/// The normal distribution that stands for a mixture of one little distribution around each good trial.
///
/// A dimension that did not exist in some of the trials is as wide there as at a cold start, around the mean of the others.
pub(super) fn gaussian(good: &[Observed], dimensions: usize) -> Option<Gaussian> {
    let n = good.len() as f64;
    let known = |j: usize| good.iter().map(move |trial| trial.places[j]).filter(|place| !place.is_nan());
    let mean: Vec<f64> = (0..dimensions)
        .map(|j| {
            let count = known(j).count();
            if count == 0 { 0.5 } else { known(j).sum::<f64>() / count as f64 }
        })
        .collect();
    let offset = |trial: &Observed, j: usize| {
        if trial.places[j].is_nan() { 0.0 } else { trial.places[j] - mean[j] }
    };
    let mut covariance = vec![0.0; dimensions * dimensions];
    for i in 0..dimensions {
        for j in 0..dimensions {
            let products = good.iter().map(|trial| offset(trial, i) * offset(trial, j));
            covariance[i * dimensions + j] = products.sum::<f64>() / n;
        }
        let absent = 1.0 - known(i).count() as f64 / n;
        covariance[i * dimensions + i] += BLUR * BLUR + absent * DEVIATION * DEVIATION;
    }
    let whole = Gaussian::new(mean.clone(), 1.0, covariance.clone())?;
    let log_volume: f64 = whole.lengths.iter().map(|length| length.ln()).sum();
    let sigma = (log_volume / dimensions as f64).exp();
    covariance.iter_mut().for_each(|c| *c /= sigma * sigma);
    Gaussian::new(mean, sigma, covariance)
}
