//! Generations replayed from the history: what a sampler with a state asks instead of keeping one.
//!
//! Trials that did not fail, in order of their numbers, are cut into generations; each changes the state the next is drawn
//! from. A generation with running or waiting trials counts once half of it has ended, without the others; when one of
//! those ends, the state is replayed from there. So no trial blocks another, and a study that is resumed goes on as it
//! would have.

use std::fmt::Debug;
use std::ops::Range;
use std::sync::Arc;

use tunesmith_core::{Seed, Space};

use crate::{History, TrialRecord, TrialState};

/// So many trials of a generation that can no longer change tell one history from another.
const REMEMBERED: usize = 16;

/// The settings of a sampler that works in generations, and its rule.
pub(super) trait Generational: Clone + PartialEq + Debug {
    /// What is made of the space once.
    type Model: Debug;
    /// What a generation is drawn from.
    type State: Debug;
    /// What one trial teaches.
    type Observed;

    /// What is made of the space.
    fn model(&self, space: &Space) -> Self::Model;
    /// The state before the first trial; `None` when it comes from the first trials.
    fn cold(&self, model: &Self::Model) -> Option<Self::State>;
    /// How many trials come before there is a state, when there is no cold one.
    fn first(&self) -> usize;
    /// The state after these first trials, however many of them have ended.
    fn warm(&self, model: &Self::Model, first: Vec<Self::Observed>) -> Self::State;
    /// How many trials are drawn from the state.
    fn population(&self, state: &Self::State) -> usize;
    /// The state after these trials; `seed` names them.
    fn after(
        &self,
        model: &Self::Model,
        state: &Self::State,
        generation: Vec<Self::Observed>,
        seed: Seed,
    ) -> Self::State;
    /// What a trial teaches; `None` when it teaches nothing (yet).
    fn observe(&self, model: &Self::Model, seen: &Seen<'_>) -> Option<Self::Observed>;
}

/// A trial where it stands in its history.
#[derive(Debug)]
pub(super) struct Seen<'a> {
    pub(super) trial: &'a TrialRecord,
    pub(super) history: &'a History,
    columns: &'a [&'a [f64]],
    place: usize,
}

/// The coordinates of all trials, by dimension of the space.
pub(super) fn columns(history: &History) -> Vec<&[f64]> {
    let keys = history.space().dimensions().iter().map(|dimension| &dimension.key);
    keys.map(|key| history.column(key).unwrap_or(&[])).collect()
}

impl<'a> Seen<'a> {
    /// The trial at a place; `columns` are the history's.
    pub(super) fn new(history: &'a History, columns: &'a [&'a [f64]], place: usize) -> Self {
        Self { trial: &history.trials()[place], history, columns, place }
    }

    /// The trial's place in the history.
    pub(super) fn place(&self) -> usize {
        self.place
    }

    /// The coordinate in a dimension of the space; NaN where the trial has none.
    pub(super) fn coordinate(&self, dimension: usize) -> f64 {
        self.columns[dimension].get(self.place).copied().unwrap_or(f64::NAN)
    }

    /// A number that changes with all that is known of the trial.
    pub(super) fn seed(&self) -> Seed {
        let losses = self.trial.values().fold(Seed::new(self.trial.number), |seed, x| seed.at(x.to_bits()));
        let violation = self.history.violation(self.trial.number).to_bits();
        let seed = losses.at(self.trial.state as u64).at(violation).at(self.history.seed().value());
        self.columns
            .iter()
            .fold(seed, |seed, column| seed.at(column.get(self.place).map_or(0, |z| z.to_bits())))
    }
}

/// Generations of a history, cached.
#[derive(Debug)]
pub(super) struct Replay<G: Generational> {
    space: Space,
    pub(super) model: G::Model,
    settings: G,
    /// Those that may still change, after one that no longer can (except at the start).
    generations: Vec<Generation<G::State>>,
}

/// A run of trials and the state after it.
#[derive(Debug)]
struct Generation<S> {
    places: Range<usize>,
    /// The trials in it and what was known of them; the last few once it is closed.
    members: Vec<(usize, Seed)>,
    /// Whether all its trials have ended.
    is_closed: bool,
    after: Arc<S>,
}

impl<G: Generational> Replay<G> {
    /// The cache, renewed if it is of another space or of other settings.
    pub(super) fn of<'a>(cache: &'a mut Option<Self>, space: &Space, settings: &G) -> &'a mut Self {
        if cache.as_ref().is_none_or(|replay| replay.space != *space || replay.settings != *settings) {
            *cache = None;
        }
        cache.get_or_insert_with(|| Self {
            space: space.clone(),
            model: settings.model(space),
            settings: settings.clone(),
            generations: Vec::new(),
        })
    }

    /// The state that follows from a history; `None` while there are too few trials for one.
    ///
    /// Of the cache only what may still change and a few trials of the rest are compared with the history: a change of
    /// older trials, which no study makes, is not seen.
    pub(super) fn next(&mut self, history: &History) -> Option<Arc<G::State>> {
        let columns = columns(history);
        let trials = history.trials();
        let seen = |place: usize| Seen::new(history, &columns, place);
        let is_same = |cached: &Generation<G::State>| {
            cached.places.end <= trials.len()
                && cached.members.iter().all(|&(place, seed)| seen(place).seed() == seed)
        };
        if self.generations.first().is_some_and(|first| !is_same(first) && first.places.start > 0) {
            // Another history: what came before the cache is not known.
            self.generations.clear();
        }
        let same = self.generations.iter().take_while(|cached| is_same(cached)).count();
        self.generations.truncate(same);
        let (mut start, mut state) = match self.generations.last() {
            Some(last) => (last.places.end, Some(Arc::clone(&last.after))),
            None => (0, self.settings.cold(&self.model).map(Arc::new)),
        };
        loop {
            let size = state.as_ref().map_or(self.settings.first(), |state| self.settings.population(state));
            let Some(places) = generation(trials, start, size) else { break };
            let counted = places.clone().filter(|&place| counts(&trials[place]));
            let mut members: Vec<(usize, Seed)> = counted.map(|place| (place, seen(place).seed())).collect();
            let seed = members.iter().fold(Seed::new(0), |seed, member| seed.at(member.1.value()));
            let observed: Vec<G::Observed> = members
                .iter()
                .filter_map(|&(place, _)| self.settings.observe(&self.model, &seen(place)))
                .collect();
            let after = match &state {
                None => Arc::new(self.settings.warm(&self.model, observed)),
                // Too little is known yet: the state stays for now.
                Some(state) if 2 * observed.len() < size => Arc::clone(state),
                Some(state) => Arc::new(self.settings.after(&self.model, state, observed, seed)),
            };
            let is_closed = members.iter().all(|&(place, _)| trials[place].state.is_finished());
            if is_closed {
                members.drain(..members.len().saturating_sub(REMEMBERED));
            }
            state = Some(Arc::clone(&after));
            start = places.end;
            self.generations.push(Generation { places, members, is_closed, after });
        }
        let closed = self.generations.iter().take_while(|generation| generation.is_closed).count();
        self.generations.drain(..closed.saturating_sub(1));
        state
    }
}

/// Whether a trial has a place in a generation: all but the failed, whether they ended, run or wait.
fn counts(trial: &TrialRecord) -> bool {
    trial.state != TrialState::Failed
}

/// The next `size` trials that count, from a place on; `None` when there are fewer.
fn generation(trials: &[TrialRecord], start: usize, size: usize) -> Option<Range<usize>> {
    let mut counted = trials.iter().enumerate().skip(start).filter(|(_, trial)| counts(trial));
    let (last, _) = counted.nth(size.checked_sub(1)?)?;
    Some(start..last + 1)
}
