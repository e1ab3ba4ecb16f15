//! TPE: the tree-structured Parzen estimator, with the settings of Optuna 5.0.
//!
//! Good trials ("below") and the others ("above") each make a density; points drawn from the first are compared by the
//! ratio of the two, and the best is tried. What differs from Optuna's default: dimensions that exist under the same
//! conditions are modelled together and dimensions of other branches apart (Optuna's `group=True`), and diverged trials
//! count as worse than the worst.

mod parzen;
mod split;

#[cfg(test)]
mod golden;

use tunesmith_core::{Describe, Dimension, Generator, Param, Params, Space, Value, register};

use crate::{History, Sampler, SamplerEntry};
use parzen::{Axis, Parzen};
use split::{Split, n_lessons, split};

/// The tree-structured Parzen estimator: multivariate, grouped by conditions, aware of running trials.
///
/// ```
/// use tunesmith_core::{Domain, Scale, Space};
/// use tunesmith_tuner::{Budget, Study, samplers::Tpe};
/// let space = Space::new().with("x", Domain::float(-10.0, 10.0, Scale::Linear, None).unwrap());
/// let study = Study::minimize(space).sampler(Tpe::default()).open().unwrap();
/// study.optimize(|trial| (trial.float("x") - 3.0).powi(2), &Budget::trials(60)).unwrap();
/// assert!(study.best().unwrap().value.unwrap() < 0.1);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Tpe {
    /// So many trials are random before the densities are used.
    pub n_startup_trials: usize,
    /// Points that are compared for one suggestion.
    pub n_ei_candidates: usize,
}

impl Default for Tpe {
    fn default() -> Self {
        Self { n_startup_trials: 10, n_ei_candidates: 24 }
    }
}

impl Describe for Tpe {
    const NAME: &'static str = "tpe";
    const ABOUT: &'static str = "tree-structured Parzen estimator: multivariate, grouped by conditions";
    const SOURCE: &'static str =
        "Bergstra et al. 2011; Watanabe 2023, arXiv 2304.11127; settings of Optuna 5.0";
    const PARAMS: &'static [Param<Self>] = &[
        Param::int(
            "n_startup_trials",
            1,
            50,
            |s: &mut Self| &mut s.n_startup_trials,
            "random trials at the start",
        )
        .fixed(),
        Param::int(
            "n_ei_candidates",
            1,
            1000,
            |s: &mut Self| &mut s.n_ei_candidates,
            "points compared for one suggestion",
        )
        .log()
        .fixed()
        .valid(1.0, 1e6),
    ];
}

impl Sampler for Tpe {
    fn suggest(&self, space: &Space, history: &History, generator: &mut Generator) -> Params {
        if n_lessons(history) < self.n_startup_trials.max(1) {
            return space.complete(|dimension| dimension.domain.place(generator.uniform()));
        }
        let split = split(history);
        let mut params = Params::new();
        for group in groups(space) {
            if group[0].when.iter().all(|condition| condition.holds(&params)) {
                self.suggest_group(&group, history, &split, generator, &mut params);
            }
        }
        params
    }
}

impl Tpe {
    fn suggest_group(
        &self,
        group: &[&Dimension],
        history: &History,
        split: &Split,
        generator: &mut Generator,
        params: &mut Params,
    ) {
        let (single, open): (Vec<&Dimension>, Vec<&Dimension>) =
            group.iter().partition(|dimension| dimension.domain.size() == Some(1));
        for dimension in single {
            params.insert(dimension.key.clone(), dimension.domain.place(0.5));
        }
        if open.is_empty() {
            return;
        }
        let axes: Vec<Axis<'_>> = open.iter().map(|dimension| Axis::new(&dimension.domain)).collect();
        let columns: Vec<&[f64]> =
            open.iter().map(|dimension| history.column(&dimension.key).unwrap_or(&[])).collect();
        let below = Parzen::fit(&axes, observed(&columns, &split.below));
        let above = Parzen::fit(&axes, observed(&columns, &split.above));
        let points = below.draw(generator, self.n_ei_candidates);
        let gains =
            below.log_density(&points).into_iter().zip(above.log_density(&points)).map(|(l, g)| l - g);
        // The first of the best.
        let best = gains
            .enumerate()
            .fold((0, f64::NEG_INFINITY), |best, (c, gain)| if gain > best.1 { (c, gain) } else { best });
        for ((dimension, axis), points) in open.iter().zip(&axes).zip(&points) {
            let value: Value = axis.value(points[best.0]);
            params.insert(dimension.key.clone(), value);
        }
    }
}

/// Dimensions that exist under the same conditions, in the order of each group's first.
fn groups(space: &Space) -> Vec<Vec<&Dimension>> {
    let mut groups: Vec<Vec<&Dimension>> = Vec::new();
    for dimension in space.dimensions() {
        match groups.iter_mut().find(|group| group[0].when == dimension.when) {
            Some(group) => group.push(dimension),
            None => groups.push(vec![dimension]),
        }
    }
    groups
}

/// The coordinates of those trials that have all dimensions, by dimension.
fn observed(columns: &[&[f64]], places: &[usize]) -> Vec<Vec<f64>> {
    let known = |place: &&usize| {
        columns.iter().all(|column| column.get(**place).is_some_and(|coordinate| coordinate.is_finite()))
    };
    let places: Vec<usize> = places.iter().filter(known).copied().collect();
    columns.iter().map(|column| places.iter().map(|&place| column[place]).collect()).collect()
}

register!(SamplerEntry, Tpe);
