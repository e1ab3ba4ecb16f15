//! Feasibility: how likely a point can be tried at all, from trials that diverged and from constraints that were measured.

use super::chain::{self, Cache, Lesson};
use super::encoding::Kind;
use super::lessons::{Ending, Lessons, hashed_row, mix};
use super::likelihood::Data;
use super::matrix::dot;
use super::model::{Model, Scratch};
use crate::numeric::log_below;

/// One reason why points are infeasible: what it was at each trial of which it is known, positive where the trial was
/// feasible.
///
/// For a constraint that is the room that was left. A divergence, of which nothing is known but that it happened, stands at
/// minus one and every other end at one, and is learnt like a number (least-squares classification: Rasmussen & Williams
/// 2006, section 6.5).
#[derive(Clone, Debug, Default)]
pub(super) struct Margin {
    rows: Vec<Vec<f64>>,
    rooms: Vec<f64>,
}

/// More trials than this are thinned out: half of so many from the newest, which lie where the search is.
const MOST: usize = 256;

impl Margin {
    /// The reasons that made at least one of these trials infeasible.
    pub(super) fn of(lessons: &Lessons) -> Vec<Self> {
        let mut margins = Vec::new();
        let end = |ending: &Ending| if ending.is_diverged() { -1.0 } else { 1.0 };
        let ends: Vec<f64> = lessons.endings.iter().map(end).collect();
        let measured = lessons.constraints.values().map(|values| rooms(values));
        for rooms in std::iter::once(ends).chain(measured) {
            if rooms.iter().any(|room| *room < 0.0) {
                let known = lessons.rows.iter().zip(&rooms).filter(|(_, room)| !room.is_nan());
                let (rows, rooms) = known.map(|(row, room)| (row.clone(), *room)).unzip();
                margins.push(Self { rows, rooms });
            }
        }
        margins
    }

    /// The mean room over the first `n`, and its spread.
    fn scale(&self, n: usize) -> (f64, f64) {
        let count = n as f64;
        let mean = self.rooms[..n].iter().sum::<f64>() / count;
        let spread = (self.rooms[..n].iter().map(|room| (room - mean).powi(2)).sum::<f64>() / count).sqrt();
        (mean, if spread > 1e-12 { spread } else { 1.0 })
    }

    /// Of the first `n`, the places that a model is made of.
    fn kept(n: usize) -> Vec<usize> {
        if n <= MOST {
            return (0..n).collect();
        }
        let newest = n - MOST / 2;
        (0..MOST / 2).map(|i| i * newest / (MOST / 2)).chain(newest..n).collect()
    }
}

impl Lesson for Margin {
    fn len(&self) -> usize {
        self.rows.len()
    }

    fn hashed(&self, place: usize, hash: u64) -> u64 {
        mix(hashed_row(&self.rows[place], hash), self.rooms[place].to_bits())
    }

    fn data(&self, kinds: &[Kind], n: usize) -> Data {
        let (mean, spread) = self.scale(n);
        let kept = Self::kept(n);
        let rows: Vec<&[f64]> = kept.iter().map(|&place| self.rows[place].as_slice()).collect();
        let scores = kept.iter().map(|&place| (self.rooms[place] - mean) / spread).collect();
        Data::new(kinds.to_vec(), &rows, scores)
    }
}

/// The room that values of a constraint leave: on a scale on which they are of the size of one, large ones drawn together
/// so that none outweighs the others, and zero where it was. A constraint that was not measured is unknown; the infinite
/// is only very large.
fn rooms(values: &[f64]) -> Vec<f64> {
    let mut sizes: Vec<f64> =
        values.iter().map(|value| value.abs()).filter(|size| size.is_finite() && *size > 0.0).collect();
    sizes.sort_by(f64::total_cmp);
    let scale = sizes.get(sizes.len() / 2).copied().unwrap_or(1.0);
    values.iter().map(|value| -(value / scale).clamp(-1e6, 1e6).asinh()).collect()
}

/// Points that are less likely feasible than this many standard deviations say, two in three, are worth next to nothing.
///
/// A plain product with the probability is too bold: losses that fall towards a cliff promise so much beyond it that one
/// chance in a thousand is taken again and again.
const LIKELY: f64 = 0.43;
/// How much less, as a factor of the square of what is missing.
const STEEP: f64 = 100.0;

/// Models of all margins, each with what is added to its mean.
#[derive(Clone, Debug, Default)]
pub(super) struct Feasibility(Vec<(Model, f64)>);

impl Feasibility {
    /// Of the margins that something can be learnt about.
    pub(super) fn new(kinds: &[Kind], margins: &[Margin], cache: &Cache) -> Self {
        let model = |margin: &Margin| {
            let theta = chain::theta(kinds, margin, cache)?;
            let (mean, spread) = margin.scale(margin.len());
            Some((Model::new(&margin.data(kinds, margin.len()), &theta)?, mean / spread))
        };
        Self(margins.iter().filter_map(model).collect())
    }

    /// Whether all points are feasible, as far as is known.
    pub(super) fn is_certain(&self) -> bool {
        self.0.is_empty()
    }

    /// The logarithm of the probability that a point is feasible, the reasons taken one by one.
    pub(super) fn log_probability(&self, x: &[f64], scratch: &mut Scratch) -> f64 {
        self.0.iter().map(|(model, mean)| log_below(deviations(model, *mean, x, scratch).0).0).sum()
    }

    /// What is added to the logarithm of what a point promises.
    pub(super) fn worth(&self, x: &[f64], scratch: &mut Scratch) -> f64 {
        self.0.iter().map(|(model, mean)| worth(deviations(model, *mean, x, scratch).0).0).sum()
    }

    /// The same, with its gradient added.
    pub(super) fn add_gradient(&self, x: &[f64], scratch: &mut Scratch, gradient: &mut [f64]) -> f64 {
        let mut sum = 0.0;
        for (model, mean) in &self.0 {
            let (z, deviation) = deviations(model, *mean, x, scratch);
            model.spread(scratch);
            let (worth, slope) = worth(z);
            // The derivative of the deviation by k(x, x_i) is -(K^-1 k)_i / deviation.
            let factors = model.alpha.iter().zip(&scratch.whole);
            let factors: Vec<f64> =
                factors.map(|(alpha, whole)| slope / deviation * (alpha + z / deviation * whole)).collect();
            model.add_gradient(x, &factors, &scratch.slopes, gradient);
            sum += worth;
        }
        sum
    }
}

/// How many standard deviations a margin's mean lies above zero, and the deviation.
fn deviations(model: &Model, mean: f64, x: &[f64], scratch: &mut Scratch) -> (f64, f64) {
    model.covariances(x, scratch);
    let deviation = model.variance(scratch).sqrt();
    ((dot(&scratch.covariances, &model.alpha) + mean) / deviation, deviation)
}

/// The logarithm of the probability, and steeply less where that is too small; with the derivative.
fn worth(z: f64) -> (f64, f64) {
    let (log, slope) = log_below(z);
    let missing = (LIKELY - z).max(0.0);
    (log - STEEP * missing * missing, slope + 2.0 * STEEP * missing)
}
