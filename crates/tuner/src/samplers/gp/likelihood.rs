//! How likely the data are under a kernel's parameters, with the gradient, and the search for the best parameters.

use super::encoding::Kind;
use super::kernel::{Theta, add_distances, covariances};
use super::matrix::{cholesky, dot, gram, invert_lower, lower_times, transposed_times};
use crate::numeric::{Bounds, Lbfgs};

/// What a model learns from: features by column, one score per row.
#[derive(Clone, Debug)]
pub(crate) struct Data {
    /// How distance is measured in each column.
    pub(crate) kinds: Vec<Kind>,
    /// The features, column by column.
    pub(crate) columns: Vec<Vec<f64>>,
    /// The scores (more is better), standardised.
    pub(crate) scores: Vec<f64>,
}

impl Data {
    /// From rows of features.
    pub(crate) fn new(kinds: Vec<Kind>, rows: &[impl AsRef<[f64]>], scores: Vec<f64>) -> Self {
        let columns = (0..kinds.len()).map(|j| rows.iter().map(|row| row.as_ref()[j]).collect()).collect();
        Self { kinds, columns, scores }
    }

    /// How many rows there are.
    pub(crate) fn len(&self) -> usize {
        self.scores.len()
    }

    /// The covariances of row i with the rows before it, in place of `row`, and the slopes.
    pub(super) fn covariance_row(
        &self,
        weights: &[f64],
        signal: f64,
        i: usize,
        row: &mut [f64],
        slopes: &mut [f64],
    ) {
        row.fill(0.0);
        for ((kind, column), weight) in self.kinds.iter().zip(&self.columns).zip(weights) {
            add_distances(*kind, *weight, column[i], &column[..i], row);
        }
        covariances(signal, row, slopes);
    }
}

/// Room for the matrices of one evaluation.
#[derive(Debug)]
pub(super) struct Likelihood<'a> {
    data: &'a Data,
    factor: Vec<f64>,
    covariance: Vec<f64>,
    slopes: Vec<f64>,
    inverse: Vec<f64>,
    precision: Vec<f64>,
    half: Vec<f64>,
    alpha: Vec<f64>,
}

impl<'a> Likelihood<'a> {
    pub(super) fn new(data: &'a Data) -> Self {
        let n = data.len();
        let square = || vec![0.0; n * n];
        Self {
            data,
            factor: square(),
            covariance: square(),
            slopes: square(),
            inverse: square(),
            precision: square(),
            half: vec![0.0; n],
            alpha: vec![0.0; n],
        }
    }

    /// Minus the logarithm of likelihood times prior, up to a constant, and its gradient; infinite where the matrix
    /// is not positive definite.
    ///
    /// -L = y' K^-1 y / 2 + sum of ln L_ii; dL/dtheta = sum of (K^-1 - a a')_ij dK_ij/dtheta / 2 (Rasmussen & Williams
    /// 2006, equation 5.9).
    pub(super) fn evaluate(&mut self, theta: &Theta, gradient: &mut [f64]) -> f64 {
        let (data, n, d) = (self.data, self.data.len(), theta.features());
        let (weights, signal, noise) = (theta.weights(), theta.signal(), theta.noise());
        for i in 0..n {
            let (row, slopes) = (&mut self.covariance[i * n..i * n + i], &mut self.slopes[i * n..i * n + i]);
            data.covariance_row(&weights, signal, i, row, slopes);
            self.factor[i * n..i * n + i].copy_from_slice(row);
            self.factor[i * n + i] = signal + noise;
        }
        if !cholesky(&mut self.factor, n) {
            return f64::INFINITY;
        }
        invert_lower(&self.factor, n, &mut self.inverse);
        gram(&self.inverse, n, &mut self.precision);
        lower_times(&self.inverse, n, &data.scores, &mut self.half);
        transposed_times(&self.inverse, n, &self.half, &mut self.alpha);
        let log_determinant: f64 = (0..n).map(|i| self.factor[i * n + i].ln()).sum();
        let mut value = 0.5 * dot(&self.half, &self.half) + log_determinant;

        gradient.fill(0.0);
        let (mut by_signal, mut by_noise) = (0.0, 0.0);
        for i in 0..n {
            let precision = &mut self.precision[i * n..=i * n + i];
            for (g, alpha) in precision.iter_mut().zip(&self.alpha) {
                *g -= self.alpha[i] * alpha;
            }
            by_noise += 0.5 * precision[i];
            by_signal +=
                dot(&precision[..i], &self.covariance[i * n..i * n + i]) + 0.5 * signal * precision[i];
            for (g, slope) in precision.iter_mut().zip(&self.slopes[i * n..i * n + i]) {
                *g *= slope;
            }
            let products = &precision[..i];
            for (j, column) in data.columns.iter().enumerate() {
                gradient[j] +=
                    weights[j] * weighted_squares(data.kinds[j], products, column[i], &column[..i]);
            }
        }
        gradient[d] = by_signal;
        gradient[d + 1] = noise * by_noise;
        value += prior(theta, gradient);
        value
    }
}

/// The sum of products with squared differences from x.
fn weighted_squares(kind: Kind, products: &[f64], x: f64, others: &[f64]) -> f64 {
    let mut sums = [0.0; 4];
    let mut add = |q: usize, product: f64, other: f64| {
        sums[q] += match kind {
            Kind::Line => product * (x - other) * (x - other),
            Kind::Choice if x == other => 0.0,
            Kind::Choice => product,
        };
    };
    let (products, others) = (products.chunks_exact(4), others.chunks_exact(4));
    for (product, other) in products.remainder().iter().zip(others.remainder()) {
        add(0, *product, *other);
    }
    for (products, others) in products.zip(others) {
        for q in 0..4 {
            add(q, products[q], others[q]);
        }
    }
    (sums[0] + sums[1]) + (sums[2] + sums[3])
}

/// Minus the logarithm of the prior, and its gradient added: the length scales' by weight λ = 1/l², ln p = -(0.1/λ +
/// 0.1 λ); a Gamma(2, 1) for the signal; a Gamma(1.1, 30) for the noise (Optuna 5.0).
fn prior(theta: &Theta, gradient: &mut [f64]) -> f64 {
    let d = theta.features();
    let mut value = 0.0;
    for (length, gradient) in theta.0[..d].iter().zip(&mut *gradient) {
        let weight = (-2.0 * length).exp();
        value += 0.1 / weight + 0.1 * weight;
        *gradient += 0.2 / weight - 0.2 * weight;
    }
    let (signal, noise) = (theta.signal(), theta.noise());
    value += signal - theta.0[d];
    gradient[d] += signal - 1.0;
    value += 30.0 * noise - 0.1 * theta.0[d + 1];
    gradient[d + 1] += 30.0 * noise - 0.1;
    value
}

/// The parameters' ranges.
fn bounds(features: usize) -> Bounds {
    let mut low = vec![0.02_f64.ln(); features];
    let mut high = vec![30.0_f64.ln(); features];
    low.extend([1e-3_f64.ln(), 1e-6_f64.ln()]);
    high.extend([100.0_f64.ln(), 1.0_f64.ln()]);
    Bounds { low, high }
}

/// The likeliest parameters that a search finds from each of the starts, which spends at most so many evaluations
/// each; `None` when no start has a finite likelihood.
pub(super) fn fit(data: &Data, starts: &[Theta], evaluations: usize) -> Option<Theta> {
    let mut likelihood = Likelihood::new(data);
    let search = Lbfgs { evaluations, slope: 1e-2, gain: 1e-3 };
    let bounds = bounds(data.kinds.len());
    let mut best: Option<(f64, Theta)> = None;
    for start in starts {
        let mut theta = Theta(start.0.clone());
        let mut x = theta.0.clone();
        let value = search.minimize(&mut x, &bounds, |x, gradient| {
            theta.0.copy_from_slice(x);
            likelihood.evaluate(&theta, gradient)
        });
        if value.is_finite() && best.as_ref().is_none_or(|(least, _)| value < *least) {
            best = Some((value, Theta(x)));
        }
    }
    best.map(|(_, theta)| theta)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tunesmith_core::Seed;

    #[test]
    fn the_gradient_is_the_slope() {
        let mut generator = Seed::new(3).generator();
        let kinds = vec![Kind::Line, Kind::Choice, Kind::Line];
        let mut rows: Vec<Vec<f64>> = (0..23)
            .map(|_| vec![generator.uniform(), generator.below(3) as f64, generator.uniform()])
            .collect();
        rows.push(rows[0].clone()); // no singularity where points coincide
        let scores =
            rows.iter().map(|row| (5.0 * row[0]).sin() + row[1] + 0.1 * generator.normal()).collect();
        let data = Data::new(kinds, &rows, scores);
        let mut likelihood = Likelihood::new(&data);
        let theta = vec![-0.7, 0.3, 0.4, 0.2, -3.0];
        let mut gradient = vec![0.0; 5];
        likelihood.evaluate(&Theta(theta.clone()), &mut gradient);
        for j in 0..5 {
            let mut at = |step: f64| {
                let mut moved = theta.clone();
                moved[j] += step;
                likelihood.evaluate(&Theta(moved), &mut [0.0; 5])
            };
            let slope = (at(1e-5) - at(-1e-5)) / 2e-5;
            assert!(
                (slope - gradient[j]).abs() < 1e-6 * slope.abs().max(1.0),
                "{j}: {slope} {}",
                gradient[j]
            );
        }
    }

    #[test]
    fn a_fit_finds_which_features_matter_and_how_noisy_the_scores_are() {
        let mut generator = Seed::new(4).generator();
        let rows: Vec<Vec<f64>> = (0..60).map(|_| vec![generator.uniform(), generator.uniform()]).collect();
        let scores = rows.iter().map(|row| (9.0 * row[0]).sin() + 0.2 * generator.normal()).collect();
        let data = Data::new(vec![Kind::Line; 2], &rows, scores);
        let theta = fit(&data, &[Theta::start(2)], 100).unwrap();
        assert!(theta.length(1) > 4.0 * theta.length(0), "{theta:?}");
        assert!((0.01..0.1).contains(&theta.noise()), "{theta:?}");
    }
}
