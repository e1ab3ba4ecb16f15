//! CMA-ES: a normal distribution that learns where good trials lie and along which directions.
//!
//! Numbers follow the tutorial (Hansen 2016, arXiv 1604.00772: step-size control by path length, active rank-mu update),
//! whole numbers and steps keep a margin of probability beside the cell of the mean, and choices have a product of
//! categorical distributions moved by natural gradient (CatCMA with margin, arXiv 2504.07884).
//!
//! **Generations.** The sampler keeps nothing: its distribution is replayed from the history, generation by generation
//! of `population` trials that did not fail (see `replay.rs`, also for trials side by side). Diverged trials are the worst
//! of their generation, after pruned and paused ones.
//!
//! **Conditions.** All dimensions are in the distribution. Those that do not exist are drawn and left out of the
//! suggestion, and drawn again when their trial is ranked (see `redraw.rs`).
//!
//! **Bounds.** What is drawn outside of a range is tried at its end. Its point is drawn again like other hidden coordinates,
//! outside: were it ranked where it was tried, the paths would shorten and the search end early. The mean stays within
//! two deviations of the range, so that some draws always fall inside.

mod axes;
mod categorical;
mod gaussian;
mod margin;
mod redraw;
mod state;
mod warm;
mod weights;

#[cfg(test)]
mod golden;

use std::sync::{Mutex, PoisonError};

use tunesmith_core::{Describe, Generator, Param, Params, Seed, Space, register};

use super::lesson::Standing;
use super::replay::{Generational, Replay, Seen};
use super::unique::untried;
use crate::{History, Sampler, SamplerEntry};
use axes::{Axes, Choice};
use state::State;

/// So many draws are looked at for one that no trial has, in a space where that can be.
const DRAWS: usize = 16;

/// The first deviation, as a share of a range.
const DEVIATION: f64 = 1.0 / 6.0;

/// Covariance matrix adaptation with margins for whole numbers and a categorical part.
///
/// Its home are studies of many cheap trials; see the module for how generations are cut when trials run side by side.
///
/// ```
/// use tunesmith_core::{Domain, Scale, Space};
/// use tunesmith_tuner::{Budget, Study, samplers::CmaEs};
/// let space = Space::new()
///     .with("x", Domain::float(-10.0, 10.0, Scale::Linear, None).unwrap())
///     .with("y", Domain::float(-10.0, 10.0, Scale::Linear, None).unwrap());
/// let study = Study::minimize(space).sampler(CmaEs::default()).open().unwrap();
/// study.optimize(|t| (t.float("x") - 3.0).powi(2) + (t.float("y") + 1.0).powi(2), &Budget::trials(300)).unwrap();
/// assert!(study.best().unwrap().value.unwrap() < 1e-6);
/// ```
#[derive(Debug)]
pub struct CmaEs {
    /// Trials of a generation; by itself 4 + 3 ln(dimensions).
    pub population: Option<usize>,
    /// So many trials (enqueued ones, those of another sampler before, else random ones) come first, and the
    /// distribution starts from the best tenth of them; 0 starts in the middle of the space.
    pub warm_start_trials: usize,
    /// Whether whole numbers keep a margin; off only to compare.
    pub margin: bool,
    /// Whether a search that is spent starts anew elsewhere with twice the population (IPOP).
    pub restart: bool,
    cache: Mutex<Option<Replay<Settings>>>,
}

/// What is known of a trial that ended, for ranking it and placing it.
#[derive(Clone, Debug)]
struct Observed {
    standing: Standing,
    /// In [0, 1] by numeric axis; NaN where it has no value.
    places: Vec<f64>,
    /// By choice.
    options: Vec<Option<usize>>,
    /// Names it.
    seed: Seed,
}

impl Default for CmaEs {
    fn default() -> Self {
        Self { population: None, warm_start_trials: 0, margin: true, restart: true, cache: Mutex::default() }
    }
}

/// The settings without the cache.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Settings {
    population: Option<usize>,
    warm_start_trials: usize,
    margin: bool,
    restart: bool,
}

impl CmaEs {
    fn settings(&self) -> Settings {
        let Self { population, warm_start_trials, margin, restart, .. } = *self;
        Settings { population, warm_start_trials, margin, restart }
    }
}

impl Generational for Settings {
    type Model = Axes;
    type State = State;
    type Observed = Observed;

    fn model(&self, space: &Space) -> Axes {
        Axes::new(space)
    }

    fn cold(&self, axes: &Axes) -> Option<State> {
        (self.warm_start_trials == 0).then(|| State::cold(*self, axes))
    }

    fn first(&self) -> usize {
        self.warm_start_trials
    }

    fn warm(&self, axes: &Axes, first: Vec<Observed>) -> State {
        State::warm(*self, axes, first)
    }

    fn population(&self, state: &State) -> usize {
        state.population
    }

    fn after(&self, axes: &Axes, state: &State, generation: Vec<Observed>, seed: Seed) -> State {
        state.after(*self, axes, generation, seed)
    }

    fn observe(&self, axes: &Axes, seen: &Seen<'_>) -> Option<Observed> {
        let option = |choice: &Choice| {
            let coordinate = seen.coordinate(choice.dimension);
            (!coordinate.is_nan()).then(|| (coordinate as usize).min(choice.options - 1))
        };
        let numbers = axes.numbers.iter();
        Some(Observed {
            standing: Standing::of(seen.trial, seen.history)?,
            places: numbers.map(|number| number.place(seen.coordinate(number.dimension))).collect(),
            options: axes.choices.iter().map(option).collect(),
            seed: seen.seed(),
        })
    }
}

impl Clone for CmaEs {
    /// The same settings with an empty cache.
    fn clone(&self) -> Self {
        Self { cache: Mutex::default(), ..*self }
    }
}

impl PartialEq for CmaEs {
    fn eq(&self, other: &Self) -> bool {
        self.settings() == other.settings()
    }
}

impl Describe for CmaEs {
    const NAME: &'static str = "cma_es";
    const ABOUT: &'static str = "covariance matrix adaptation, with margins for whole numbers and choices";
    const SOURCE: &'static str = "Hansen 2016, arXiv 1604.00772; Hamano et al. 2025, arXiv 2504.07884; Nomura et al. 2021, \
                                  arXiv 2012.06932; Auger & Hansen 2005";
    const PARAMS: &'static [Param<Self>] = &[
        Param::optional_int("population", 4, 200, |s: &mut Self| &mut s.population, "trials of a generation")
            .log()
            .fixed()
            .valid(2.0, 1e6),
        Param::int(
            "warm_start_trials",
            0,
            1000,
            |s: &mut Self| &mut s.warm_start_trials,
            "first trials, from whose best tenth the search starts",
        )
        .fixed()
        .valid(0.0, 1e9),
        Param::switch("margin", |s: &mut Self| &mut s.margin, "keep whole numbers able to change").fixed(),
        Param::switch("restart", |s: &mut Self| &mut s.restart, "start anew when the search is spent")
            .fixed(),
    ];
}

impl Sampler for CmaEs {
    fn suggest(&self, space: &Space, history: &History, generator: &mut Generator) -> Params {
        // A cache that a panic left behind is only a cache: what it holds is checked before it is used.
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        let replay = Replay::of(&mut cache, history.space(), &self.settings());
        let Some(state) = replay.next(history) else {
            let drawn = space.complete(|dimension| dimension.domain.place(generator.uniform()));
            return untried(space, history, generator, [drawn]);
        };
        let mut draws = Seed::new(generator.bits()).generator();
        let drawn = (0..DRAWS).map(|_| replay.model.params(space, history.space(), state.draw(&mut draws)));
        untried(space, history, generator, drawn)
    }

    fn tries_nothing_twice(&self) -> bool {
        true
    }
}

register!(SamplerEntry, CmaEs);
