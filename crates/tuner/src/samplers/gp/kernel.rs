//! The kernel: Matérn 5/2 with a length scale for each feature.

use super::encoding::Kind;
use super::matrix::exp_all;

/// The kernel's and the noise's parameters, all as logarithms: a length scale for each feature, then the signal's
/// variance, then the noise's.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Theta(pub(crate) Vec<f64>);

impl Theta {
    /// Where fitting starts when nothing is known: scales that grow with the number of features, as distances do.
    pub(crate) fn start(features: usize) -> Self {
        let length = (0.5 * (features as f64).sqrt()).clamp(0.5, 1.5);
        let mut theta = vec![length.ln(); features];
        theta.extend([0.0, 0.01_f64.ln()]);
        Self(theta)
    }

    /// How many features there are.
    pub(crate) fn features(&self) -> usize {
        self.0.len() - 2
    }

    /// The length scale of a feature.
    pub(crate) fn length(&self, feature: usize) -> f64 {
        self.0[feature].exp()
    }

    /// 1 / length scale^2 of each feature.
    pub(crate) fn weights(&self) -> Vec<f64> {
        self.0[..self.features()].iter().map(|length| (-2.0 * length).exp()).collect()
    }

    /// The variance of the function.
    pub(crate) fn signal(&self) -> f64 {
        self.0[self.features()].exp()
    }

    /// The variance of an observation around the function.
    pub(crate) fn noise(&self) -> f64 {
        self.0[self.features() + 1].exp()
    }
}

/// Adds a feature's share of the squared scaled distance from `x` to each of `others`.
pub(super) fn add_distances(kind: Kind, weight: f64, x: f64, others: &[f64], squares: &mut [f64]) {
    let pairs = squares.iter_mut().zip(others);
    match kind {
        Kind::Line => pairs.for_each(|(square, other)| *square += weight * (x - other) * (x - other)),
        Kind::Choice => pairs.for_each(|(square, other)| *square += if x == *other { 0.0 } else { weight }),
    }
}

/// From squared scaled distances to covariances, in place, and to `slopes`: minus twice the derivative of the
/// covariance by the squared distance, which is what every gradient is made of.
///
/// k = s (1 + a + a²/3) e^-a with a = sqrt(5 r²); -2 dk/dr² = s 5/3 (1 + a) e^-a, without a singularity at r = 0.
pub(super) fn covariances(signal: f64, squares: &mut [f64], slopes: &mut [f64]) {
    for (square, slope) in squares.iter_mut().zip(&mut *slopes) {
        *square = (5.0 * *square).sqrt();
        *slope = -*square;
    }
    exp_all(slopes);
    for (a, slope) in squares.iter_mut().zip(slopes) {
        let decay = signal * *slope;
        *slope = (5.0 / 3.0) * decay * (1.0 + *a);
        *a = decay * (1.0 + *a * (1.0 + *a * (1.0 / 3.0)));
    }
}
