//! The state as a function of the history, and a cache that makes asking for it cheap.

use std::ops::Range;
use std::sync::Arc;

use tunesmith_core::{Seed, Space};

use super::axes::Axes;
use super::state::State;
use super::{Observed, Settings};
use crate::samplers::lesson::Standing;
use crate::{History, TrialRecord, TrialState};

/// Generations replayed from a history.
#[derive(Debug)]
pub(super) struct Replay {
    space: Space,
    pub(super) axes: Axes,
    settings: Settings,
    /// Those that may still change, after one that no longer can (except at the start).
    generations: Vec<Generation>,
}

/// A run of trials and the distribution after it.
#[derive(Debug)]
struct Generation {
    places: Range<usize>,
    /// Names the trials in it and what is known of them.
    seed: Seed,
    is_closed: bool,
    after: Arc<State>,
}

/// What the sampler has to draw from next.
#[derive(Debug)]
pub(super) enum Next {
    /// There are too few trials for the warm start.
    Warming,
    /// A generation's distribution.
    Draw(Arc<State>),
}

impl Replay {
    pub(super) fn new(space: &Space, settings: Settings) -> Self {
        let (space, axes) = (space.clone(), Axes::new(space));
        Self { space, axes, settings, generations: Vec::new() }
    }

    /// Whether the cache is of that space.
    pub(super) fn is_of(&self, space: &Space, settings: Settings) -> bool {
        self.space == *space && self.settings == settings
    }

    /// What follows from a history.
    ///
    /// Of the cache at most what may change and one generation before it are compared with the history: a change
    /// of older trials, which no study makes, is not seen.
    pub(super) fn next(&mut self, history: &History) -> Next {
        let columns: Vec<&[f64]> = self
            .space
            .dimensions()
            .iter()
            .map(|dimension| history.column(&dimension.key).unwrap_or(&[]))
            .collect();
        let trials = history.trials();
        let cold_start = self.settings.warm_start_trials == 0;
        let mut known = 0;
        let mut start = self.generations.first().map_or(0, |generation| generation.places.start);
        let mut state: Option<Arc<State>> = None;
        loop {
            // A cache that begins later begins with a generation whose distribution before it is forgotten.
            let cached = self.generations.get(known);
            let size = match (&state, cached) {
                (Some(state), _) => state.population,
                (None, _) if start == 0 && cold_start => {
                    let cold = Arc::new(State::cold(self.settings, &self.axes));
                    let size = cold.population;
                    state = Some(cold);
                    size
                }
                (None, _) if start == 0 => self.settings.warm_start_trials,
                (None, Some(first)) => first.size(trials),
                (None, None) => unreachable!("without a cache the replay starts at the first trial"),
            };
            let Some(places) = generation(trials, start, size) else { break };
            let members: Vec<usize> = places.clone().filter(|&place| counts(&trials[place])).collect();
            let seed = members.iter().fold(Seed::new(0), |seed, &place| {
                Seed::new(seed.value()).at(fingerprint(&trials[place], history, &columns, place).value())
            });
            if let Some(cached) = cached {
                if cached.places == places && cached.seed == seed {
                    state = Some(Arc::clone(&cached.after));
                    (known, start) = (known + 1, places.end);
                    continue;
                }
                if state.is_none() && start > 0 {
                    // Another history: nothing of the cache holds.
                    self.generations.clear();
                    (known, start) = (0, 0);
                    continue;
                }
            }
            self.generations.truncate(known);
            let observed: Vec<Observed> = members
                .iter()
                .filter_map(|&place| self.observe(&trials[place], history, &columns, place))
                .collect();
            let is_closed = members.iter().all(|&place| trials[place].state.is_finished());
            let after = match &state {
                None => Arc::new(State::warm(self.settings, &self.axes, observed)),
                // Too little is known yet: the distribution stays for now.
                Some(state) if 2 * observed.len() < size => Arc::clone(state),
                Some(state) => Arc::new(state.after(self.settings, &self.axes, observed, seed)),
            };
            state = Some(Arc::clone(&after));
            start = places.end;
            self.generations.push(Generation { places, seed, is_closed, after });
            known += 1;
        }
        self.generations.truncate(known);
        let closed = self.generations.iter().take_while(|generation| generation.is_closed).count();
        self.generations.drain(..closed.saturating_sub(1));
        state.map_or(Next::Warming, Next::Draw)
    }

    /// What is known of a finished trial.
    fn observe(
        &self,
        trial: &TrialRecord,
        history: &History,
        columns: &[&[f64]],
        place: usize,
    ) -> Option<Observed> {
        let coordinate = |dimension: usize| columns[dimension].get(place).copied().unwrap_or(f64::NAN);
        let numbers = self.axes.numbers.iter();
        let choices = self.axes.choices.iter();
        Some(Observed {
            standing: Standing::of(trial, history)?,
            places: numbers.map(|number| number.place(coordinate(number.dimension))).collect(),
            options: choices
                .map(|choice| {
                    let coordinate = coordinate(choice.dimension);
                    (!coordinate.is_nan()).then(|| (coordinate as usize).min(choice.options - 1))
                })
                .collect(),
            seed: fingerprint(trial, history, columns, place),
        })
    }
}

impl Generation {
    fn size(&self, trials: &[TrialRecord]) -> usize {
        let places = self.places.start..self.places.end.min(trials.len());
        trials[places.start.min(places.end)..places.end].iter().filter(|trial| counts(trial)).count().max(1)
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

/// A number that changes with all that is known of a trial.
fn fingerprint(trial: &TrialRecord, history: &History, columns: &[&[f64]], place: usize) -> Seed {
    let loss = history.loss(trial).unwrap_or(f64::NAN).to_bits();
    let violation = history.violation(trial.number).to_bits();
    let seed = Seed::new(trial.number).at(trial.state as u64).at(loss).at(violation);
    columns.iter().fold(seed, |seed, column| seed.at(column.get(place).map_or(0, |z| z.to_bits())))
}
