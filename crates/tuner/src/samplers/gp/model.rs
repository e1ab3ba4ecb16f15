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
    diagonal: f64,
    factor: Vec<f64>,
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
    pub(crate) fn new(data: &Data, theta: &Theta) -> Option<Self> {
        for jitter in [0.0, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4] {
            if let Some(model) = Self::with_jitter(data, theta, jitter) {
                return Some(model);
            }
        }
        None
    }

    fn with_jitter(data: &Data, theta: &Theta, jitter: f64) -> Option<Self> {
        let mut model = Self {
            theta: theta.clone(),
            data: Data { scores: Vec::new(), ..data.clone() },
            weights: theta.weights(),
            signal: theta.signal(),
            diagonal: theta.signal() * (1.0 + jitter) + theta.noise(),
            factor: Vec::new(),
            inverse: Vec::new(),
            alpha: Vec::new(),
        };
        model.grow(data.scores.clone())?;
        Some(model)
    }

    /// Takes in the rows of the data that have no score yet.
    fn grow(&mut self, scores: Vec<f64>) -> Option<()> {
        let (known, n) = (self.data.len(), scores.len());
        self.factor = restrided(&self.factor, known, n);
        self.inverse = restrided(&self.inverse, known, n);
        let mut slopes = vec![0.0; n];
        for i in known..n {
            let row = &mut self.factor[i * n..=i * n + i];
            self.data.covariance_row(&self.weights, self.signal, i, &mut row[..i], &mut slopes[..i]);
            row[i] = self.diagonal;
        }
        if !extend_cholesky(&mut self.factor, n, known) {
            return None;
        }
        extend_inverse(&self.factor, n, known, &mut self.inverse);
        self.data.scores = scores;
        self.alpha = self.solve(&self.data.scores);
        Some(())
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

    /// The model with more rows, as if their scores were known to be the means (the "Kriging believer" of Ginsbourger
    /// et al. 2010): what is known there narrows the variance, whatever the scores will be.
    pub(super) fn with_believed(&self, rows: &[Vec<f64>]) -> Option<Self> {
        let mut model = self.clone();
        let mut scores = self.data.scores.clone();
        for row in rows {
            scores.push(self.predict(row).0);
            for (column, x) in model.data.columns.iter_mut().zip(row) {
                column.push(*x);
            }
        }
        model.grow(scores)?;
        Some(model)
    }

    /// The joint covariance of the function at rows: the lower triangle, row by row; `more` is added to each variance.
    pub(super) fn joint(&self, rows: &[Vec<f64>], more: f64) -> Vec<f64> {
        let n = rows.len();
        let mut halves: Vec<Vec<f64>> = Vec::with_capacity(n);
        let mut scratch = Scratch::default();
        let joint = Data::new(self.data.kinds.clone(), rows, vec![0.0; n]);
        let mut covariance = vec![0.0; n * n];
        let mut slopes = vec![0.0; n];
        for (i, row) in rows.iter().enumerate() {
            self.covariances(row, &mut scratch);
            let variance = self.variance(&mut scratch);
            let line = &mut covariance[i * n..=i * n + i];
            joint.covariance_row(&self.weights, self.signal, i, &mut line[..i], &mut slopes[..i]);
            for (c, half) in line.iter_mut().zip(&halves) {
                *c -= dot(half, &scratch.half);
            }
            line[i] = variance + more;
            halves.push(scratch.half.clone());
        }
        covariance
    }
}

/// The first `known` rows of a lower triangle in rows of `n`.
fn restrided(matrix: &[f64], known: usize, n: usize) -> Vec<f64> {
    let mut wide = vec![0.0; n * n];
    for i in 0..known {
        wide[i * n..=i * n + i].copy_from_slice(&matrix[i * known..=i * known + i]);
    }
    wide
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::{DMatrix, DVector};
    use proptest::prelude::*;
    use tunesmith_core::Seed;

    use crate::conform::random_space;
    use crate::samplers::gp::encoding::Encoding;

    fn matern(square: f64) -> f64 {
        let a = (5.0 * square).sqrt();
        (1.0 + a + a * a / 3.0) * (-a).exp()
    }

    fn example(n: usize) -> (Data, Theta) {
        let mut generator = Seed::new(7).generator();
        let rows: Vec<Vec<f64>> =
            (0..n).map(|_| vec![generator.uniform(), generator.below(2) as f64]).collect();
        let scores = rows.iter().map(|row| row[0] * row[1] + 0.1 * generator.normal()).collect();
        (Data::new(vec![Kind::Line, Kind::Choice], &rows, scores), Theta(vec![-1.0, 0.2, 0.5, -4.0]))
    }

    #[test]
    fn mean_and_deviation_are_those_of_the_formula() {
        let (data, theta) = example(40);
        let model = Model::new(&data, &theta).unwrap();
        let weights = theta.weights();
        let covariance = |a: (f64, f64), b: (f64, f64)| {
            let square = weights[0] * (a.0 - b.0).powi(2) + weights[1] * f64::from(u8::from(a.1 != b.1));
            theta.signal() * matern(square)
        };
        let row = |i: usize| (data.columns[0][i], data.columns[1][i]);
        let whole = DMatrix::from_fn(40, 40, |i, j| {
            covariance(row(i), row(j)) + if i == j { theta.noise() } else { 0.0 }
        });
        let factor = whole.cholesky().unwrap();
        for x in [(0.3, 0.0), (0.9, 1.0), row(5)] {
            let k = DVector::from_fn(40, |i, _| covariance(x, row(i)));
            let mean = k.dot(&factor.solve(&DVector::from_vec(data.scores.clone())));
            let variance = theta.signal() - k.dot(&factor.solve(&k));
            let (ours, deviation) = model.predict(&[x.0, x.1]);
            assert!((ours - mean).abs() < 1e-9 && (deviation - variance.sqrt()).abs() < 1e-9);
        }
        let means = model.means();
        assert!((means[5] - model.predict(&[row(5).0, row(5).1]).0).abs() < 1e-9);
    }

    #[test]
    fn believed_rows_leave_means_and_give_the_variance_of_a_fresh_model() {
        let (data, theta) = example(30);
        let model = Model::new(&data, &theta).unwrap();
        let rows = [vec![0.2, 1.0], vec![0.85, 0.0], vec![0.86, 0.0]];
        let believed = model.with_believed(&rows).unwrap();
        let fresh = Model::new(&believed.data, &theta).unwrap();
        for x in [[0.1, 1.0], [0.8, 0.0]] {
            assert!((believed.predict(&x).0 - model.predict(&x).0).abs() < 1e-9);
            assert!((believed.predict(&x).1 - fresh.predict(&x).1).abs() < 1e-9);
            assert!(believed.predict(&x).1 < model.predict(&x).1);
        }
        let joint = model.joint(&rows, theta.noise());
        for (i, row) in rows.iter().enumerate() {
            let variance = model.predict(row).1.powi(2) + theta.noise();
            assert!((joint[i * 3 + i] - variance).abs() < 1e-8);
        }
        assert!(joint[2 * 3 + 1] > joint[3], "neighbours go together");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn covariances_of_conditional_spaces_are_positive(seed in 0_u64..100_000) {
            let mut generator = Seed::new(seed).generator();
            let space = random_space(&mut generator);
            let encoding = Encoding::new(&space);
            let rows: Vec<Vec<f64>> = (0..25)
                .map(|_| encoding.row(&space.complete(|d| d.domain.place(generator.uniform()))))
                .collect();
            let weights: Vec<f64> = encoding.columns.iter().map(|_| generator.normal().exp()).collect();
            let data = Data::new(encoding.kinds(), &rows, vec![0.0; 25]);
            let mut whole = DMatrix::identity(25, 25);
            for i in 0..25 {
                let (mut row, mut slopes) = (vec![0.0; i], vec![0.0; i]);
                data.covariance_row(&weights, 1.0, i, &mut row, &mut slopes);
                for (j, k) in row.into_iter().enumerate() {
                    whole[(i, j)] = k;
                    whole[(j, i)] = k;
                }
            }
            let least = whole.symmetric_eigenvalues().min();
            prop_assert!(least > -1e-12, "least eigenvalue {least}");
        }
    }
}
