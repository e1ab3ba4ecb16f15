//! Grid search: every combination of evenly spaced values once, in a random order.

use tunesmith_core::{Describe, Generator, Param, Params, Seed, Space, register};

use super::lattice::Lattice;
use super::permutation::Permutation;
use super::unique::{is_known, tried};
use crate::{History, Sampler, SamplerEntry};

/// Walks a grid: all values of discrete dimensions, and `points` values of each continuous one, evenly from end to end
/// on its scale; below a choice only what exists there.
///
/// The order is a permutation that the study's seed chooses, so that a search that is stopped early has seen all of the
/// space alike. No combination comes twice, whether its trial runs, failed, was enqueued, or belongs to a study that is
/// resumed. What comes after the last is drawn as [`Random`](super::Random) draws it: give a study [`Grid::size`] as its
/// budget to end there. A grid of more than 2^64 combinations is random from the start.
///
/// ```
/// use tunesmith_core::{Domain, Scale, Space};
/// use tunesmith_tuner::{Budget, Study, samplers::Grid};
/// let space = Space::new()
///     .with("lr", Domain::float(1e-4, 1.0, Scale::Log, None).unwrap())
///     .with("optimizer", Domain::choice(["sgd", "adam"]).unwrap())
///     .with_child("momentum", Domain::float(0.0, 0.9, Scale::Linear, None).unwrap(), "optimizer", "sgd");
/// let grid = Grid { points: 3 };
/// assert_eq!(grid.size(&space), Some(3 * (3 + 1)));
///
/// let study = Study::minimize(space).sampler(grid).open().unwrap();
/// study.optimize(|trial| trial.float("lr"), &Budget::trials(12)).unwrap();
/// let at_the_end = study.trials().iter().filter(|trial| trial.params["lr"].as_f64() == Some(1e-4)).count();
/// assert_eq!(at_the_end, 3 + 1);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    /// Values of each continuous dimension; one is its middle.
    pub points: usize,
}

impl Default for Grid {
    fn default() -> Self {
        Self { points: 5 }
    }
}

impl Describe for Grid {
    const NAME: &'static str = "grid";
    const ABOUT: &'static str = "every combination of evenly spaced values once, in random order";
    const PARAMS: &'static [Param<Self>] =
        &[Param::int("points", 2, 10, |s: &mut Self| &mut s.points, "values of each continuous dimension")
            .fixed()
            .valid(1.0, 1e6)];
}

impl Grid {
    /// How many combinations there are; `None` when they are more than 2^64.
    #[must_use]
    pub fn size(&self, space: &Space) -> Option<u64> {
        Some(Lattice::new(space, Some(self.points as u64))?.size())
    }

    /// How many combinations of the grid no trial has yet; `None` when they are more than 2^64.
    ///
    /// ```
    /// use tunesmith_core::{Domain, Space};
    /// use tunesmith_tuner::{Direction, History, samplers::Grid};
    /// let space = Space::new().with("bias", Domain::switch());
    /// let history = History::new(space.clone(), Direction::Minimize);
    /// assert_eq!(Grid::default().remaining(&space, &history), Some(2));
    /// ```
    #[must_use]
    pub fn remaining(&self, space: &Space, history: &History) -> Option<u64> {
        remaining(space, history, Some(self.points as u64))
    }
}

impl Sampler for Grid {
    fn suggest(&self, space: &Space, history: &History, generator: &mut Generator) -> Params {
        walk(space, history, generator, Some(self.points as u64), "grid")
    }

    fn tries_nothing_twice(&self) -> bool {
        true
    }
}

pub(super) fn remaining(space: &Space, history: &History, points: Option<u64>) -> Option<u64> {
    let lattice = Lattice::new(space, points)?;
    Some(lattice.size() - tried(&lattice, history).len() as u64)
}

/// The next combination of a lattice that no trial has, or a random point.
///
/// The walk begins at the place that the number of trials says, which is the right one as long as every trial was of
/// the walk; what others had taken is made up for at the end.
pub(super) fn walk(
    space: &Space,
    history: &History,
    generator: &mut Generator,
    points: Option<u64>,
    name: &str,
) -> Params {
    if let Some(lattice) = Lattice::new(space, points) {
        let size = lattice.size();
        let order = Permutation::new(seed(history, name), size);
        let begun = history.spent() % size;
        let mut at =
            |number: u64| lattice.at(number, |dimension| dimension.domain.place(generator.uniform()));
        let first = at(order.at(begun));
        if !is_known(space, history, &first) {
            return first;
        }
        let tried = tried(&lattice, history);
        if (tried.len() as u64) < size {
            let places = (begun..size).chain(0..begun).map(|place| order.at(place));
            if let Some(number) = places.into_iter().find(|number| !tried.contains(number)) {
                return at(number);
            }
        }
    }
    space.complete(|dimension| dimension.domain.place(generator.uniform()))
}

fn seed(history: &History, name: &str) -> Seed {
    history.seed().named(name)
}

register!(SamplerEntry, Grid);

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::Grid;
    use crate::samplers::BruteForce;
    use crate::{Budget, Direction, History, Outcome, Sampler, Study, TrialRecord, conform};
    use proptest::prelude::*;
    use tunesmith_core::{Domain, Params, Scale, Seed, Space};

    fn space() -> Space {
        Space::new()
            .with("layers", Domain::int(1, 4, Scale::Linear, 1).unwrap())
            .with("kind", Domain::choice(["a", "b", "c"]).unwrap())
            .with_child("rate", Domain::float(0.0, 0.6, Scale::Linear, Some(0.2)).unwrap(), "kind", "b")
    }

    fn keys(trials: &[TrialRecord]) -> BTreeSet<String> {
        trials.iter().map(|trial| format!("{:?}", trial.params)).collect()
    }

    #[test]
    fn two_seeds_walk_the_same_grid_in_two_orders() {
        let walk = |seed: u64| {
            let study = Study::minimize(space()).sampler(Grid::default()).seed(seed).open().unwrap();
            study.optimize(|_: &mut crate::TrialRun<'_>| 0.0, &Budget::trials(24)).unwrap();
            study.trials()
        };
        let (one, two) = (walk(1), walk(2));
        assert_eq!((keys(&one).len(), keys(&two)), (24, keys(&one)));
        assert!(one.iter().zip(&two).any(|(a, b)| a.params != b.params));
    }

    #[test]
    fn enqueued_points_failures_and_running_trials_are_not_repeated() {
        let study = Study::minimize(space()).sampler(BruteForce).open().unwrap();
        for kind in ["a", "c"] {
            let params: Params =
                [("layers".to_owned(), 2_i64.into()), ("kind".to_owned(), kind.into())].into();
            study.enqueue(&params).unwrap();
        }
        study.enqueue(&[("layers".to_owned(), 3_i64.into())].into()).unwrap();
        let trials: Vec<_> = (0..24).map(|_| study.ask().unwrap()).collect();
        for trial in &trials[..9] {
            study.tell(trial, Outcome::Failed { reason: "out of memory".into() }).unwrap();
        }
        assert_eq!(keys(&study.trials()).len(), 24);
    }

    proptest! {
        #[test]
        fn a_grid_is_walked_once_with_all_its_branches(seed in any::<u64>()) {
            let space = conform::random_space(&mut Seed::new(seed).named("space").generator());
            let grid = Grid { points: 2 };
            let Some(size) = grid.size(&space).filter(|size| *size <= 200) else { return Ok(()) };
            let mut history = History::new(space.clone(), Direction::Minimize).with_seed(Seed::new(seed));
            for number in 0..size {
                prop_assert_eq!(grid.remaining(&space, &history), Some(size - number));
                let mut trial = TrialRecord::new(number);
                trial.params = grid.suggest(&space, &history, &mut Seed::new(seed).at(number).generator());
                prop_assert_eq!(space.check(&trial.params), Ok(()));
                history.put(trial);
            }
            prop_assert_eq!(grid.remaining(&space, &history), Some(0));
            prop_assert_eq!(keys(history.trials()).len() as u64, size);
        }
    }
}
