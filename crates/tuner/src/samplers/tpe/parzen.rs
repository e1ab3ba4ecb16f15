//! The Parzen estimator: a mixture of products of kernels, one product per observed trial and one for the prior.

use tunesmith_core::Generator;

use super::axis::Axis;
use super::kernels::{Kernels, Normalisers, weigh};
use super::order::Sorted;
use crate::numeric::draw_between;

/// A density over several dimensions. It keeps its memory from one suggestion to the next.
#[derive(Debug, Default)]
pub(super) struct Parzen {
    pub(super) weights: Vec<f64>,
    /// Per kernel: the logarithm of its weight and of all normalisers that do not depend on the point.
    pub(super) base: Vec<f64>,
    kernels: Vec<Kernels>,
    normalisers: Normalisers,
    fitted: usize,
}

impl Parzen {
    /// Begins a density of so many observations; [`Parzen::fit`] adds the dimensions, [`Parzen::finish`] ends it.
    pub(super) fn begin(&mut self, observations: usize) {
        weigh(observations, &mut self.weights);
        self.normalisers.begin(&self.weights);
        self.fitted = 0;
    }

    /// Adds a dimension, of which all observations are known.
    pub(super) fn fit(&mut self, axis: &Axis<'_>, observed: &Sorted) {
        debug_assert_eq!(observed.x.len() + 1, self.weights.len(), "every observation has all dimensions");
        if self.kernels.len() == self.fitted {
            self.kernels.push(Kernels::default());
        }
        self.kernels[self.fitted].fit(axis, observed, &mut self.normalisers);
        self.fitted += 1;
    }

    pub(super) fn finish(&mut self) {
        self.base.clear();
        self.base.extend_from_slice(self.normalisers.end());
    }

    /// The kernels by dimension.
    pub(super) fn kernels(&self) -> &[Kernels] {
        &self.kernels[..self.fitted]
    }

    /// Points drawn from the density, as coordinates by axis.
    pub(super) fn draw(&self, axes: &[Axis<'_>], generator: &mut Generator, n: usize) -> Vec<Vec<f64>> {
        let mut points = vec![Vec::with_capacity(n); axes.len()];
        let prior = self.weights.len() - 1;
        for _ in 0..n {
            let k = generator.weighted(&self.weights);
            for ((axis, kernels), points) in axes.iter().zip(self.kernels()).zip(&mut points) {
                let z = match axis {
                    Axis::Range { low, high, .. } => {
                        let (mu, inverse) = (kernels.mu[k], kernels.inverse_sigma[k]);
                        let (a, b) = ((low - mu) * inverse, (high - mu) * inverse);
                        mu + draw_between(generator, a, b) / inverse
                    }
                    Axis::Choice { options, .. } => {
                        // The hit's probability above that of a miss, and the rest shared by all alike.
                        let extra = if k == prior { 0.0 } else { kernels.hit.exp() - kernels.miss.exp() };
                        if generator.chance(extra) { kernels.mu[k] } else { generator.below(*options) as f64 }
                    }
                };
                points.push(axis.snap(z));
            }
        }
        points
    }
}
