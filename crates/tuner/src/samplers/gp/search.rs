//! The search for the point that promises most: many points are looked at, the best and most different are improved.

use tunesmith_core::Generator;

use super::acquisition::Acquisition;
use super::encoding::{Kind, Range, Region};
use super::lessons::Taken;
use super::model::Scratch;
use crate::numeric::{Bounds, Lbfgs};

/// How much is searched.
#[derive(Clone, Copy, Debug)]
pub(super) struct Effort {
    /// Points all over the region.
    pub(super) global: usize,
    /// Points around known good ones.
    pub(super) local: usize,
    /// Points that are improved.
    pub(super) starts: usize,
}

/// Where the search may go beyond the region's own limits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trust<'a> {
    /// The known points.
    pub(super) rows: &'a [Vec<f64>],
    /// No continuous feature is farther than this from those of the nearest known point.
    pub(super) radius: f64,
}

#[derive(Debug)]
pub(super) struct Search<'a> {
    pub(super) region: &'a Region<'a>,
    pub(super) acquisition: &'a Acquisition<'a>,
    pub(super) taken: &'a Taken,
    pub(super) trust: Option<Trust<'a>>,
    pub(super) effort: Effort,
}

/// Discrete regions up to this size are looked at whole.
const WHOLE: usize = 512;

impl Search<'_> {
    /// The best point found that is not taken; `good` are points to look around, the best first.
    pub(super) fn run(&self, good: &[Vec<f64>], generator: &mut Generator) -> Option<Vec<f64>> {
        let mut scratch = Scratch::default();
        let mut candidates = self.candidates(good, generator);
        candidates.retain(|row| !self.taken.contains(row));
        let mut valued: Vec<(f64, Vec<f64>)> = candidates
            .into_iter()
            .map(|row| (self.acquisition.value(&row, &mut scratch), row))
            .filter(|(value, _)| !value.is_nan())
            .collect();
        valued.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut best: Option<(f64, Vec<f64>)> = None;
        for (value, row) in self.starts(&valued) {
            let (value, row) = self.improve(value, row, &mut scratch);
            if best.as_ref().is_none_or(|(most, _)| value > *most) && !self.taken.contains(&row) {
                best = Some((value, row));
            }
        }
        best.map(|(_, row)| row)
    }

    fn candidates(&self, good: &[Vec<f64>], generator: &mut Generator) -> Vec<Vec<f64>> {
        if let Some(all) = self.all() {
            return all;
        }
        let mut rows = Vec::with_capacity(self.effort.global + self.effort.local);
        for _ in 0..self.effort.global {
            let row = match self.trust {
                None => self.region.draw(generator),
                Some(trust) => self.drawn_near(trust, generator),
            };
            rows.push(row);
        }
        if !good.is_empty() {
            for i in 0..self.effort.local {
                rows.push(self.perturbed(
                    &good[i % good.len()],
                    [0.1, 0.02, 0.004][i / good.len() % 3],
                    generator,
                ));
            }
        }
        rows
    }

    /// All points of a small discrete region without conditions.
    fn all(&self) -> Option<Vec<Vec<f64>>> {
        let sizes = self.region.ranges.iter().map(|range| match range {
            Range::Fixed(_) => Some(1),
            Range::Listed(values) => Some(values.len()),
            _ => None,
        });
        let size = sizes.into_iter().try_fold(1_usize, |product, size| product.checked_mul(size?))?;
        if size > WHOLE || self.region.is_conditional() {
            return None;
        }
        let mut rows = vec![Vec::new()];
        for range in &self.region.ranges {
            let values: &[f64] = match range {
                Range::Listed(values) => values,
                Range::Fixed(value) => std::slice::from_ref(value),
                _ => &[],
            };
            rows = rows
                .iter()
                .flat_map(|row| values.iter().map(move |value| row.iter().copied().chain([*value]).collect()))
                .collect();
        }
        Some(rows)
    }

    fn drawn_near(&self, trust: Trust<'_>, generator: &mut Generator) -> Vec<f64> {
        let anchor = &trust.rows[generator.below(trust.rows.len())];
        let mut row = self.region.draw(generator);
        for (j, range) in self.region.ranges.iter().enumerate() {
            if let Range::Continuous { low, high } = range {
                let (low, high) = (low.max(anchor[j] - trust.radius), high.min(anchor[j] + trust.radius));
                if low < high {
                    row[j] = generator.uniform_in(low, high);
                }
            }
        }
        self.region.settle(&mut row);
        row
    }

    /// A good point with about three features moved a little (discrete ones by a few steps, choices anew).
    fn perturbed(&self, center: &[f64], width: f64, generator: &mut Generator) -> Vec<f64> {
        let mut row = center.to_vec();
        let d = row.len();
        let chance = (3.0 / d as f64).min(1.0);
        let sure = generator.below(d);
        for (j, feature) in row.iter_mut().enumerate() {
            if j != sure && !generator.chance(chance) {
                continue;
            }
            *feature = match &self.region.ranges[j] {
                Range::Fixed(value) => *value,
                Range::Listed(_) if self.region.encoding.columns[j].kind == Kind::Choice => {
                    self.region.feature_at(j, generator.uniform())
                }
                Range::Listed(values) => {
                    let reach = (2.0 * width * values.len() as f64).ceil() as usize;
                    let steps = 1 + generator.below(reach.max(1)) as i64;
                    self.region.moved(j, *feature, if generator.chance(0.5) { steps } else { -steps })
                }
                _ => self.region.snapped(j, *feature + width * generator.normal()),
            };
        }
        self.region.settle(&mut row);
        // The centre may be a known point outside a narrowed region.
        for (feature, range) in row.iter_mut().zip(&self.region.ranges) {
            if let Range::Fixed(value) = range {
                *feature = *value;
            }
        }
        self.region.settle(&mut row);
        row
    }

    /// The best of the valued points and others, each unlike those before it.
    fn starts(&self, valued: &[(f64, Vec<f64>)]) -> Vec<(f64, Vec<f64>)> {
        let theta = &self.acquisition.model.theta;
        let lengths: Vec<f64> = (0..theta.features()).map(|j| theta.length(j)).collect();
        let apart = |a: &[f64], b: &[f64]| {
            let pairs = a.iter().zip(b).zip(&lengths).enumerate();
            let distance = pairs.map(|(j, ((a, b), length))| match self.region.encoding.columns[j].kind {
                Kind::Line => (a - b).abs() / length,
                Kind::Choice => f64::from(a != b) / length,
            });
            distance.fold(0.0, f64::max)
        };
        let mut starts: Vec<(f64, Vec<f64>)> = Vec::new();
        for (value, row) in valued {
            if starts.len() == self.effort.starts {
                break;
            }
            if starts.iter().all(|(_, other)| apart(row, other) > 0.1) {
                starts.push((*value, row.clone()));
            }
        }
        starts
    }

    /// Continuous features by their gradient and discrete ones by trying, in turn, until nothing gets better.
    fn improve(&self, mut value: f64, mut row: Vec<f64>, scratch: &mut Scratch) -> (f64, Vec<f64>) {
        let mut active = Vec::new();
        for _ in 0..8 {
            self.region.mark_active(&row, &mut active);
            let before = value;
            value = self.climb(value, &mut row, &active, scratch);
            let climbed = value;
            for j in 0..row.len() {
                if active[j] {
                    value = self.try_values(value, &mut row, j, scratch);
                    if self.region.is_conditional() {
                        self.region.mark_active(&row, &mut active);
                    }
                }
            }
            let no_steps = value <= climbed;
            if no_steps || value - before < 1e-6 * value.abs().max(1.0) {
                break;
            }
        }
        (value, row)
    }

    fn climb(&self, value: f64, row: &mut [f64], active: &[bool], scratch: &mut Scratch) -> f64 {
        let theta = &self.acquisition.model.theta;
        let mut free = Vec::new();
        let mut bounds = Bounds { low: Vec::new(), high: Vec::new() };
        let anchor = self.trust.map(|trust| (nearest(self.region, trust.rows, row), trust.radius));
        for (j, range) in self.region.ranges.iter().enumerate() {
            if let (Range::Continuous { low, high }, true) = (range, active[j]) {
                let (mut low, mut high) = (*low, *high);
                if let Some((anchor, radius)) = anchor {
                    low = low.max(anchor[j] - radius).min(row[j]);
                    high = high.min(anchor[j] + radius).max(row[j]);
                }
                // In units of the length scale all directions curve alike.
                let length = theta.length(j).clamp(0.02, 2.0);
                bounds.low.push(low / length);
                bounds.high.push(high / length);
                free.push((j, length));
            }
        }
        if free.is_empty() {
            return value;
        }
        let mut x: Vec<f64> = free.iter().map(|&(j, length)| row[j] / length).collect();
        let mut point = row.to_vec();
        let mut whole = vec![0.0; row.len()];
        let search = Lbfgs { evaluations: 40, slope: 1e-5, gain: 1e-7 };
        let climbed = -search.minimize(&mut x, &bounds, |x, gradient| {
            for (&(j, length), x) in free.iter().zip(x) {
                point[j] = x * length;
            }
            let value = self.acquisition.value_and_gradient(&point, scratch, &mut whole);
            for ((j, length), gradient) in free.iter().zip(gradient) {
                *gradient = -whole[*j] * length;
            }
            -value
        });
        if climbed > value {
            for (&(j, length), x) in free.iter().zip(&x) {
                row[j] = self.region.snapped(j, x * length);
            }
            return climbed;
        }
        value
    }

    /// The best value of one discrete feature, the others held.
    fn try_values(&self, mut value: f64, row: &mut Vec<f64>, j: usize, scratch: &mut Scratch) -> f64 {
        let mut best = row.clone();
        let mut attempt = |feature: f64, value: &mut f64| {
            if feature == row[j] {
                return false;
            }
            let mut other = row.clone();
            other[j] = feature;
            self.region.settle(&mut other);
            if self.taken.contains(&other) {
                return false;
            }
            let found = self.acquisition.value(&other, scratch);
            let better = found > *value;
            if better {
                *value = found;
                best = other;
            }
            better
        };
        match &self.region.ranges[j] {
            Range::Listed(values)
                if values.len() <= 16 || self.region.encoding.columns[j].kind == Kind::Choice =>
            {
                for feature in values {
                    attempt(*feature, &mut value);
                }
            }
            Range::Listed(_) | Range::Stepped { .. } => {
                for direction in [1, -1] {
                    let mut step = 1;
                    // As long as farther is better, and two steps over a ridge.
                    let mut misses = 0;
                    while misses < 3 && step < 1 << 40 {
                        let feature = self.region.moved(j, row[j], direction * step);
                        misses = if attempt(feature, &mut value) { 0 } else { misses + 1 };
                        step *= 2;
                    }
                }
            }
            Range::Fixed(_) | Range::Continuous { .. } => {}
        }
        *row = best;
        value
    }
}

/// The row that is nearest in the continuous features, by the greatest difference.
fn nearest<'a>(region: &Region<'_>, rows: &'a [Vec<f64>], to: &[f64]) -> &'a [f64] {
    let distance = |row: &[f64]| {
        let ranges = region.ranges.iter().zip(row).zip(to);
        let continuous = ranges.filter(|((range, _), _)| matches!(range, Range::Continuous { .. }));
        continuous.map(|((_, a), b)| (a - b).abs()).fold(0.0, f64::max)
    };
    rows.iter().min_by(|a, b| distance(a).total_cmp(&distance(b))).map_or(&[], Vec::as_slice)
}
