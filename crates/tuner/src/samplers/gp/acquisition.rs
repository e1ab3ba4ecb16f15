//! Acquisition functions: what trying a point promises.

use super::matrix::{add, dot};
use super::model::{Model, Scratch};
use crate::numeric::log_improvement;

/// What makes a point worth trying.
#[derive(Clone, Debug)]
pub(super) enum Rule {
    /// The logarithm of the expected improvement, averaged over what the running trials may bring: for every fantasy
    /// of their values, K^-1 y and the best value to beat. Without running trials there is one fantasy: nothing.
    Improvement(Vec<(Vec<f64>, f64)>),
    /// The upper confidence bound: mean plus so many standard deviations.
    Bound(f64),
}

/// A model and a rule.
#[derive(Debug)]
pub(super) struct Acquisition<'a> {
    pub(super) model: &'a Model,
    pub(super) rule: Rule,
}

impl Acquisition<'_> {
    /// What the point promises; more is better.
    pub(super) fn value(&self, x: &[f64], scratch: &mut Scratch) -> f64 {
        self.model.covariances(x, scratch);
        let deviation = self.model.variance(scratch).sqrt();
        match &self.rule {
            Rule::Bound(width) => dot(&scratch.covariances, &self.model.alpha) + width * deviation,
            Rule::Improvement(fantasies) => {
                let gain = |(alpha, best): &(Vec<f64>, f64)| {
                    log_improvement((dot(&scratch.covariances, alpha) - best) / deviation).0
                };
                log_mean(fantasies.iter().map(gain)) + deviation.ln()
            }
        }
    }

    /// What the point promises, and the gradient by the features that lie on a line.
    pub(super) fn value_and_gradient(&self, x: &[f64], scratch: &mut Scratch, gradient: &mut [f64]) -> f64 {
        self.model.covariances(x, scratch);
        let deviation = self.model.variance(scratch).sqrt();
        self.model.spread(scratch);
        // The derivative of the standard deviation by k(x, x_i) is -(K^-1 k)_i / deviation.
        let mut factors = vec![0.0; x.len().max(self.model.len())];
        factors.truncate(self.model.len());
        let value = match &self.rule {
            Rule::Bound(width) => {
                add(&mut factors, 1.0, &self.model.alpha);
                add(&mut factors, -width / deviation, &scratch.whole);
                dot(&scratch.covariances, &self.model.alpha) + width * deviation
            }
            Rule::Improvement(fantasies) => {
                let gains: Vec<(f64, f64, f64)> = fantasies
                    .iter()
                    .map(|(alpha, best)| {
                        let z = (dot(&scratch.covariances, alpha) - best) / deviation;
                        let (gain, slope) = log_improvement(z);
                        (gain, slope, z)
                    })
                    .collect();
                let mean = log_mean(gains.iter().map(|gain| gain.0));
                let mut by_deviation = 1.0 / deviation;
                for ((alpha, _), (gain, slope, z)) in fantasies.iter().zip(&gains) {
                    let weight = (gain - mean).exp() / fantasies.len() as f64 * slope / deviation;
                    add(&mut factors, weight, alpha);
                    by_deviation -= weight * z;
                }
                add(&mut factors, -by_deviation / deviation, &scratch.whole);
                mean + deviation.ln()
            }
        };
        gradient.fill(0.0);
        self.model.add_gradient(x, &factors, &scratch.slopes, gradient);
        value
    }
}

/// The logarithm of the mean of exponentials.
fn log_mean(terms: impl Iterator<Item = f64> + Clone) -> f64 {
    let greatest = terms.clone().fold(f64::NEG_INFINITY, f64::max);
    if !greatest.is_finite() {
        return greatest;
    }
    let (n, sum) = terms.fold((0_u32, 0.0), |(n, sum), term| (n + 1, sum + (term - greatest).exp()));
    greatest + (sum / f64::from(n)).ln()
}
