//! What running trials may bring: draws from the model of their scores, each with a posterior of its own.

use tunesmith_core::Generator;

use super::acquisition::Fantasy;
use super::matrix::{cholesky, dot};
use super::model::Model;

/// Draws, in pairs that mirror each other.
const PAIRS: usize = 16;

/// With more running trials than this their scores are believed to be their means: draws of so many scores would say
/// no more about the best of them than the means do, and cost as much as everything else.
const MOST_DRAWN: usize = 16;

/// The model that knows where trials run, and what may come of them (Snoek et al. 2012, section 3.2); `feasible` says which
/// of the model's own rows a better one has to beat.
pub(super) fn fantasies(
    model: &Model,
    running: &[Vec<f64>],
    feasible: &[bool],
    generator: &mut Generator,
) -> Option<(Model, Vec<Fantasy>)> {
    let believed = model.with_believed(running)?;
    let (n, r) = (model.len(), running.len());
    let mut root = model.joint(running, model.theta.noise());
    if r > MOST_DRAWN || !cholesky(&mut root, r) {
        let fantasies = vec![Fantasy::of(&believed, believed.alpha.clone(), &believed.data.scores, feasible)];
        return Some((believed, fantasies));
    }
    let mut fantasies = Vec::with_capacity(2 * PAIRS);
    let mut scores = believed.data.scores.clone();
    for _ in 0..PAIRS {
        let draw: Vec<f64> = (0..r).map(|_| generator.normal()).collect();
        for sign in [1.0, -1.0] {
            for i in 0..r {
                let off = dot(&root[i * r..=i * r + i], &draw[..=i]);
                scores[n + i] = believed.data.scores[n + i] + sign * off;
            }
            fantasies.push(Fantasy::of(&believed, believed.solve(&scores), &scores, feasible));
        }
    }
    Some((believed, fantasies))
}
