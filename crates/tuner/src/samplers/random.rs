//! Random search: every point is drawn anew.

use tunesmith_core::{Describe, Generator, Params, Space, register};

use super::unique::untried;
use crate::{History, Sampler, SamplerEntry};

/// Draws every setting uniformly on the scale of its range, whatever values are known; in a discrete space nothing comes
/// twice before everything was tried.
///
/// ```
/// use tunesmith_core::{Domain, Scale, Seed, Space};
/// use tunesmith_tuner::{Direction, History, Sampler, samplers::Random};
/// let space = Space::new().with("x", Domain::float(0.0, 1.0, Scale::Linear, None).unwrap());
/// let history = History::new(space.clone(), Direction::Minimize);
/// let params = Random.suggest(&space, &history, &mut Seed::new(0).generator());
/// assert_eq!(space.check(&params), Ok(()));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Random;

impl Describe for Random {
    const NAME: &'static str = "random";
    const ABOUT: &'static str = "every setting drawn uniformly on the scale of its range";
    const SOURCE: &'static str = "Bergstra & Bengio 2012, Random Search for Hyper-Parameter Optimization";
}

impl Sampler for Random {
    fn suggest(&self, space: &Space, history: &History, generator: &mut Generator) -> Params {
        let drawn = space.complete(|dimension| dimension.domain.place(generator.uniform()));
        untried(space, history, generator, [drawn])
    }

    fn tries_nothing_twice(&self) -> bool {
        true
    }
}

register!(SamplerEntry, Random);
