//! The posterior: what a Gaussian process with known parameters says about a point.

use super::encoding::Kind;
use super::kernel::{Theta, add_distances, covariances};
use super::likelihood::Data;
use super::matrix::{dot, extend_cholesky, extend_inverse, lower_times, transposed_times};

/// Data, parameters, and the inverse of the Cholesky factor of their covariance.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    pub(super) theta: Theta,
    pub(super) data: Data,
    weights: Vec<f64>,
    signal: f64,
    inverse: Vec<f64>,
    /// K^-1 times the scores.
    pub(super) alpha: Vec<f64>,
}

/// What is known of one point, and where the way there was left.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    pub(super) covariances: Vec<f64>,
    pub(super) slopes: Vec<f64>,
    half: Vec<f64>,
    pub(super) whole: Vec<f64>,
}

impl Model {
    /// The posterior of the data; `None` when the covariance is not positive definite whatever is added to its
    /// diagonal (1e-9 to 1e-4 of the signal's variance).
    pub(crate) fn new(data: Data, theta: &Theta) -> Option<Self> {
        for jitter in [0.0, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4] {
            if let Some(model) = Self::with_jitter(&data, theta, jitter) {
                return Some(model);
            }
        }
        None
    }

    fn with_jitter(data: &Data, theta: &Theta, jitter: f64) -> Option<Self> {
        let n = data.len();
        let (weights, signal) = (theta.weights(), theta.signal());
        let mut factor = vec![0.0; n * n];
        let mut slopes = vec![0.0; n];
        for i in 0..n {
            let row = &mut factor[i * n..=i * n + i];
            data.covariance_row(&weights, signal, i, &mut row[..i], &mut slopes[..i]);
            row[i] = signal * (1.0 + jitter) + theta.noise();
        }
        if !extend_cholesky(&mut factor, n, 0) {
            return None;
        }
        let mut inverse = vec![0.0; n * n];
        extend_inverse(&factor, n, 0, &mut inverse);
        let mut model =
            Self { theta: theta.clone(), data: data.clone(), weights, signal, inverse, alpha: Vec::new() };
        model.alpha = model.solve(&model.data.scores);
        Some(model)
    }

    /// How many rows the model was given.
    pub(super) fn len(&self) -> usize {
        self.data.len()
    }

    /// K^-1 y.
    pub(super) fn solve(&self, y: &[f64]) -> Vec<f64> {
        let n = self.len();
        let (mut half, mut whole) = (vec![0.0; n], vec![0.0; n]);
        lower_times(&self.inverse, n, y, &mut half);
        transposed_times(&self.inverse, n, &half, &mut whole);
        whole
    }

    /// The covariances of a point with the data, to `scratch`.
    pub(super) fn covariances(&self, x: &[f64], scratch: &mut Scratch) {
        let n = self.len();
        scratch.covariances.clear();
        scratch.covariances.resize(n, 0.0);
        scratch.slopes.resize(n, 0.0);
        for (((kind, column), weight), x) in
            self.data.kinds.iter().zip(&self.data.columns).zip(&self.weights).zip(x)
        {
            add_distances(*kind, *weight, *x, column, &mut scratch.covariances);
        }
        covariances(self.signal, &mut scratch.covariances, &mut scratch.slopes);
    }

    /// The variance of the function at the point whose covariances stand in `scratch`.
    pub(super) fn variance(&self, scratch: &mut Scratch) -> f64 {
        let n = self.len();
        scratch.half.resize(n, 0.0);
        lower_times(&self.inverse, n, &scratch.covariances, &mut scratch.half);
        (self.signal - dot(&scratch.half, &scratch.half)).max(1e-12 * self.signal)
    }

    /// K^-1 k to `scratch.whole`, after [`Model::variance`]: what the gradient of the variance is made of.
    pub(super) fn spread(&self, scratch: &mut Scratch) {
        let n = self.len();
        scratch.whole.resize(n, 0.0);
        transposed_times(&self.inverse, n, &scratch.half, &mut scratch.whole);
    }

    /// The gradient by x of the sum of factors[i] k(x, x_i), added to `gradient`, for features on a line.
    pub(super) fn add_gradient(&self, x: &[f64], factors: &[f64], slopes: &[f64], gradient: &mut [f64]) {
        let products: Vec<f64> = factors.iter().zip(slopes).map(|(f, s)| f * s).collect();
        let total: f64 = products.iter().sum();
        for (j, column) in self.data.columns.iter().enumerate() {
            if self.data.kinds[j] == Kind::Line {
                gradient[j] -= self.weights[j] * (x[j] * total - dot(&products, column));
            }
        }
    }

    /// Mean and standard deviation of the function at a point.
    pub(crate) fn predict(&self, x: &[f64]) -> (f64, f64) {
        let mut scratch = Scratch::default();
        self.covariances(x, &mut scratch);
        let mean = dot(&scratch.covariances, &self.alpha);
        (mean, self.variance(&mut scratch).sqrt())
    }

    /// The means at all points of the data.
    pub(crate) fn means(&self) -> Vec<f64> {
        // The posterior mean at the data is y - noise K^-1 y.
        let noise = self.theta.noise();
        self.data.scores.iter().zip(&self.alpha).map(|(y, alpha)| y - noise * alpha).collect()
    }

    /// The model with more rows, as if their scores were known to be the means.
    pub(crate) fn with_believed(&self, rows: &[Vec<f64>]) -> Option<Self> {
        let mut data = self.data.clone();
        for row in rows {
            let (mean, _) = self.predict(row);
            data.scores.push(mean);
            for (column, x) in data.columns.iter_mut().zip(row) {
                column.push(*x);
            }
        }
        Self::new(data, &self.theta)
    }
}
