//! TPE: the tree-structured Parzen estimator, with the settings of Optuna 5.0.
//!
//! Good trials ("below") and the others ("above") each make a density; points drawn from the first are compared by the
//! ratio of the two, and the best is tried. What differs from Optuna's default: dimensions that exist under the same
//! conditions are modelled together and dimensions of other branches apart (Optuna's `group=True`), diverged trials
//! count as worse than the worst, and discrete points are not tried twice.

mod axis;
mod density;
mod group;
mod kernels;
mod order;
mod parzen;
mod split;

#[cfg(test)]
mod golden;

use std::sync::{Mutex, PoisonError};

use tunesmith_core::{Describe, Generator, Param, Params, Seed, Space, register};

use super::unique::untried;
use crate::{History, Sampler, SamplerEntry};
use group::{Groups, Memory};
use split::split;

/// The tree-structured Parzen estimator: multivariate, grouped by conditions, aware of running trials.
///
/// A suggestion costs time in proportion to the trials it learns from, of which there are at most [`Tpe::window`]. What
/// it keeps between suggestions only saves time: the same question gets the same answer in a new process.
///
/// ```
/// use tunesmith_core::{Domain, Scale, Space};
/// use tunesmith_tuner::{Budget, Study, samplers::Tpe};
/// let space = Space::new().with("x", Domain::float(-10.0, 10.0, Scale::Linear, None).unwrap());
/// let study = Study::minimize(space).sampler(Tpe::default()).open().unwrap();
/// study.optimize(|trial| (trial.float("x") - 3.0).powi(2), &Budget::trials(60)).unwrap();
/// assert!(study.best().unwrap().value.unwrap() < 0.1);
/// ```
#[derive(Debug)]
pub struct Tpe {
    /// So many trials are random before the densities are used.
    pub n_startup_trials: usize,
    /// Points that are compared for one suggestion.
    pub n_ei_candidates: usize,
    /// Whether dimensions that exist together are modelled together; else each is chosen by itself.
    pub multivariate: bool,
    /// In a longer study only the newest so many trials are learned from, and the best 25 of all time.
    pub window: usize,
    memory: Mutex<Memory>,
}

impl Default for Tpe {
    fn default() -> Self {
        Self {
            n_startup_trials: 10,
            n_ei_candidates: 24,
            multivariate: true,
            window: 10_000,
            memory: Mutex::default(),
        }
    }
}

/// A clone has the same settings and has to remember by itself.
impl Clone for Tpe {
    fn clone(&self) -> Self {
        Self { memory: Mutex::default(), ..*self }
    }
}

impl Tpe {
    /// Each dimension chosen by itself (Optuna's `multivariate=False`).
    ///
    /// ```
    /// assert!(!tunesmith_tuner::samplers::Tpe::independent().multivariate);
    /// ```
    #[must_use]
    pub fn independent() -> Self {
        Self { multivariate: false, ..Self::default() }
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
        Param::switch(
            "multivariate",
            |s: &mut Self| &mut s.multivariate,
            "whether dimensions are modelled together",
        )
        .fixed(),
        Param::int(
            "window",
            100,
            100_000,
            |s: &mut Self| &mut s.window,
            "newest trials that are learned from",
        )
        .log()
        .fixed()
        .valid(25.0, 1e9),
    ];
}

impl Sampler for Tpe {
    fn suggest(&self, space: &Space, history: &History, generator: &mut Generator) -> Params {
        let split = split(history, self.window);
        if split.lessons < self.n_startup_trials.max(1) {
            let drawn = space.complete(|dimension| dimension.domain.place(generator.uniform()));
            return untried(space, history, generator, [drawn]);
        }
        let mut rest = Seed::new(generator.bits()).generator();
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        memory.learn(history, &split);
        let mut groups =
            Groups::new(space, history, &split, self.multivariate, self.n_ei_candidates, &mut memory);
        untried(space, history, &mut rest, groups.ranked(generator))
    }

    fn tries_nothing_twice(&self) -> bool {
        true
    }
}

register!(SamplerEntry, Tpe);
