//! PED-ANOVA: how far the settings of the best trials differ from those of all.

use tunesmith_core::{Describe, Domain, Param, Scale, register};

use super::{Importance, ImportanceEntry};
use crate::History;
use crate::numeric::log_mass;

/// The Pearson divergence between the settings of the best trials and those of all, dimension by dimension, from
/// densities on a grid: a closed form in milliseconds.
///
/// It says which settings it takes to be among the best `target_quantile`, judged among the best `region_quantile`, and
/// works on the trials of any sampler. A dimension that only exists under a condition is judged where it exists, and
/// that part weighs by how often the best trials and all of them were there (condPED-ANOVA). The numbers are those of
/// Optuna 5.0's `PedAnovaImportanceEvaluator`. With fewer than five trials in the target they say little.
///
/// ```
/// use tunesmith_core::{Domain, Scale, Space, Value};
/// use tunesmith_tuner::analysis::{Importance, PedAnova};
/// use tunesmith_tuner::{Budget, Direction, History, Study, samplers::Random};
/// let range = || Domain::float(0.0, 1.0, Scale::Linear, None).unwrap();
/// let space = Space::new().with("x", range()).with("y", range());
/// let study = Study::minimize(space.clone()).sampler(Random).open().unwrap();
/// study.optimize(|trial| trial.float("x") + 0.01 * trial.float("y"), &Budget::trials(200)).unwrap();
/// let mut history = History::new(space, Direction::Minimize);
/// study.trials().into_iter().for_each(|trial| history.put(trial));
/// assert!(PedAnova::default().evaluate(&history)[0].share > 0.8);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct PedAnova {
    /// Which share of the trials is "the best".
    pub target_quantile: f64,
    /// Which share of the trials they are compared with.
    pub region_quantile: f64,
    /// Whether they are compared with the trials of the study; else with the whole space.
    pub evaluate_on_local: bool,
}

impl Default for PedAnova {
    fn default() -> Self {
        Self { target_quantile: 0.1, region_quantile: 1.0, evaluate_on_local: true }
    }
}

impl Describe for PedAnova {
    const NAME: &'static str = "ped_anova";
    const ABOUT: &'static str = "how far the settings of the best trials differ from those of all";
    const SOURCE: &'static str = "Watanabe, Bansal & Hutter 2023, PED-ANOVA, equation 16; conditional spaces: \
                                  condPED-ANOVA 2026 (arXiv 2601.20800), theorem 4.2; as in Optuna 5.0";
    const PARAMS: &'static [Param<Self>] = &[
        Param::float(
            "target_quantile",
            0.01,
            0.5,
            |s: &mut Self| &mut s.target_quantile,
            "which share of the trials is the best",
        )
        .fixed()
        .valid(1e-9, 1.0),
        Param::float(
            "region_quantile",
            0.5,
            1.0,
            |s: &mut Self| &mut s.region_quantile,
            "which share of the trials they are compared with",
        )
        .fixed()
        .valid(1e-9, 1.0),
        Param::switch(
            "evaluate_on_local",
            |s: &mut Self| &mut s.evaluate_on_local,
            "compare with the trials of the study; else with the whole space",
        )
        .fixed(),
    ];
}

/// Ranges become so many cells at most.
const CELLS: usize = 50;
/// Fewer trials that have a dimension say nothing of it.
const FEWEST: usize = 2;

impl Importance for PedAnova {
    fn of_losses(&self, history: &History, losses: &[f64]) -> Vec<f64> {
        let places: Vec<usize> = (0..losses.len()).filter(|&place| losses[place].is_finite()).collect();
        let region = best(&places, losses, self.region_quantile);
        let target = best(&places, losses, self.target_quantile);
        let dimensions = history.space().dimensions();
        if places.len() < 2 {
            return vec![0.0; dimensions.len()];
        }
        let (n_target, n_region) = (target.len() as f64, region.len() as f64);
        let one = |dimension: &tunesmith_core::Dimension| {
            let column = history.column(&dimension.key).expect("a dimension has a column");
            let Some(grid) = Grid::of(&dimension.domain) else { return 0.0 };
            let (top, n_top) = grid.count(column, &target);
            let (local, n_local) = grid.count(column, &region);
            if n_top == 0 || n_local < FEWEST {
                return 0.0;
            }
            let top = grid.density(&top);
            let local = if self.evaluate_on_local {
                grid.density(&local)
            } else {
                vec![1.0 / grid.cells as f64; grid.cells]
            };
            // The regimes in which the dimension does not exist have nothing to diverge.
            let (alpha, beta) = (n_top as f64 / n_target, n_local as f64 / n_region);
            let divergence: f64 =
                top.iter().zip(&local).map(|(top, local)| local * (top / local - 1.0).powi(2)).sum();
            alpha * alpha / beta * divergence * (n_target / n_region).powi(2)
        };
        dimensions.iter().map(one).collect()
    }
}

/// The places whose loss is among the best share, equals included.
fn best(places: &[usize], losses: &[f64], quantile: f64) -> Vec<usize> {
    if quantile >= 1.0 || places.is_empty() {
        return places.to_vec();
    }
    let mut sorted: Vec<f64> = places.iter().map(|&place| losses[place]).collect();
    let cut = ((quantile * sorted.len() as f64).ceil() as usize).clamp(1, sorted.len()) - 1;
    let (_, &mut cut, _) = sorted.select_nth_unstable_by(cut, f64::total_cmp);
    places.iter().copied().filter(|&place| losses[place] <= cut).collect()
}

/// How a domain is cut into cells.
struct Grid {
    cells: usize,
    /// The coordinate of the first cell and the width of one; `None` for the options of a choice.
    range: Option<(f64, f64)>,
}

impl Grid {
    /// `None` for a domain with a single value.
    fn of(domain: &Domain) -> Option<Self> {
        if domain.size() == Some(1) {
            return None;
        }
        let numbers = |low: f64, high: f64, scale: &Scale, cells: usize| {
            let (low, high) = (scale.warp(low), scale.warp(high));
            Self { cells, range: Some((low, (high - low) / (cells - 1) as f64)) }
        };
        Some(match domain {
            Domain::Choice { options } => Self { cells: options.len(), range: None },
            Domain::Float { low, high, scale, .. } => {
                numbers(*low, *high, scale, domain.size().map_or(CELLS, |n| CELLS.min(n as usize)))
            }
            Domain::Int { low, high, scale: Scale::Log, .. } => {
                // Bits, not numbers: the small ones of a wide range lie far apart on its scale.
                let bits = ((high - low + 1) as f64).ln() / 2.0_f64.ln();
                numbers(*low as f64, *high as f64, &Scale::Log, CELLS.min(bits.ceil() as usize + 1))
            }
            Domain::Int { low, high, scale, .. } => numbers(
                *low as f64,
                *high as f64,
                scale,
                domain.size().map_or(CELLS, |n| CELLS.min(n as usize)),
            ),
            _ => return None,
        })
    }

    /// How many of the trials at these places lie in each cell, and how many have the dimension at all.
    fn count(&self, column: &[f64], places: &[usize]) -> (Vec<u32>, usize) {
        let mut counts = vec![0; self.cells];
        let mut n = 0;
        for z in places.iter().map(|&place| column[place]).filter(|z| z.is_finite()) {
            let cell = match self.range {
                Some((low, width)) => ((z - low) / width - 0.5).ceil(), // half-way goes down, as in Optuna
                None => z.floor(),
            };
            counts[(cell.max(0.0) as usize).min(self.cells - 1)] += 1;
            n += 1;
        }
        (counts, n)
    }

    /// The Parzen estimate of the mass of each cell, never quite zero.
    fn density(&self, counts: &[u32]) -> Vec<f64> {
        let n: f64 = counts.iter().map(|&count| f64::from(count)).sum();
        let mut density =
            if self.range.is_some() { normal_kernels(counts, n) } else { choice_kernels(counts) };
        density.iter_mut().for_each(|mass| *mass = *mass / (n + 1.0) + 1e-12);
        density
    }
}

/// One kernel per option that occurs, most of it on the option, and a uniform one as prior.
fn choice_kernels(counts: &[u32]) -> Vec<f64> {
    let options = counts.len() as f64;
    let kernels = counts.iter().filter(|count| **count > 0).count() as f64 + 1.0;
    let total = 1.0 + options / kernels; // each kernel has 1 / kernels everywhere and 1 more on its option
    let n: f64 = counts.iter().map(|&count| f64::from(count)).sum();
    counts.iter().map(|&count| (n / kernels + f64::from(count)) / total + 1.0 / options).collect()
}

/// A normal kernel, cut off at the ends, on each cell that occurs, all of the width of Scott's rule (1992), and a wide
/// one in the middle as prior.
fn normal_kernels(counts: &[u32], n: f64) -> Vec<f64> {
    let observed: Vec<(f64, f64)> = (0_u32..)
        .zip(counts)
        .filter(|(_, count)| **count > 0)
        .map(|(cell, &count)| (f64::from(cell), f64::from(count)))
        .collect();
    let sigma = width(&observed, n);
    let cells = counts.len();
    let mass = |from: f64, to: f64, sigma: f64| log_mass(from / sigma, to / sigma).exp();
    // Cells are as far apart as any others at the same distance.
    let at_distance: Vec<f64> =
        (0..cells).map(|distance| mass(distance as f64 - 0.5, distance as f64 + 0.5, sigma)).collect();
    let mut density = vec![0.0; cells];
    for (at, count) in observed {
        let inside = mass(-0.5 - at, cells as f64 - 0.5 - at, sigma);
        for (cell, density) in density.iter_mut().enumerate() {
            *density += count * at_distance[cell.abs_diff(at as usize)] / inside;
        }
    }
    let (middle, wide) = ((cells - 1) as f64 / 2.0, cells as f64);
    let inside = mass(-0.5 - middle, middle + 0.5, wide);
    for (cell, density) in density.iter_mut().enumerate() {
        *density += mass(cell as f64 - 0.5 - middle, cell as f64 + 0.5 - middle, wide) / inside;
    }
    density
}

/// Scott's width from the smaller of the spread and the distance between the quartiles, at least what leaves nine
/// tenths of a kernel in its own cell.
fn width(observed: &[(f64, f64)], n: f64) -> f64 {
    let mean = observed.iter().map(|(cell, count)| cell * count).sum::<f64>() / n;
    let squares: f64 = observed.iter().map(|(cell, count)| (cell - mean).powi(2) * count).sum();
    let spread = (squares / (n - 1.0).max(1.0)).sqrt();
    let (first, third) = ((n / 4.0).floor(), (n * 3.0 / 4.0).floor());
    let up_to = observed.iter().scan(0.0, |sum, (_, count)| {
        *sum += count;
        Some(*sum)
    });
    let up_to: Vec<f64> = up_to.collect();
    let last = observed.len() - 1;
    let low = up_to.iter().position(|sum| *sum >= first).unwrap_or(last);
    let high = up_to.iter().position(|sum| *sum > third).unwrap_or(last);
    let quartiles = observed[high].0 - observed[low].0;
    (1.059 * (quartiles / 1.34).min(spread) * n.powf(-0.2)).max(0.5 / 1.64)
}

register!(ImportanceEntry, PedAnova);
