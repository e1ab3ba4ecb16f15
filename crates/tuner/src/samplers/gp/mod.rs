//! GP: Bayesian optimisation with a Gaussian process.
//!
//! 1. *Features* (`encoding.rs`): ranges on the unit interval of their scale, choices as they are, dimensions that do not
//!    exist in the middle. *Scores* (`warp.rs`): losses warped so that a heavy tail does not spoil the fit.
//! 2. *Model*: a Matérn 5/2 kernel with a length scale for each feature (`kernel.rs`); its parameters are the likeliest
//!    (`likelihood.rs`), fitted along a chain that is a function of the history alone (`chain.rs`); `model.rs` has the
//!    posterior and `fantasy.rs` what running trials may bring.
//! 3. *Acquisition* (`acquisition.rs`): expected improvement and, in turn with it, an upper bound within a trust region,
//!    both where a point is likely to be feasible (`feasibility.rs`). `search.rs` finds its maximum over continuous, discrete and conditional dimensions.
//! 4. The first points come from `design.rs`. `turbo.rs` is another sampler over the same model.

mod acquisition;
mod chain;
mod design;
mod encoding;
mod fantasy;
mod feasibility;
mod kernel;
mod lessons;
mod likelihood;
mod matrix;
mod model;
mod regret;
mod search;
mod surrogate;
mod turbo;
mod warp;

use std::sync::Arc;

use tunesmith_core::{Describe, Generator, Params, Space, register};

use super::untried;
use crate::{History, Sampler, SamplerEntry};
use acquisition::{Acquisition, Fantasy, Rule};
use chain::{Cache, Lesson};
use encoding::{Encoding, Region};
use fantasy::fantasies;
use feasibility::{Feasibility, Margin};
use lessons::Known;
use model::Model;
pub(crate) use regret::regret_left;
use search::{Effort, Search, Trust};
pub use surrogate::Surrogate;
pub use turbo::Turbo;

/// Bayesian optimisation with a Gaussian process: few trials, each chosen with care.
///
/// The first trial is the middle of the space, the next ones fill it evenly (up to five to ten, by the number of
/// dimensions). From then on a model of the losses chooses: in turn where most improvement is expected (of the
/// logarithm, so that nothing underflows) and where the upper confidence bound is highest near what is known. Running
/// trials are taken into account by what may come of them; pruned ones count as no better than the median. Trials that
/// diverged and constraints that were broken have models of their own: what is promised is multiplied by the probability
/// that a point is feasible, and points that probably are not are hardly tried. No setting is tried twice as long as
/// there are others.
///
/// Suggestions are a function of space, history and generator: clones share a memory of fitted parameters, which a
/// fresh process computes again. A suggestion costs a few milliseconds; of more than 300 finished trials the best 128
/// and 128 of the others make the model, of more than 10,000 the first 2,000 and the last 8,000 are read.
///
/// ```
/// use tunesmith_core::{Domain, Scale, Space};
/// use tunesmith_tuner::{Budget, Study, samplers::Gp};
/// let space = Space::new().with("x", Domain::float(-10.0, 10.0, Scale::Linear, None).unwrap());
/// let study = Study::minimize(space).sampler(Gp::default()).open().unwrap();
/// study.optimize(|trial| (trial.float("x") - 3.0).powi(2), &Budget::trials(20)).unwrap();
/// assert!(study.best().unwrap().value.unwrap() < 1e-4);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Gp {
    cache: Arc<Cache>,
}

impl Describe for Gp {
    const NAME: &'static str = "gp";
    const ABOUT: &'static str =
        "Gaussian process: Matérn 5/2, warped values, expected improvement and trust region";
    const SOURCE: &'static str = "Snoek et al. 2012, arXiv 1206.2944; Ament et al. 2023, arXiv 2310.20708; \
                                  Song et al. 2024, arXiv 2408.11527";
}

impl Sampler for Gp {
    fn suggest(&self, space: &Space, history: &History, generator: &mut Generator) -> Params {
        let encoding = Encoding::new(history.space());
        let region = Region::new(&encoding, space);
        let known = Known::new(&encoding, history);
        let row = self.point(&region, &known, generator).unwrap_or_else(|| region.draw(generator));
        untried(space, history, generator, [region.params(&row)])
    }

    fn tries_nothing_twice(&self) -> bool {
        true
    }
}

/// How much is searched for one suggestion: about as long as a model takes to fit.
const EFFORT: Effort = Effort { global: 384, local: 96, starts: 8 };

/// The width of the upper bound, in standard deviations (Song et al. 2024, section 3).
const BOUND: f64 = 1.8;

/// So many of the points with the best means are looked around.
const GOOD: usize = 4;

impl Gp {
    /// The next point; `None` when there is nothing to choose or no model.
    fn point(&self, region: &Region<'_>, known: &Known, generator: &mut Generator) -> Option<Vec<f64>> {
        let kinds = region.encoding.kinds();
        let (d, n) = (kinds.len(), known.lessons.len());
        if d == 0 {
            return None;
        }
        if n < chain::first(d) {
            let there: Vec<Vec<f64>> = known.lessons.rows.iter().chain(&known.running).cloned().collect();
            return Some(design::next(region, &there, generator));
        }
        let lessons = &known.lessons;
        let theta = chain::theta(&kinds, lessons, &self.cache)?;
        let model = Model::new(&lessons.data(&kinds, n), &theta)?;
        let feasibility = Feasibility::new(&kinds, &Margin::of(lessons), &self.cache);
        let kept = lessons.kept(n);
        let feasible: Vec<bool> = kept.iter().map(|&place| lessons.is_feasible(place)).collect();
        let means = model.means();
        let mut order: Vec<usize> = (0..kept.len()).filter(|&place| feasible[place]).collect();
        order.sort_by(|&a, &b| means[b].total_cmp(&means[a]));
        let good: Vec<Vec<f64>> =
            order.iter().take(GOOD).map(|&place| lessons.rows[kept[place]].clone()).collect();

        let (model, fantasies) = if known.running.is_empty() {
            let fantasy = Fantasy::of(&model, model.alpha.clone(), &model.data.scores, &feasible);
            (model, vec![fantasy])
        } else {
            fantasies(&model, &known.running, &feasible, generator)?
        };
        // In turn: expected improvement is better early and in choices, the bound within a trust region late.
        let bounded = (n + known.running.len()).is_multiple_of(2);
        let rule = match (good.is_empty(), bounded, feasibility.is_certain()) {
            (true, ..) => Rule::Feasible,
            (false, false, _) => Rule::Improvement { fantasies, optimism: 0.0 },
            (false, true, true) => Rule::Bound(BOUND),
            // The bound itself has no zero below which a point is worth nothing, which a probability could be a share of.
            (false, true, false) => {
                let believed = Fantasy::of(&model, model.alpha.clone(), &model.data.scores, &feasible);
                Rule::Improvement { fantasies: vec![believed], optimism: BOUND }
            }
        };
        let radius = trust_radius(n, d);
        let trust = (bounded && radius <= 0.5).then_some(Trust { rows: &lessons.rows, radius });
        let acquisition = Acquisition { model: &model, rule, feasibility: &feasibility };
        let search = Search { region, acquisition: &acquisition, taken: &known.taken, trust, effort: EFFORT };
        search.run(&good, generator)
    }
}

/// How far from known points the bound is believed, more with every trial; beyond one half everywhere (Song et al.
/// 2024, section 3.3).
fn trust_radius(n: usize, d: usize) -> f64 {
    0.2 + 0.3 * n as f64 / (5.0 * (d as f64 + 1.0))
}

register!(SamplerEntry, Gp);
