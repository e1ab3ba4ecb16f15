//! How much better than the best known point there may still be one.

use super::acquisition::{Acquisition, Rule};
use super::chain::{self, Cache, Lesson};
use super::encoding::{Encoding, Region};
use super::feasibility::{Feasibility, Margin};
use super::lessons::{Known, Taken};
use super::model::Model;
use super::search::{Effort, Search};
use super::warp::linear_scores;
use crate::History;
use crate::samplers::plain::plain;

/// The bounds are wrong with this probability (Makarova et al. 2022, section 5).
const DELTA: f64 = 0.1;

/// How much is searched for the highest bound: more than for a suggestion, since what is overlooked ends a search.
const EFFORT: Effort = Effort { global: 2048, local: 256, starts: 16 };

/// The most that is left to gain over the best trial, with high probability, in the unit of the losses; `None` as long as
/// there is no model to say so.
///
/// The highest upper bound anywhere less the highest lower bound of a feasible trial (Makarova et al. 2022, arXiv
/// 2104.08166, equation 5), of a model whose scores are losses on another scale, without the logarithm.
pub(crate) fn regret_left(history: &History) -> Option<f64> {
    let mut generator = history.seed().named("regret").at(history.trials().len() as u64).generator();
    let plain = plain(history, &mut generator);
    let encoding = Encoding::new(history.space());
    let region = Region::new(&encoding, history.space());
    let mut known = Known::new(&encoding, &plain);
    known.lessons.is_linear = true;
    let (lessons, kinds) = (&known.lessons, encoding.kinds());
    let (n, d) = (lessons.len(), kinds.len());
    let kept = lessons.kept(n);
    if d == 0 || kept.len() < chain::first(d) {
        return None;
    }
    let cache = Cache::default();
    let theta = chain::theta(&kinds, lessons, &cache)?;
    let model = Model::new(&lessons.data(&kinds, n), &theta)?;
    let losses: Vec<f64> = lessons.losses(n).into_iter().flatten().collect();
    let (_, unit) = linear_scores(&losses);
    let feasibility = Feasibility::new(&kinds, &Margin::of(lessons), &cache);

    let width = crate::confidence_beta(kept.len(), d, DELTA).sqrt();
    let bounds = |row: &[f64]| {
        let (mean, deviation) = model.predict(row);
        (mean - width * deviation, mean + width * deviation)
    };
    let feasible = kept.iter().filter(|&&place| lessons.is_feasible(place));
    let mut tried: Vec<((f64, f64), &Vec<f64>)> =
        feasible.map(|&place| (bounds(&lessons.rows[place]), &lessons.rows[place])).collect();
    tried.sort_by(|(a, _), (b, _)| b.1.total_cmp(&a.1));
    let lower = tried.iter().map(|((lower, _), _)| *lower).fold(f64::NEG_INFINITY, f64::max);
    let known_upper = tried.first()?.0.1;
    let good: Vec<Vec<f64>> = tried.iter().take(4).map(|(_, row)| (*row).clone()).collect();
    let acquisition = Acquisition { model: &model, rule: Rule::Bound(width), feasibility: &feasibility };
    let search = Search {
        region: &region,
        acquisition: &acquisition,
        taken: &Taken::default(),
        trust: None,
        effort: EFFORT,
    };
    let found = search.run(&good, &mut generator).map_or(f64::NEG_INFINITY, |row| bounds(&row).1);
    Some((found.max(known_upper) - lower) * unit)
}
