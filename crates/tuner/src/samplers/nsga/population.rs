//! Individuals, and the layers of fitness they fall into.

use std::sync::Mutex;
use std::sync::PoisonError;

use tunesmith_core::{Generator, Params, Space};

use super::breed::Breeding;
use crate::History;
use crate::pareto::ranks;
use crate::samplers::genes::Genome;
use crate::samplers::lesson::Standing;
use crate::samplers::replay::{Generational, Replay, Seen};

/// Losses beyond this count as this, so that differences of losses are finite.
const MOST: f64 = 1e150;

/// A trial that can have children.
#[derive(Clone, Debug)]
pub(super) struct Individual {
    /// Its place in the history.
    pub(super) place: usize,
    /// All its losses, if it is complete.
    pub(super) losses: Option<Vec<f64>>,
    violation: f64,
    standing: Standing,
    /// The fitness of its layer, less is better.
    pub(super) rank: usize,
    /// How much room it has in its layer, more is better.
    pub(super) crowding: f64,
}

/// The parents of a generation.
#[derive(Clone, Debug, Default)]
pub(super) struct Population {
    pub(super) parents: Vec<Individual>,
}

impl Individual {
    pub(super) fn of(seen: &Seen<'_>) -> Option<Self> {
        let standing = Standing::of(seen.trial, seen.history)?;
        let losses = if seen.trial.state == crate::TrialState::Complete {
            seen.history.losses(seen.trial).filter(|losses| losses.iter().all(|x| !x.is_nan()))
        } else {
            None
        };
        let losses = losses.map(|losses| losses.iter().map(|x| x.clamp(-MOST, MOST)).collect());
        let violation = seen.history.violation(seen.trial.number);
        Some(Self { place: seen.place(), losses, violation, standing, rank: 0, crowding: 0.0 })
    }

    fn is_feasible(&self) -> bool {
        self.losses.is_some() && self.violation == 0.0
    }

    /// Its losses; empty when it has not all of them.
    pub(super) fn point(&self) -> &[f64] {
        self.losses.as_deref().unwrap_or(&[])
    }
}

/// The pool by layers of fitness, ranked; the first so many are fronts of those that keep their constraints.
pub(super) fn layers(pool: Vec<Individual>) -> (Vec<Vec<Individual>>, usize) {
    let (feasible, mut others): (Vec<_>, Vec<_>) = pool.into_iter().partition(Individual::is_feasible);
    let points: Vec<&[f64]> = feasible.iter().map(Individual::point).collect();
    let ranks = ranks(&points);
    let fronts = ranks.iter().max().map_or(0, |most| most + 1);
    let mut layers: Vec<Vec<Individual>> = vec![Vec::new(); fronts];
    for (mut individual, rank) in feasible.into_iter().zip(ranks) {
        individual.rank = rank;
        layers[rank].push(individual);
    }
    // Complete ones that break constraints, then the others; `None` sorts first, so ask for its absence.
    others.sort_by(|a, b| {
        let broken = a.losses.is_none().cmp(&b.losses.is_none());
        broken.then(a.violation.total_cmp(&b.violation)).then(a.standing.order(&b.standing))
    });
    for mut individual in others {
        individual.rank = layers.len();
        layers.push(vec![individual]);
    }
    (layers, fronts)
}

/// The child of the population that follows from a history; a random point while there is none.
pub(super) fn suggest<G: Generational<Model = (), State = Population>>(
    cache: &Mutex<Option<Replay<G>>>,
    settings: &G,
    breeding: &Breeding,
    (space, history): (&Space, &History),
    generator: &mut Generator,
) -> Params {
    let genome = Genome::new(history.space());
    // What a panic left behind is only a cache, and checked before it is used.
    let mut cache = cache.lock().unwrap_or_else(PoisonError::into_inner);
    let state = Replay::of(&mut cache, history.space(), settings).next(history);
    drop(cache);
    breeding.suggest(state.as_deref().unwrap_or(&Population::default()), &genome, (space, history), generator)
}
