//! Brute force: every combination of a discrete space once.

use tunesmith_core::{Describe, Generator, Params, Space, register};

use super::grid;
use crate::{History, Sampler, SamplerEntry};

/// Tries every combination of a discrete space once, branch by branch, in a random order that the study's seed chooses.
///
/// Nothing comes twice, also not in a resumed study or beside running trials. A continuous range has no last value: it
/// is drawn at random, a new value each time, while the combinations of the discrete dimensions are walked in rounds,
/// each once per round; [`Grid`](super::Grid) is for a finite share of it. A discrete space that is used up is
/// drawn from at random: give a study [`BruteForce::size`] as its budget to end there.
///
/// ```
/// use tunesmith_core::{Domain, Scale, Space};
/// use tunesmith_tuner::{Budget, Study, samplers::BruteForce};
/// let space = Space::new()
///     .with("n", Domain::int(1, 8, Scale::Linear, 1).unwrap())
///     .with("negate", Domain::switch());
/// let size = BruteForce.size(&space).unwrap();
/// assert_eq!(size, 16);
/// let study = Study::minimize(space).sampler(BruteForce).open().unwrap();
/// let value = |n: f64, negate: bool| if negate { -n } else { n };
/// study.optimize(|trial| value(trial.float("n"), trial.switch("negate")), &Budget::trials(size)).unwrap();
/// assert_eq!(study.best().unwrap().value, Some(-8.0));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct BruteForce;

impl Describe for BruteForce {
    const NAME: &'static str = "brute_force";
    const ABOUT: &'static str = "every combination of a discrete space once, in random order";
}

impl BruteForce {
    /// How many combinations the discrete dimensions have; `None` when they are more than 2^64.
    #[must_use]
    pub fn size(&self, space: &Space) -> Option<u64> {
        Some(super::lattice::Lattice::new(space, None)?.size())
    }

    /// How many combinations of a discrete space no trial has yet; `None` when they are more than 2^64. Combinations
    /// with a continuous setting always remain.
    #[must_use]
    pub fn remaining(&self, space: &Space, history: &History) -> Option<u64> {
        grid::remaining(space, history, None)
    }
}

impl Sampler for BruteForce {
    fn suggest(&self, space: &Space, history: &History, generator: &mut Generator) -> Params {
        grid::walk(space, history, generator, None, "brute_force")
    }

    fn tries_nothing_twice(&self) -> bool {
        true
    }
}

register!(SamplerEntry, BruteForce);
