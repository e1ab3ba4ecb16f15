//! The Parzen estimator: a mixture of products of kernels, one product per observed trial and one for the prior.

use tunesmith_core::{Domain, Generator, Scale, Value};

use crate::numeric::{LN_SQRT_2PI, draw_between, log_mass};

/// Kernels are worked through in blocks whose sums stay in the first-level cache.
const BLOCK: usize = 64;
/// A kernel this far (in nats) below the prior's share is not worth its exponential: 1e5 of them move the logarithm of
/// a density by less than 1e-12.
const NEGLIGIBLE: f64 = 40.0;
/// So many dimensions are added between looks at whether a block of kernels is negligible already.
const LOOK: usize = 4;

/// One dimension in even coordinates.
#[derive(Clone, Copy, Debug)]
pub(super) enum Axis<'a> {
    /// A range; a discrete one has the half of its step.
    Range { domain: &'a Domain, low: f64, high: f64, scale: Scale, half_step: Option<f64> },
    /// So many options.
    Choice { domain: &'a Domain, options: usize },
}

impl<'a> Axis<'a> {
    pub(super) fn new(domain: &'a Domain) -> Self {
        let (low, high) = domain.bounds();
        let (scale, half_step) = match domain {
            Domain::Float { scale, step, .. } => (*scale, step.map(|step| step / 2.0)),
            Domain::Int { scale, step, .. } => (*scale, Some(*step as f64 / 2.0)),
            other => {
                let options = other.size().unwrap_or(1) as usize;
                return Self::Choice { domain, options };
            }
        };
        Self::Range { domain, low, high, scale, half_step }
    }

    /// The value at a coordinate.
    pub(super) fn value(&self, z: f64) -> Value {
        match self {
            Self::Range { domain, .. } | Self::Choice { domain, .. } => domain.at_coordinate(z),
        }
    }

    /// The coordinate of the nearest value.
    fn snap(&self, z: f64) -> f64 {
        match self {
            Self::Range { low, high, half_step: None, .. } => z.clamp(*low, *high),
            Self::Range { domain, .. } => domain.coordinate(&domain.at_coordinate(z)).unwrap_or(z),
            Self::Choice { .. } => z.floor() + 0.5,
        }
    }
}

/// What all trials' kernels are in one dimension.
#[derive(Debug)]
pub(super) enum Kernels {
    Normal {
        mu: Vec<f64>,
        sigma: Vec<f64>,
        inverse_sigma: Vec<f64>,
        /// Kernels of one number are equal; empty for continuous ranges.
        alike: Vec<u32>,
    },
    /// The observed option's coordinate, the logarithms of its probability and of any other option's; the last kernel
    /// is the prior, uniform.
    Choice { observed: Vec<f64>, hit: f64, miss: f64 },
}

/// A density over several dimensions.
#[derive(Debug)]
pub(super) struct Parzen<'a> {
    axes: &'a [Axis<'a>],
    pub(super) weights: Vec<f64>,
    /// Per kernel: the logarithm of its weight and of all normalisers that do not depend on the point.
    base: Vec<f64>,
    pub(super) kernels: Vec<Kernels>,
}

impl<'a> Parzen<'a> {
    /// One kernel per observation, in order of time, and one for the prior. `observed` holds coordinates, by axis.
    pub(super) fn fit(axes: &'a [Axis<'a>], observed: Vec<Vec<f64>>) -> Self {
        let n = observed.first().map_or(0, Vec::len);
        let weights = weights(n);
        let mut base: Vec<f64> = weights.iter().map(|w| w.ln()).collect();
        let mut kernels = Vec::with_capacity(axes.len());
        for (axis, observed) in axes.iter().zip(observed) {
            kernels.push(match *axis {
                Axis::Choice { options, .. } => choice_kernels(observed, options),
                Axis::Range { low, high, half_step, .. } => {
                    normal_kernels(observed, low, high, half_step.is_some(), &mut base)
                }
            });
        }
        Self { axes, weights, base, kernels }
    }

    /// Points drawn from the density, as coordinates by axis.
    pub(super) fn draw(&self, generator: &mut Generator, n: usize) -> Vec<Vec<f64>> {
        let mut points = vec![Vec::with_capacity(n); self.axes.len()];
        let prior = self.weights.len() - 1;
        for _ in 0..n {
            let k = generator.weighted(&self.weights);
            for ((axis, kernels), points) in self.axes.iter().zip(&self.kernels).zip(&mut points) {
                let z = match (axis, kernels) {
                    (Axis::Range { low, high, .. }, Kernels::Normal { mu, sigma, .. }) => {
                        let (a, b) = ((low - mu[k]) / sigma[k], (high - mu[k]) / sigma[k]);
                        mu[k] + sigma[k] * draw_between(generator, a, b)
                    }
                    (Axis::Choice { options, .. }, Kernels::Choice { observed, hit, miss }) => {
                        // The hit's probability above that of a miss, and the rest shared by all alike.
                        let extra = if k == prior { 0.0 } else { hit.exp() - miss.exp() };
                        if generator.chance(extra) { observed[k] } else { generator.below(*options) as f64 }
                    }
                    _ => unreachable!("an axis has kernels of its own form"),
                };
                points.push(axis.snap(z));
            }
        }
        points
    }

    /// The logarithm of the density at points (of the probability, as far as dimensions are discrete).
    pub(super) fn log_density(&self, points: &[Vec<f64>]) -> Vec<f64> {
        let n_points = points.first().map_or(0, Vec::len);
        let n_kernels = self.weights.len();
        let mut cells: Vec<Option<Cells>> =
            self.axes.iter().zip(&self.kernels).zip(points).map(|((a, k), p)| Cells::new(a, k, p)).collect();
        let mut sums: Vec<LogSum> =
            (0..n_points).map(|c| LogSum::new(self.one(n_kernels - 1, c, points, &mut cells))).collect();
        let floors: Vec<f64> = sums.iter().map(|sum| sum.greatest - NEGLIGIBLE).collect();

        let n_observed = n_kernels - 1;
        let discrete = cells.iter().any(Option::is_some);
        let mut bounds = [0.0; BLOCK];
        for start in (0..n_observed).step_by(BLOCK) {
            let block = start..(start + BLOCK).min(n_observed);
            let bounds = &mut bounds[..block.len()];
            'points: for (c, floor) in floors.iter().enumerate() {
                bounds.copy_from_slice(&self.base[block.clone()]);
                for (axis, kernels) in self.kernels.iter().enumerate() {
                    let cell = cells[axis].as_ref().map(|cells| cells.of(c));
                    add_bounds(kernels, cell, points[axis][c], block.clone(), bounds);
                    // No dimension adds anything positive, so a block that is out is out.
                    if axis % LOOK == LOOK - 1 && bounds.iter().all(|bound| bound <= floor) {
                        continue 'points;
                    }
                }
                for (k, &bound) in block.clone().zip(&*bounds) {
                    if bound > *floor {
                        let exact = if discrete { self.one(k, c, points, &mut cells) } else { bound };
                        sums[c].add(exact);
                    }
                }
            }
        }
        sums.iter().map(LogSum::value).collect()
    }

    /// The logarithm of one kernel's share of the density at a point.
    fn one(&self, k: usize, c: usize, points: &[Vec<f64>], cells: &mut [Option<Cells>]) -> f64 {
        let prior = self.weights.len() - 1;
        let mut sum = self.base[k];
        for (((axis, kernels), points), cells) in self.axes.iter().zip(&self.kernels).zip(points).zip(cells) {
            sum += match (kernels, cells, axis) {
                (Kernels::Normal { mu, inverse_sigma, .. }, None, _) => {
                    let t = (points[c] - mu[k]) * inverse_sigma[k];
                    -0.5 * t * t
                }
                (Kernels::Normal { mu, inverse_sigma, alike, .. }, Some(cells), _) => {
                    cells.log_mass(c, alike[k], mu[k], inverse_sigma[k])
                }
                (Kernels::Choice { .. }, _, Axis::Choice { options, .. }) if k == prior => {
                    -(*options as f64).ln()
                }
                (Kernels::Choice { observed, hit, miss }, ..) => {
                    if observed[k] == points[c] {
                        *hit
                    } else {
                        *miss
                    }
                }
            };
        }
        sum
    }
}

/// Adds to a block of kernels an upper bound of what a dimension contributes to the logarithm: exact for continuous
/// ranges and choices; for a cell, e^(-t^2/2) at its nearest point, which bounds the mass beyond.
fn add_bounds(
    kernels: &Kernels,
    cell: Option<(f64, f64)>,
    point: f64,
    block: std::ops::Range<usize>,
    bounds: &mut [f64],
) {
    match kernels {
        Kernels::Normal { mu, inverse_sigma, .. } => {
            let kernels = mu[block.clone()].iter().zip(&inverse_sigma[block]);
            match cell {
                None => {
                    for (bound, (mu, inverse)) in bounds.iter_mut().zip(kernels) {
                        let t = (point - mu) * inverse;
                        *bound -= 0.5 * t * t;
                    }
                }
                Some((left, right)) => {
                    for (bound, (mu, inverse)) in bounds.iter_mut().zip(kernels) {
                        let t = (left - mu).max(mu - right).max(0.0) * inverse;
                        *bound -= 0.5 * t * t;
                    }
                }
            }
        }
        Kernels::Choice { observed, hit, miss } => {
            for (bound, observed) in bounds.iter_mut().zip(&observed[block]) {
                *bound += if *observed == point { *hit } else { *miss };
            }
        }
    }
}

/// The cells that points of a discrete range fall into, and the kernels' masses there, computed when first needed:
/// cells and kernels repeat.
#[derive(Debug)]
struct Cells {
    cells: Vec<(f64, f64)>,
    of_point: Vec<usize>,
    n_alike: usize,
    masses: Vec<f64>,
}

impl Cells {
    fn new(axis: &Axis<'_>, kernels: &Kernels, points: &[f64]) -> Option<Self> {
        let (Axis::Range { scale, half_step: Some(half), .. }, Kernels::Normal { alike, .. }) =
            (axis, kernels)
        else {
            return None;
        };
        let mut cells: Vec<(f64, f64)> = Vec::new();
        let of_point = points.iter().map(|&z| {
            let x = scale.unwarp(z);
            let cell = (scale.warp(x - half), scale.warp(x + half));
            cells.iter().position(|known| *known == cell).unwrap_or_else(|| {
                cells.push(cell);
                cells.len() - 1
            })
        });
        let of_point = of_point.collect();
        let n_alike = alike.iter().max().map_or(0, |last| *last as usize + 1);
        let masses = vec![f64::NAN; cells.len() * n_alike];
        Some(Self { cells, of_point, n_alike, masses })
    }

    fn of(&self, point: usize) -> (f64, f64) {
        self.cells[self.of_point[point]]
    }

    fn log_mass(&mut self, point: usize, alike: u32, mu: f64, inverse_sigma: f64) -> f64 {
        let (left, right) = self.of(point);
        let known = &mut self.masses[self.of_point[point] * self.n_alike + alike as usize];
        if known.is_nan() {
            *known = log_mass((left - mu) * inverse_sigma, (right - mu) * inverse_sigma);
        }
        *known
    }
}

/// The logarithm of a sum of exponentials, one term at a time.
#[derive(Debug)]
struct LogSum {
    greatest: f64,
    sum: f64,
}

impl LogSum {
    fn new(first: f64) -> Self {
        Self { greatest: first, sum: 1.0 }
    }

    fn add(&mut self, term: f64) {
        if term <= self.greatest {
            self.sum += (term - self.greatest).exp();
        } else {
            self.sum = self.sum * (self.greatest - term).exp() + 1.0;
            self.greatest = term;
        }
    }

    fn value(&self) -> f64 {
        self.greatest + self.sum.ln()
    }
}

/// The weights of n observations in order of time, and of the prior: the newest 25 count fully, older ones less the
/// older they are.
pub(super) fn weights(n: usize) -> Vec<f64> {
    const FULL: usize = 25;
    let mut weights = vec![1.0; n + 1];
    if n > FULL {
        let ramp = n - FULL;
        let (first, last) = (1.0 / n as f64, 1.0);
        for (i, weight) in weights[..ramp].iter_mut().enumerate() {
            *weight = if ramp == 1 { first } else { first + (last - first) * i as f64 / (ramp - 1) as f64 };
        }
    }
    let total: f64 = weights.iter().sum();
    weights.iter_mut().for_each(|weight| *weight /= total);
    weights
}

fn choice_kernels(observed: Vec<f64>, options: usize) -> Kernels {
    let prior = 1.0 / (observed.len() as f64 + 1.0); // the prior's weight, shared by all kernels
    let total = 1.0 + options as f64 * prior;
    Kernels::Choice { observed, hit: ((1.0 + prior) / total).ln(), miss: (prior / total).ln() }
}

/// The kernels of a range: each as wide as the larger gap to its neighbours, within bounds ("magic clip"); the prior
/// sits in the middle and is as wide as the range. Adds their normalisers to `base`.
fn normal_kernels(mut mu: Vec<f64>, low: f64, high: f64, discrete: bool, base: &mut [f64]) -> Kernels {
    let n = mu.len();
    let range = high - low;
    let narrowest = range / (2.0 + n as f64).min(100.0);
    let sorted = sorted(&mu);
    let mut sigma = vec![range; n + 1];
    let mut alike = vec![0; if discrete { n + 1 } else { 0 }];
    let mut last = (f64::NAN, f64::NAN);
    let mut n_alike = 0;
    for (i, &(center, place)) in sorted.iter().enumerate() {
        let left = i.checked_sub(1).map(|left| center - sorted[left].0);
        let right = sorted.get(i + 1).map(|right| right.0 - center);
        let gap = match (left, right) {
            (Some(left), Some(right)) => left.max(right),
            (Some(gap), None) | (None, Some(gap)) => gap, // the ends of the range do not count as neighbours ...
            (None, None) => (center - low).max(high - center), // ... unless there are no others
        };
        let width = gap.clamp(narrowest, range);
        sigma[place as usize] = width;
        if discrete {
            if (center, width) != last {
                n_alike += 1;
                last = (center, width);
            }
            alike[place as usize] = n_alike; // 0 is the prior
        }
    }
    mu.push(low + 0.5 * range);
    let ln_narrowest = narrowest.ln();
    let inverse_sigma: Vec<f64> = sigma.iter().map(|sigma| 1.0 / sigma).collect();
    for (k, base) in base.iter_mut().enumerate() {
        let (a, b) = ((low - mu[k]) * inverse_sigma[k], (high - mu[k]) * inverse_sigma[k]);
        // Beyond 7.1 widths on both sides nothing is cut off that a double could tell (2.5e-12).
        if a > -7.1 || b < 7.1 {
            *base -= log_mass(a, b);
        }
        if !discrete {
            // Most kernels of a long study are as narrow as they may be.
            *base -= if sigma[k] == narrowest { ln_narrowest } else { sigma[k].ln() } + LN_SQRT_2PI;
        }
    }
    Kernels::Normal { mu, sigma, inverse_sigma, alike }
}

/// The numbers in rising order, each with its place; of equals the earlier first.
///
/// A number's bits, with the sign bit turned over (and all bits of a negative number), sort as the number does; one
/// whole number of bits and place is sorted several times faster than a pair is compared.
fn sorted(numbers: &[f64]) -> Vec<(f64, u32)> {
    let key = |x: f64| {
        let bits = x.to_bits();
        if bits >> 63 == 0 { bits | 1 << 63 } else { !bits }
    };
    let mut keys: Vec<u128> =
        numbers.iter().zip(0_u32..).map(|(&x, place)| u128::from(key(x)) << 32 | u128::from(place)).collect();
    keys.sort_unstable();
    keys.into_iter().map(|key| key as u32).map(|place| (numbers[place as usize], place)).collect()
}
