//! Scrambled Sobol points: quasi-random search that covers a space more evenly than chance, whatever is known.

mod sequence;

use tunesmith_core::{Describe, Generator, Params, Seed, Space, register};

use super::unique::{is_known, untried};
use crate::{History, Sampler, SamplerEntry};

/// Points of the Sobol sequence with nested uniform scrambling, the next one for every trial.
///
/// Trial by trial the points fill the space evenly, best where their number is a power of two; every dimension has a
/// coordinate of its own, those under conditions too, and there may be any number of dimensions. The scrambling is the
/// study's: another seed gives other points, a resumed study goes on where it was, and an enqueued trial takes the
/// place of a point. In a discrete space points that were tried are passed over.
///
/// ```
/// use tunesmith_core::{Domain, Scale, Space};
/// use tunesmith_tuner::{Budget, Study, samplers::Sobol};
/// let space = Space::new().with("x", Domain::float(0.0, 1.0, Scale::Linear, None).unwrap());
/// let study = Study::minimize(space).sampler(Sobol).open().unwrap();
/// study.optimize(|trial| trial.float("x"), &Budget::trials(8)).unwrap();
/// let mut eighths: Vec<u64> = study.trials().iter().map(|t| (t.params["x"].as_f64().unwrap() * 8.0) as u64).collect();
/// eighths.sort();
/// assert_eq!(eighths, [0, 1, 2, 3, 4, 5, 6, 7]); // one in each
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sobol;

impl Describe for Sobol {
    const NAME: &'static str = "sobol";
    const ABOUT: &'static str = "scrambled Sobol points: more even than chance";
    const SOURCE: &'static str = "Sobol 1967; Joe & Kuo 2008, SIAM J. Sci. Comput. 30; Owen 1995, Randomly Permuted (t,m,s)-Nets and (t,s)-Sequences";
}

impl Sampler for Sobol {
    fn suggest(&self, space: &Space, history: &History, generator: &mut Generator) -> Params {
        next_of(space, history, generator, "sobol", sequence::coordinate)
    }

    fn tries_nothing_twice(&self) -> bool {
        true
    }
}

/// The next point of a sequence that is a function of (scrambling, index, dimension).
///
/// Processes that share a study may count the same number of trials; whoever finds the point taken goes on by one.
pub(super) fn next_of(
    space: &Space,
    history: &History,
    generator: &mut Generator,
    name: &str,
    coordinate: fn(Seed, u64, usize) -> f64,
) -> Params {
    /// So many points are passed over at most.
    const MOST_TAKEN: u64 = 64;
    let seed = history.seed().named(name);
    let point = |index: u64| {
        let mut places = space.dimensions().iter().enumerate();
        space.complete(|dimension| {
            let place = places.find(|(_, other)| other.key == dimension.key).map_or(0, |(place, _)| place);
            dimension.domain.place(coordinate(seed, index, place))
        })
    };
    let first = history.spent();
    let mut points = (first..first + MOST_TAKEN).map(point);
    match points.find(|params| !is_known(space, history, params)) {
        Some(params) => params,
        None => untried(space, history, generator, [point(first)]),
    }
}

register!(SamplerEntry, Sobol);
