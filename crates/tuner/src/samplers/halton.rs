//! Scrambled Halton points: quasi-random search with a prime base per dimension.

use std::sync::LazyLock;

use tunesmith_core::{Describe, Generator, Params, Seed, Space, register};

use super::scramble::scramble;
use super::sobol::next_of;
use crate::{History, Sampler, SamplerEntry};

/// Points of the Halton sequence with nested uniform scrambling, the next one for every trial.
///
/// As [`Sobol`](super::Sobol), but even for any number of trials rather than for powers of two; in many dimensions its
/// bases grow, and it needs more trials to be evener than chance. The tuning playbook of Godbole et al. (2023)
/// recommends it for exploration.
///
/// ```
/// use tunesmith_core::{Domain, Scale, Space};
/// use tunesmith_tuner::{Budget, Study, samplers::Halton};
/// let space = Space::new().with("x", Domain::float(0.0, 1.0, Scale::Linear, None).unwrap());
/// let study = Study::minimize(space).sampler(Halton).open().unwrap();
/// study.optimize(|trial| trial.float("x"), &Budget::trials(30)).unwrap();
/// assert!(study.best().unwrap().value.unwrap() < 1.0 / 16.0);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Halton;

impl Describe for Halton {
    const NAME: &'static str = "halton";
    const ABOUT: &'static str = "scrambled Halton points: more even than chance";
    const SOURCE: &'static str = "Halton 1960, Numerische Mathematik 2; Owen 2017, A randomized Halton algorithm in R, arXiv 1706.02808";
}

impl Sampler for Halton {
    fn suggest(&self, space: &Space, history: &History, generator: &mut Generator) -> Params {
        next_of(space, history, generator, "halton", coordinate)
    }

    fn tries_nothing_twice(&self) -> bool {
        true
    }
}

/// The coordinate of the point of that index, in [0, 1).
fn coordinate(seed: Seed, index: u64, dimension: usize) -> f64 {
    let base = prime(dimension);
    let mut rest = index;
    let digits = std::iter::from_fn(|| {
        let digit = rest % base;
        rest /= base;
        Some(digit) // zeros without end: the scrambling stops where a double does
    });
    scramble(seed.at(dimension as u64), base, digits)
}

/// The first primes; a space has seldom more dimensions.
static PRIMES: LazyLock<Vec<u64>> = LazyLock::new(|| primes().take(1000).collect());

fn primes() -> impl Iterator<Item = u64> {
    (2..).filter(|n| (2..).take_while(|d| d * d <= *n).all(|d| n % d != 0))
}

/// The primes in order, from 2.
fn prime(place: usize) -> u64 {
    PRIMES.get(place).copied().or_else(|| primes().nth(place)).expect("there is no greatest prime")
}

register!(SamplerEntry, Halton);

#[cfg(test)]
mod tests {
    use super::{coordinate, prime};
    use tunesmith_core::Seed;

    #[test]
    fn primes_are_prime() {
        assert_eq!([prime(0), prime(1), prime(4), prime(199)], [2, 3, 11, 1223]);
    }

    #[test]
    fn each_dimension_is_stratified() {
        for dimension in [0, 1, 2, 17, 60, 199] {
            let base = prime(dimension);
            let mut hit = vec![0; base as usize];
            for i in 2 * base..3 * base {
                hit[(coordinate(Seed::new(3), i, dimension) * base as f64) as usize] += 1;
            }
            assert!(hit.iter().all(|hits| *hits == 1), "dimension {dimension}: {hit:?}");
        }
    }

    #[test]
    fn two_dimensions_fill_boxes_of_powers_of_their_bases() {
        let mut hit = [0; 8 * 9];
        for i in 0..72 {
            let (x, y) = (coordinate(Seed::new(1), i, 0), coordinate(Seed::new(1), i, 1));
            hit[(x * 8.0) as usize * 9 + (y * 9.0) as usize] += 1;
        }
        assert!(hit.iter().all(|hits| *hits == 1), "{hit:?}");
    }
}
