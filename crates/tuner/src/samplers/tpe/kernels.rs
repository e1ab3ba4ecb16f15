//! What all trials' kernels are in one dimension: their widths, and what normalises them.

use std::sync::LazyLock;

use super::axis::Axis;
use super::order::Sorted;
use crate::numeric::{LN_SQRT_2PI, upper_tail};

/// Beyond so many widths nothing is cut off that a double could tell (6e-13).
const FAR: f64 = 7.1;
/// So many dimensions are multiplied before the logarithm is taken: each has a factor from 1/100 to 3.
const MOST_FACTORS: usize = 64;

/// The kernels of one dimension, one per observation in order of time and one for the prior.
#[derive(Debug, Default)]
pub(super) struct Kernels {
    /// Centres; of a choice the options' coordinates, without the prior's, which has none.
    pub(super) mu: Vec<f64>,
    /// The reciprocals of the widths; empty for choices.
    pub(super) inverse_sigma: Vec<f64>,
    /// Kernels of one number are equal; empty for continuous ranges and choices.
    pub(super) alike: Vec<u32>,
    /// The logarithms of the observed option's probability and of any other option's.
    pub(super) hit: f64,
    pub(super) miss: f64,
}

/// The product of what normalises a kernel in all dimensions, times its weight.
#[derive(Debug, Default)]
pub(super) struct Normalisers {
    factors: Vec<f64>,
    multiplied: usize,
    /// Logarithms taken so far: by kernel, and of what all share.
    logarithms: Vec<f64>,
    shared: f64,
}

impl Normalisers {
    /// Begins with the weights.
    pub(super) fn begin(&mut self, weights: &[f64]) {
        self.factors.clear();
        self.factors.extend_from_slice(weights);
        self.logarithms.clear();
        self.logarithms.resize(weights.len(), 0.0);
        (self.multiplied, self.shared) = (0, 0.0);
    }

    fn next_dimension(&mut self) {
        if self.multiplied == MOST_FACTORS {
            self.take_logarithms();
        }
        self.multiplied += 1;
    }

    fn take_logarithms(&mut self) {
        for (logarithm, factor) in self.logarithms.iter_mut().zip(&mut self.factors) {
            *logarithm += factor.ln();
            *factor = 1.0;
        }
        self.multiplied = 0;
    }

    /// The logarithms of all products.
    pub(super) fn end(&mut self) -> &[f64] {
        self.take_logarithms();
        self.logarithms.iter_mut().for_each(|logarithm| *logarithm += self.shared);
        &self.logarithms
    }
}

impl Kernels {
    /// The kernels of these observations.
    pub(super) fn fit(&mut self, axis: &Axis<'_>, observed: &Sorted, normalisers: &mut Normalisers) {
        self.mu.clear();
        self.mu.resize(observed.x.len(), 0.0);
        self.inverse_sigma.clear();
        self.alike.clear();
        match *axis {
            Axis::Choice { options, .. } => {
                for (x, place) in observed.x.iter().zip(&observed.place) {
                    self.mu[*place as usize] = *x;
                }
                let prior = 1.0 / (observed.x.len() as f64 + 1.0); // the prior's weight, shared by all kernels
                let total = 1.0 + options as f64 * prior;
                (self.hit, self.miss) = (((1.0 + prior) / total).ln(), (prior / total).ln());
            }
            Axis::Range { low, high, half_step, .. } => {
                self.fit_range(observed, (low, high), half_step.is_some(), normalisers);
            }
        }
    }

    /// Each kernel is as wide as the larger gap to its neighbours, within bounds ("magic clip"); the prior sits in the
    /// middle and is as wide as the range.
    fn fit_range(
        &mut self,
        observed: &Sorted,
        (low, high): (f64, f64),
        discrete: bool,
        normalisers: &mut Normalisers,
    ) {
        let x = &observed.x;
        let n = x.len();
        let range = high - low;
        let narrowest = range / (2.0 + n as f64).min(100.0);
        self.inverse_sigma.resize(n + 1, 0.0);
        if discrete {
            self.alike.resize(n + 1, 0);
        }
        normalisers.next_dimension();
        if !discrete {
            normalisers.shared -= narrowest.ln() + LN_SQRT_2PI;
        }
        let factors = &mut normalisers.factors;
        let mut last = (f64::NAN, f64::NAN);
        let mut n_alike = 0;
        for (i, (&center, &place)) in x.iter().zip(&observed.place).enumerate() {
            let place = place as usize;
            let gap = match (i == 0, i + 1 == n) {
                (false, false) => (center - x[i - 1]).max(x[i + 1] - center),
                (false, true) => center - x[i - 1], // the ends of the range do not count as neighbours ...
                (true, false) => x[1] - center,
                (true, true) => (center - low).max(high - center), // ... unless there are no others
            };
            let width = gap.clamp(narrowest, range);
            let inverse = 1.0 / width;
            self.mu[place] = center;
            self.inverse_sigma[place] = inverse;
            let (left, right) = ((center - low) * inverse, (high - center) * inverse);
            if left < FAR || right < FAR {
                factors[place] /= 1.0 - (tail(left) + tail(right));
            }
            if discrete {
                if (center, width) != last {
                    n_alike += 1;
                    last = (center, width);
                }
                self.alike[place] = n_alike; // 0 is the prior
            } else {
                factors[place] *= narrowest * inverse;
            }
        }
        self.mu.push(low + 0.5 * range);
        self.inverse_sigma[n] = 1.0 / range;
        factors[n] /= 1.0 - 2.0 * tail(0.5);
        if !discrete {
            factors[n] *= narrowest / range;
        }
    }
}

/// Nodes of the table in each unit.
const NODES: usize = 32;

/// The mass above and the density at each node.
static TAILS: LazyLock<Vec<(f64, f64)>> = LazyLock::new(|| {
    let node = |i: usize| {
        let t = i as f64 / NODES as f64;
        (upper_tail(t), (-0.5 * t * t - LN_SQRT_2PI).exp())
    };
    (0..=FAR as usize * NODES + NODES).map(node).collect()
});

/// The mass of the standard normal above t >= 0, to an absolute error of 1e-12: the Taylor series of fifth degree at the
/// nearest node. Nothing beyond [`FAR`].
fn tail(t: f64) -> f64 {
    if t >= FAR {
        return 0.0;
    }
    let node = (t * NODES as f64 + 0.5) as usize;
    let (mass, density) = TAILS[node];
    let z = node as f64 / NODES as f64;
    let h = t - z;
    let z2 = z * z;
    // Derivatives of the density are Hermite polynomials times the density.
    let series = 1.0
        - h * (z / 2.0
            - h * ((z2 - 1.0) / 6.0 - h * (z * (z2 - 3.0) / 24.0 - h * ((z2 * (z2 - 6.0) + 3.0) / 120.0))));
    mass - density * h * series
}

/// The weights of n observations in order of time, and of the prior: the newest 25 count fully, older ones less the
/// older they are.
pub(super) fn weigh(n: usize, weights: &mut Vec<f64>) {
    const FULL: usize = 25;
    weights.clear();
    weights.resize(n + 1, 1.0);
    if n > FULL {
        let ramp = n - FULL;
        let (first, last) = (1.0 / n as f64, 1.0);
        for (i, weight) in weights[..ramp].iter_mut().enumerate() {
            *weight = if ramp == 1 { first } else { first + (last - first) * i as f64 / (ramp - 1) as f64 };
        }
    }
    let total: f64 = weights.iter().sum();
    weights.iter_mut().for_each(|weight| *weight /= total);
}

#[cfg(test)]
mod tests {
    use super::{FAR, tail};
    use crate::numeric::upper_tail;

    #[test]
    fn the_tabulated_tail_is_the_tail() {
        for i in 0..=100_000 {
            let t = FAR * f64::from(i) / 100_000.0 * (1.0 - 1e-12);
            assert!((tail(t) - upper_tail(t)).abs() < 1e-12, "{t}: {} {}", tail(t), upper_tail(t));
        }
        assert_eq!(tail(FAR), 0.0);
    }
}
