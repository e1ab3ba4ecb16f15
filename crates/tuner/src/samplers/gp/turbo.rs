//! TuRBO: Bayesian optimisation within a trust region that follows the best point, for many dimensions and long studies.

use std::sync::Arc;

use tunesmith_core::{Describe, Generator, Params, Space, register};

use super::chain::{self, Cache, Lesson};
use super::design;
use super::encoding::{Encoding, Kind, Range, Region};
use super::feasibility::{Feasibility, Margin};
use super::kernel::Theta;
use super::lessons::{Known, Lessons};
use super::matrix::{cholesky, dot};
use super::model::{Model, Scratch};
use crate::samplers::untried;
use crate::{History, Sampler, SamplerEntry};

/// Trust-region Bayesian optimisation (TuRBO-1).
///
/// A box around the best point holds the candidates; one drawn function of a local Gaussian process says which of them
/// is tried (Thompson sampling). Three successes in a row double the box, as many failures as there are dimensions (at
/// least four) halve it, and when it has become very small the search begins anew elsewhere. Of the trials since the
/// last beginning at most 300 make the model, as in [`Gp`](crate::samplers::Gp), so that a suggestion costs the same
/// however long a study is.
///
/// The box is replayed from the history, by trial number: nothing is lost when a study is resumed.
///
/// ```
/// use tunesmith_core::{Domain, Scale, Space};
/// use tunesmith_tuner::{Budget, Study, samplers::Turbo};
/// let range = Domain::float(-10.0, 10.0, Scale::Linear, None).unwrap();
/// let space = Space::new().with("x", range.clone()).with("y", range);
/// let study = Study::minimize(space).sampler(Turbo::default()).open().unwrap();
/// let bowl = |trial: &mut tunesmith_tuner::TrialRun<'_>| {
///     (trial.float("x") - 3.0).powi(2) + (trial.float("y") + 1.0).powi(2)
/// };
/// study.optimize(bowl, &Budget::trials(50)).unwrap();
/// assert!(study.best().unwrap().value.unwrap() < 0.1);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Turbo {
    cache: Arc<Cache>,
}

impl Describe for Turbo {
    const NAME: &'static str = "turbo";
    const ABOUT: &'static str = "trust-region Bayesian optimisation: many dimensions, long studies";
    const SOURCE: &'static str = "Eriksson et al. 2019, arXiv 1910.01739";
}

/// The sides of the box in units of the unit cube: at the start, at most, and where the search begins anew.
const SIDE: f64 = 0.8;
const LONGEST: f64 = 1.6;
const SHORTEST: f64 = 0.007_812_5; // 2^-7
/// Successes in a row that double the box.
const SUCCESSES: usize = 3;
/// A success is better by this share of the best loss.
const SUCCESS: f64 = 1e-3;
/// Points that one drawn function is compared at.
const CANDIDATES: usize = 192;
/// So many features of the best point change in a candidate, on average, if there are as many.
const CHANGED: f64 = 20.0;

/// Where the search stands.
#[derive(Debug, PartialEq)]
struct State {
    /// The first lesson since the last beginning.
    start: usize,
    side: f64,
}

/// The box after these lessons, of which `first` make each beginning.
fn replay(lessons: &Lessons, d: usize, first: usize) -> State {
    let losses = lessons.losses(lessons.len());
    let failures = d.max(4);
    let mut state = State { start: 0, side: SIDE };
    let (mut best, mut good, mut bad) = (f64::INFINITY, 0, 0);
    for (place, loss) in losses.iter().enumerate() {
        let loss = loss.filter(|_| lessons.is_feasible(place)).unwrap_or(f64::INFINITY);
        let better = loss < best - SUCCESS * if best.is_finite() { best.abs() } else { 0.0 };
        best = best.min(loss);
        if place < state.start + first {
            continue;
        }
        (good, bad) = if better { (good + 1, 0) } else { (0, bad + 1) };
        if good == SUCCESSES {
            (state.side, good) = ((2.0 * state.side).min(LONGEST), 0);
        }
        if bad == failures {
            (state.side, bad) = (0.5 * state.side, 0);
        }
        if state.side < SHORTEST {
            state = State { start: place + 1, side: SIDE };
            (best, good, bad) = (f64::INFINITY, 0, 0);
        }
    }
    state
}

impl Sampler for Turbo {
    fn suggest(&self, space: &Space, history: &History, generator: &mut Generator) -> Params {
        let encoding = Encoding::new(history.space());
        let region = Region::new(&encoding, space);
        let known = Known::new(&encoding, history);
        let ranked = self.points(&region, &known, generator).unwrap_or_default();
        let mut rows = ranked;
        if rows.is_empty() {
            rows.push(region.draw(generator));
        }
        untried(space, history, generator, rows.iter().map(|row| region.params(row)))
    }

    fn tries_nothing_twice(&self) -> bool {
        true
    }
}

impl Turbo {
    /// The next points, the most promising first.
    fn points(&self, region: &Region<'_>, known: &Known, generator: &mut Generator) -> Option<Vec<Vec<f64>>> {
        let kinds = region.encoding.kinds();
        let d = kinds.len();
        if d == 0 {
            return None;
        }
        let first = chain::first(d).max(d.min(30));
        let state = replay(&known.lessons, d, first);
        let lessons = known.lessons.since(state.start);
        if lessons.len() < first {
            let there: Vec<Vec<f64>> = lessons.rows.iter().chain(&known.running).cloned().collect();
            let point = if known.lessons.len() > 0 && there.is_empty() {
                region.draw(generator) // the middle was the first beginning's
            } else {
                design::next(region, &there, generator)
            };
            return Some(vec![point]);
        }
        let theta = chain::theta(&kinds, &lessons, &self.cache)?;
        let (data, kept) = (lessons.data(&kinds, lessons.len()), lessons.kept(lessons.len()));
        let mut model = Model::new(&data, &theta)?;
        let means = model.means();
        let feasible = (0..means.len()).filter(|&place| lessons.is_feasible(kept[place]));
        let best = feasible.max_by(|&a, &b| means[a].total_cmp(&means[b]).then(b.cmp(&a)));
        let center = best.map_or_else(|| region.draw(generator), |best| lessons.rows[kept[best]].clone());
        let feasibility = Feasibility::new(&kinds, &Margin::of(&lessons), &self.cache);
        if !known.running.is_empty() {
            model = model.with_believed(&known.running)?;
        }
        let sides = sides(&theta, &kinds, state.side);
        let rows: Vec<Vec<f64>> =
            (0..CANDIDATES).map(|_| candidate(region, &center, &sides, generator)).collect();
        Some(ranked(&model, &feasibility, rows, generator))
    }
}

/// The lengths of the box: in proportion to the length scales, with a volume that does not depend on them.
fn sides(theta: &Theta, kinds: &[Kind], side: f64) -> Vec<f64> {
    let lines = kinds.iter().filter(|kind| **kind == Kind::Line).count().max(1) as f64;
    let logs = kinds.iter().zip(&theta.0).filter(|(kind, _)| **kind == Kind::Line).map(|(_, length)| *length);
    let mean = logs.sum::<f64>() / lines;
    theta.0[..kinds.len()].iter().map(|length| side * (length - mean).exp()).collect()
}

/// The centre with some features drawn anew within the box; choices are drawn from all options.
fn candidate(region: &Region<'_>, center: &[f64], sides: &[f64], generator: &mut Generator) -> Vec<f64> {
    let mut row = center.to_vec();
    let d = row.len();
    let chance = (CHANGED / d as f64).min(1.0);
    let sure = generator.below(d);
    for (j, feature) in row.iter_mut().enumerate() {
        let changes = generator.chance(chance) || j == sure;
        let u = generator.uniform();
        *feature = match &region.ranges[j] {
            Range::Fixed(value) => *value,
            _ if !changes => *feature,
            Range::Listed(_) if region.encoding.columns[j].kind == Kind::Choice => region.feature_at(j, u),
            _ => region.snapped(j, *feature + (u - 0.5) * sides[j]),
        };
    }
    region.settle(&mut row);
    row
}

/// The rows in the order of one function drawn from the posterior, less what they are worth less for being unlikely
/// feasible; the best first.
fn ranked(
    model: &Model,
    feasibility: &Feasibility,
    rows: Vec<Vec<f64>>,
    generator: &mut Generator,
) -> Vec<Vec<f64>> {
    let n = rows.len();
    let mut root = model.joint(&rows, 1e-6);
    let draw: Vec<f64> = (0..n).map(|_| generator.normal()).collect();
    let drawn = cholesky(&mut root, n);
    let mut scratch = Scratch::default();
    let mut valued: Vec<(f64, Vec<f64>)> = rows
        .into_iter()
        .enumerate()
        .map(|(i, row)| {
            let (mean, deviation) = model.predict(&row);
            let off = if drawn { dot(&root[i * n..=i * n + i], &draw[..=i]) } else { deviation * draw[i] };
            (mean + off + feasibility.worth(&row, &mut scratch), row)
        })
        .collect();
    valued.sort_by(|a, b| b.0.total_cmp(&a.0));
    valued.into_iter().map(|(_, row)| row).collect()
}

register!(SamplerEntry, Turbo);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samplers::gp::lessons::Ending;

    fn lessons(losses: impl IntoIterator<Item = f64>) -> Lessons {
        let mut lessons = Lessons::default();
        for loss in losses {
            lessons.rows.push(vec![0.5]);
            lessons.endings.push(Ending::Complete(loss));
            lessons.places.push(0);
            lessons.kept_constraints.push(true);
        }
        lessons
    }

    #[test]
    fn successes_widen_the_box_and_failures_narrow_it() {
        let falling = lessons((0..8).map(|i| -f64::from(i)));
        assert_eq!(replay(&falling, 2, 5), State { start: 0, side: 1.6 });
        let flat = lessons([1.0; 9]);
        assert_eq!(replay(&flat, 2, 5), State { start: 0, side: 0.4 });
        let diverged = Lessons { endings: vec![Ending::Diverged; 9], ..flat };
        assert_eq!(replay(&diverged, 2, 5), State { start: 0, side: 0.4 });
    }

    #[test]
    fn a_box_that_vanishes_begins_anew() {
        // Seven halvings of four failures each bring 0.8 below 2^-7.
        assert_eq!(replay(&lessons([1.0; 5 + 28]), 2, 5), State { start: 33, side: SIDE });
    }

    #[test]
    fn the_box_has_the_volume_of_a_cube() {
        let theta = Theta(vec![-1.0, 0.5, 2.0, 0.0, 0.0]);
        let sides = sides(&theta, &[Kind::Line; 3], 0.5);
        assert!((sides.iter().product::<f64>() - 0.125).abs() < 1e-12, "{sides:?}");
        assert!(sides[0] < sides[1] && sides[1] < sides[2]);
    }
}
