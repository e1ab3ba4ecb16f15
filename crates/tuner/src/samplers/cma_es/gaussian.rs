//! The numeric part of the search distribution: a normal distribution and the paths along which it moved.

use nalgebra::{DMatrix, SymmetricEigen};
use tunesmith_core::Generator;

use super::weights::Weights;

/// Keeps quotients by a length finite, as in the reference implementation.
const TINY: f64 = 1e-8;
/// The standard deviation never falls below the root of this.
const LEAST_VARIANCE: f64 = 1e-30;

/// N(mean, sigma^2 A C A), with C = B D^2 B' and A diagonal: what margins stretch.
#[derive(Clone, Debug)]
pub(super) struct Gaussian {
    pub(super) mean: Vec<f64>,
    pub(super) sigma: f64,
    /// C, row by row.
    pub(super) covariance: Vec<f64>,
    /// B, row by row.
    basis: Vec<f64>,
    /// The diagonal of D.
    pub(super) lengths: Vec<f64>,
    /// The diagonal of A.
    pub(super) stretch: Vec<f64>,
    pub(super) path_sigma: Vec<f64>,
    pub(super) path: Vec<f64>,
    /// How often the distribution was updated.
    pub(super) generation: u64,
    /// The probability with which each axis left its cell of late (only read for axes with a grid).
    pub(super) mutation: Vec<f64>,
}

impl Gaussian {
    /// `None` when the covariance has no decomposition, since it is not finite.
    pub(super) fn new(mean: Vec<f64>, sigma: f64, covariance: Vec<f64>) -> Option<Self> {
        let n = mean.len();
        let mut new = Self {
            mean,
            sigma,
            covariance,
            basis: Vec::new(),
            lengths: Vec::new(),
            stretch: vec![1.0; n],
            path_sigma: vec![0.0; n],
            path: vec![0.0; n],
            generation: 0,
            mutation: vec![0.5 - TINY; n],
        };
        new.decompose().then_some(new)
    }

    pub(super) fn len(&self) -> usize {
        self.mean.len()
    }

    /// C's diagonal element.
    pub(super) fn variance(&self, axis: usize) -> f64 {
        self.covariance[axis * self.len() + axis]
    }

    /// The standard deviation along an axis, in units of places.
    pub(super) fn deviation(&self, axis: usize) -> f64 {
        self.sigma * self.stretch[axis] * self.variance(axis).sqrt()
    }

    /// A draw.
    pub(super) fn draw(&self, generator: &mut Generator) -> Vec<f64> {
        let z: Vec<f64> = self.lengths.iter().map(|length| length * generator.normal()).collect();
        let rows = self.basis.chunks_exact(self.len().max(1));
        rows.zip(&self.mean)
            .zip(&self.stretch)
            .map(|((row, m), a)| m + self.sigma * a * dot(row, &z))
            .collect()
    }

    /// The inverse of C, B D^-2 B', row by row.
    pub(super) fn precision(&self) -> Vec<f64> {
        let n = self.len();
        let mut precision = vec![0.0; n * n];
        let scaled: Vec<f64> = self
            .basis
            .chunks_exact(n)
            .flat_map(|row| row.iter().zip(&self.lengths).map(|(b, d)| b / d))
            .collect();
        for i in 0..n {
            for j in 0..=i {
                let product = dot(&scaled[i * n..][..n], &scaled[j * n..][..n]);
                (precision[i * n + j], precision[j * n + i]) = (product, product);
            }
        }
        precision
    }

    /// Where a point lies in units of the distribution before it is stretched: (v - mean) / (sigma A) ~ N(0, C).
    pub(super) fn standardize(&self, point: &[f64]) -> Vec<f64> {
        let scaled = point.iter().zip(&self.mean).zip(&self.stretch);
        scaled.map(|((v, m), a)| (v - m) / a / self.sigma).collect()
    }

    /// The Mahalanobis length of a standardized point.
    pub(super) fn length(&self, y: &[f64]) -> f64 {
        let coordinates = self.in_basis(y);
        coordinates.iter().zip(&self.lengths).map(|(c, d)| (c / d).powi(2)).sum::<f64>().sqrt()
    }

    /// B' y.
    fn in_basis(&self, y: &[f64]) -> Vec<f64> {
        let n = self.len();
        let mut result = vec![0.0; n];
        for (row, y) in self.basis.chunks_exact(n).zip(y) {
            result.iter_mut().zip(row).for_each(|(sum, b)| *sum += b * y);
        }
        result
    }

    /// C^(-1/2) y = B D^-1 B' y.
    fn whiten(&self, y: &[f64]) -> Vec<f64> {
        let scaled: Vec<f64> = self.in_basis(y).iter().zip(&self.lengths).map(|(c, d)| c / d).collect();
        self.basis.chunks_exact(self.len()).map(|row| dot(row, &scaled)).collect()
    }

    /// One generation: `points` best first, as many as there are weights. Tutorial arXiv 1604.00772, figure 6.
    ///
    /// False when the numbers left the finite; the distribution is then of no use.
    pub(super) fn update(&mut self, weights: &Weights, points: &[Vec<f64>]) -> bool {
        let n = self.len();
        let ys: Vec<Vec<f64>> = points.iter().map(|point| self.standardize(point)).collect();
        let mut step = vec![0.0; n];
        for (y, w) in ys.iter().zip(&weights.all).take(weights.parents) {
            step.iter_mut().zip(y).for_each(|(sum, y)| *sum += w * y);
        }
        self.mean.iter_mut().zip(&step).for_each(|(mean, step)| *mean += self.sigma * step);

        // Step size, from the length of its path.
        let decay = 1.0 - weights.c_sigma;
        let gain = (weights.c_sigma * (2.0 - weights.c_sigma) * weights.mu_eff).sqrt();
        let white = self.whiten(&step);
        self.path_sigma.iter_mut().zip(&white).for_each(|(p, w)| *p = decay * *p + gain * w);
        let length = dot(&self.path_sigma, &self.path_sigma).sqrt();
        self.generation += 1;
        let settled = 1.0 - decay.powf(2.0 * (self.generation + 1) as f64);
        let stalled = length / settled.sqrt() >= (1.4 + 2.0 / (n as f64 + 1.0)) * weights.chi;

        // Covariance: the path's direction and the ranked points.
        let h = if stalled { 0.0 } else { 1.0 };
        let decay = 1.0 - weights.c_path;
        let gain = h * (weights.c_path * (2.0 - weights.c_path) * weights.mu_eff).sqrt();
        self.path.iter_mut().zip(&step).for_each(|(p, y)| *p = decay * *p + gain * y);
        let lost = (1.0 - h) * weights.c_path * (2.0 - weights.c_path);
        let sum: f64 = weights.all.iter().sum();
        let keep = 1.0 + weights.c_one * lost - weights.c_one - weights.c_mu * sum;
        let shares: Vec<f64> = ys
            .iter()
            .zip(&weights.all)
            .map(|(y, &w)| if w >= 0.0 { w } else { w * n as f64 / (self.length(y).powi(2) + TINY) })
            .collect();
        for i in 0..n {
            let row = &mut self.covariance[i * n..][..=i];
            row.iter_mut().for_each(|c| *c *= keep);
            let rank_one = std::iter::once((&self.path, weights.c_one * self.path[i]));
            let rank_mu = ys.iter().zip(&shares).map(|(y, w)| (y, weights.c_mu * w * y[i]));
            for (y, factor) in rank_one.chain(rank_mu) {
                row.iter_mut().zip(y).for_each(|(c, y)| *c += factor * y);
            }
        }
        for i in 0..n {
            for j in 0..i {
                self.covariance[j * n + i] = self.covariance[i * n + j];
            }
        }
        self.sigma *= ((weights.c_sigma / weights.d_sigma) * (length / weights.chi - 1.0)).exp();
        if !self.decompose() {
            return false;
        }
        let shortest = self.lengths.iter().copied().fold(f64::INFINITY, f64::min);
        self.sigma = self.sigma.max((LEAST_VARIANCE / shortest).sqrt());
        self.sigma.is_finite() && self.mean.iter().all(|m| m.is_finite())
    }

    /// Sets B and D from C; false when C is not finite.
    fn decompose(&mut self) -> bool {
        let n = self.len();
        if self.covariance.iter().any(|c| !c.is_finite()) {
            return false;
        }
        let matrix = DMatrix::from_row_slice(n, n, &self.covariance);
        let Some(eigen) = SymmetricEigen::try_new(matrix, f64::EPSILON, 100 * n.max(10)) else {
            return false;
        };
        self.lengths = eigen.eigenvalues.iter().map(|&v| if v < 0.0 { TINY } else { v }.sqrt()).collect();
        self.basis = eigen.eigenvectors.transpose().iter().copied().collect();
        if eigen.eigenvalues.iter().any(|&v| v < 0.0) {
            // C must be what B and D say it is.
            for i in 0..n {
                for j in 0..n {
                    let (a, b) = (&self.basis[i * n..][..n], &self.basis[j * n..][..n]);
                    let terms = a.iter().zip(b).zip(&self.lengths);
                    self.covariance[i * n + j] = terms.map(|((a, b), d)| a * b * d * d).sum();
                }
            }
        }
        self.lengths.iter().all(|length| *length > 0.0)
    }

    /// Whether nothing more is to be expected: the distribution is a point, a line, or everywhere.
    pub(super) fn is_spent(&self, start: f64, continuous: impl Fn(usize) -> bool) -> bool {
        let longest = self.lengths.iter().copied().fold(0.0, f64::max);
        let shortest = self.lengths.iter().copied().fold(f64::INFINITY, f64::min);
        let axes: Vec<usize> = (0..self.len()).filter(|&axis| continuous(axis)).collect();
        let is_small = |axis: &usize| {
            let least = 1e-12 * start;
            self.sigma * self.variance(*axis).sqrt() < least && self.sigma * self.path[*axis].abs() < least
        };
        let has_no_effect = |axis: &usize| self.mean[*axis] == self.mean[*axis] + 0.2 * self.deviation(*axis);
        self.sigma * longest > 1e4 * start
            || (longest / shortest).powi(2) > 1e14
            || (!axes.is_empty() && axes.iter().all(is_small))
            || axes.iter().any(has_no_effect)
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
