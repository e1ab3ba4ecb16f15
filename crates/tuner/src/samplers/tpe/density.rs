//! The logarithm of a density at many points: kernels that do not matter are left out before they cost an exponential.

use super::axis::Axis;
use super::kernels::Kernels;
use super::parzen::Parzen;
use crate::numeric::log_mass;

/// Kernels are worked through in blocks whose sums stay in the first-level cache.
const BLOCK: usize = 64;
/// A kernel this far (in nats) below the prior's share is not worth its exponential: 1e5 of them move the logarithm of
/// a density by less than 1e-12.
const NEGLIGIBLE: f64 = 40.0;
/// So many dimensions are added between looks at whether a block of kernels is negligible already.
const LOOK: usize = 4;

/// The logarithm of the density at points (of the probability, as far as dimensions are discrete). Points are coordinates
/// by axis.
pub(super) fn log_density(parzen: &Parzen, axes: &[Axis<'_>], points: &[Vec<f64>]) -> Vec<f64> {
    let n_points = points.first().map_or(0, Vec::len);
    let n_observed = parzen.weights.len() - 1;
    let cells = axes.iter().zip(parzen.kernels()).zip(points);
    let mut cells: Vec<Option<Cells>> = cells.map(|((a, k), p)| Cells::new(a, k, p)).collect();
    let mut sums: Vec<LogSum> =
        (0..n_points).map(|c| LogSum::new(one(parzen, axes, n_observed, c, points, &mut cells))).collect();
    let floors: Vec<f64> = sums.iter().map(|sum| sum.greatest - NEGLIGIBLE).collect();

    let discrete = cells.iter().any(Option::is_some);
    let mut bounds = [0.0; BLOCK];
    for start in (0..n_observed).step_by(BLOCK) {
        let block = start..(start + BLOCK).min(n_observed);
        let bounds = &mut bounds[..block.len()];
        'points: for (c, floor) in floors.iter().enumerate() {
            bounds.copy_from_slice(&parzen.base[block.clone()]);
            for (axis, kernels) in parzen.kernels().iter().enumerate() {
                let cell = cells[axis].as_ref().map(|cells| cells.of(c));
                add_bounds(kernels, cell, points[axis][c], block.clone(), bounds);
                // No dimension adds anything positive, so a block that is out is out.
                if axis % LOOK == LOOK - 1 && bounds.iter().all(|bound| bound <= floor) {
                    continue 'points;
                }
            }
            for (k, &bound) in block.clone().zip(&*bounds) {
                if bound > *floor {
                    let exact = if discrete { one(parzen, axes, k, c, points, &mut cells) } else { bound };
                    sums[c].add(exact);
                }
            }
        }
    }
    sums.iter().map(LogSum::value).collect()
}

/// The logarithm of one kernel's share of the density at a point.
fn one(
    parzen: &Parzen,
    axes: &[Axis<'_>],
    k: usize,
    c: usize,
    points: &[Vec<f64>],
    cells: &mut [Option<Cells>],
) -> f64 {
    let prior = parzen.weights.len() - 1;
    let mut sum = parzen.base[k];
    for (((axis, kernels), points), cells) in axes.iter().zip(parzen.kernels()).zip(points).zip(cells) {
        let point = points[c];
        sum += match (axis, cells) {
            (Axis::Range { .. }, None) => {
                let t = (point - kernels.mu[k]) * kernels.inverse_sigma[k];
                -0.5 * t * t
            }
            (Axis::Range { .. }, Some(cells)) => {
                cells.log_mass(c, kernels.alike[k], kernels.mu[k], kernels.inverse_sigma[k])
            }
            (Axis::Choice { options, .. }, _) if k == prior => -(*options as f64).ln(),
            (Axis::Choice { .. }, _) if kernels.mu[k] == point => kernels.hit,
            (Axis::Choice { .. }, _) => kernels.miss,
        };
    }
    sum
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
    let mu = &kernels.mu[block.clone()];
    if kernels.inverse_sigma.is_empty() {
        for (bound, observed) in bounds.iter_mut().zip(mu) {
            *bound += if *observed == point { kernels.hit } else { kernels.miss };
        }
        return;
    }
    let kernels = mu.iter().zip(&kernels.inverse_sigma[block]);
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
        let Axis::Range { scale, half_step: Some(half), .. } = axis else { return None };
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
        let n_alike = kernels.alike.iter().max().map_or(0, |last| *last as usize + 1);
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
