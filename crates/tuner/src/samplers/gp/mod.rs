//! GP: Bayesian optimisation with a Gaussian process.

mod acquisition;
mod chain;
mod design;
mod encoding;
mod kernel;
mod likelihood;
mod matrix;
mod model;
mod search;
mod warp;

use std::sync::Arc;

use tunesmith_core::{Describe, Generator, Params, Space, register};

use crate::{History, Sampler, SamplerEntry, TrialState};
use acquisition::{Acquisition, Rule};
use chain::{Cache, Lessons};
use encoding::{Encoding, Region};
use model::Model;
use search::{Effort, Search, Taken, Trust};

/// A throw-away switch for experiments.
pub(crate) fn knob(name: &str, default: f64) -> f64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Bayesian optimisation with a Gaussian process.
#[derive(Clone, Debug, Default)]
pub struct Gp {
    cache: Arc<Cache>,
}

impl Describe for Gp {
    const NAME: &'static str = "gp";
    const ABOUT: &'static str =
        "Gaussian process: Matérn 5/2, warped values, expected improvement and trust region";
    const SOURCE: &'static str =
        "Snoek et al. 2012; Ament et al. 2023, arXiv 2310.20708; Song et al. 2024, arXiv 2408.11527";
}

/// What a history says, in features.
struct Known {
    lessons: Lessons,
    running: Vec<Vec<f64>>,
    taken: Taken,
}

impl Known {
    fn new(encoding: &Encoding, history: &History) -> Self {
        let columns = encoding.coordinates(history);
        let (mut lessons, mut running, mut taken) = (Lessons::default(), Vec::new(), Taken::default());
        let mut pruned = Vec::new();
        for (place, trial) in history.trials().iter().enumerate() {
            let Some(row) = encoding.row_at(&columns, place) else { continue };
            taken.insert(&row);
            let loss = history.loss(trial).filter(|loss| !loss.is_nan());
            match trial.state {
                TrialState::Complete | TrialState::Diverged => {
                    lessons.losses.push(loss.filter(|_| trial.state == TrialState::Complete));
                    lessons.rows.push(row);
                }
                TrialState::Pruned | TrialState::Paused => {
                    if loss.is_some() {
                        pruned.push(lessons.len());
                        lessons.losses.push(loss);
                        lessons.rows.push(row);
                    }
                }
                TrialState::Running => running.push(row),
                TrialState::Waiting | TrialState::Failed => {}
            }
        }
        let _ = pruned;
        Self { lessons, running, taken }
    }
}

impl Sampler for Gp {
    fn suggest(&self, space: &Space, history: &History, generator: &mut Generator) -> Params {
        let encoding = Encoding::new(history.space());
        let region = Region::new(&encoding, space);
        let known = Known::new(&encoding, history);
        let row =
            self.point(&region, &known, generator).unwrap_or_else(|| fresh(&region, &known.taken, generator));
        region.params(&row)
    }
}

/// A random point, not taken if that is possible.
fn fresh(region: &Region<'_>, taken: &Taken, generator: &mut Generator) -> Vec<f64> {
    let mut row = region.draw(generator);
    for _ in 0..100 {
        if !taken.contains(&row) {
            break;
        }
        row = region.draw(generator);
    }
    row
}

impl Gp {
    fn point(&self, region: &Region<'_>, known: &Known, generator: &mut Generator) -> Option<Vec<f64>> {
        let encoding = region.encoding;
        let d = encoding.columns.len();
        if d == 0 {
            return None;
        }
        let n = known.lessons.len();
        let n_startup = if knob("N0", 0.0) > 0.0 { knob("N0", 0.0) as usize } else { (d + 2).clamp(5, 10) };
        if n < n_startup {
            let there: Vec<Vec<f64>> = known.lessons.rows.iter().chain(&known.running).cloned().collect();
            let row = design::next(region, &there, generator);
            return (!known.taken.contains(&row)).then_some(row);
        }
        let kinds = encoding.kinds();
        let theta = chain::theta(&kinds, &known.lessons, n_startup, &self.cache)?;
        let kept = known.lessons.kept(n);
        let model = Model::new(known.lessons.data(&kinds, n), &theta)?;
        let means = model.means();
        let mut order: Vec<usize> = (0..kept.len()).collect();
        order.sort_by(|&a, &b| means[b].total_cmp(&means[a]));
        let good: Vec<Vec<f64>> =
            order.iter().take(4).map(|&place| known.lessons.rows[kept[place]].clone()).collect();
        let best = if knob("FSTAR", 0.0) == 0.0 {
            means.iter().copied().fold(f64::NEG_INFINITY, f64::max)
        } else {
            model.data.scores.iter().copied().fold(f64::NEG_INFINITY, f64::max)
        };
        let arm = match knob("ARM", 0.0) as usize {
            0 => n % 3 == 2,
            1 => false,
            _ => true,
        };
        let (model, rule) = if known.running.is_empty() {
            let alpha = model.alpha.clone();
            let rule = if arm { Rule::Bound(1.8) } else { Rule::Improvement(vec![(alpha, best)]) };
            (model, rule)
        } else {
            let believed = model.with_believed(&known.running)?;
            let alpha = believed.alpha.clone();
            let rule = if arm { Rule::Bound(1.8) } else { Rule::Improvement(vec![(alpha, best)]) };
            (believed, rule)
        };
        let radius = 0.2 + 0.3 * n as f64 / (5.0 * (d as f64 + 1.0));
        let trust = (arm && radius <= 0.5).then_some(Trust { rows: &known.lessons.rows, radius });
        let acquisition = Acquisition { model: &model, rule };
        let effort = Effort {
            global: knob("GLOBAL", 256.0) as usize,
            local: knob("LOCAL", 64.0) as usize,
            starts: knob("STARTS", 6.0) as usize,
        };
        let search = Search { region, acquisition: &acquisition, taken: &known.taken, trust, effort };
        search.run(&good, generator)
    }
}

register!(SamplerEntry, Gp);
