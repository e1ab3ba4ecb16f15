//! Random search: every point is drawn anew.

use tunesmith_core::{Describe, Generator, Params, Space, register};

use crate::{History, Sampler, SamplerEntry};

/// Draws every setting uniformly on the scale of its range, whatever is known.
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
    fn suggest(&self, space: &Space, _history: &History, generator: &mut Generator) -> Params {
        space.complete(|dimension| dimension.domain.place(generator.uniform()))
    }
}

register!(SamplerEntry, Random);
