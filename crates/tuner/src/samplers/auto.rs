//! The default: what suits the study.

use tunesmith_core::{Describe, Domain, Generator, Params, Space, Value, register};

use super::plain::plain;
use super::{Gp, Nsga2, Random, Tpe};
use crate::{History, Sampler, SamplerEntry};

/// So many trials a Gaussian process is worth its time; behind them densities do, at a hundredth of the cost.
const MODELLED: usize = 500;
/// The same for several objectives, for which the process is fitted anew each time.
const MODELLED_TOGETHER: usize = 200;
/// One suggestion in so many is random once trials stop early: what looks good before the end need not be so.
const ASIDE: f64 = 0.1;
/// How far points that are drawn around a known good value lie from it, in shares of the range.
const SPREAD: f64 = 0.15;

/// Chooses the sampler that suits the study.
///
/// - The first trial has the settings that are [thought good](Space::known_good): a recipe's `around`, plug-ins'
///   defaults, the first of the options, the middle of a range.
/// - A few trials are spread over the space; where good values are thought to lie, half of them near those.
/// - Up to 500 trials a [Gaussian process](Gp) chooses. Where trials stop early it learns from the highest step that
///   enough of them have reached, where those that stopped before it stand as foretold, and one suggestion in ten is
///   random. Several objectives are weighted at random, anew for each suggestion, up to 200 trials. It keeps away from
///   where trials diverge or break constraints.
/// - Behind that [`Tpe`] chooses, or [`Nsga2`] for several objectives.
///
/// ```
/// use tunesmith_core::{Domain, Scale, Space};
/// use tunesmith_tuner::{Budget, Study, samplers::Auto};
/// let space = Space::new()
///     .with("x", Domain::float(-5.0, 10.0, Scale::Linear, None).unwrap())
///     .with("y", Domain::float(0.0, 15.0, Scale::Linear, None).unwrap());
/// let study = Study::minimize(space).sampler(Auto::default()).open().unwrap();
/// study.optimize(|trial| (trial.float("x") - 3.0).powi(2) + (trial.float("y") - 2.0).powi(2), &Budget::trials(30)).unwrap();
/// assert!(study.best().unwrap().value.unwrap() < 0.01);
/// ```
#[derive(Debug, Default)]
pub struct Auto {
    gp: Gp,
    tpe: Tpe,
    nsga2: Nsga2,
}

/// What the clone had learnt it can learn again.
impl Clone for Auto {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Describe for Auto {
    const NAME: &'static str = "auto";
    const ABOUT: &'static str = "what suits the study: known good settings, a Gaussian process, densities";
    const SOURCE: &'static str =
        "Knowles 2006, ParEGO, for several objectives; docs/SAMPLERS.md for the rest";
}

impl Sampler for Auto {
    fn suggest(&self, space: &Space, history: &History, generator: &mut Generator) -> Params {
        let n = history.trials().len();
        if n == 0 {
            return space.known_good();
        }
        let something_known = space.dimensions().iter().any(|d| space.around(&d.key).is_some());
        if n < (space.len() + 2).clamp(5, 10) && something_known && generator.chance(0.5) {
            return around(space, generator);
        }
        if history.directions().len() > 1 && n > MODELLED_TOGETHER {
            return self.nsga2.suggest(space, history, generator);
        }
        if n > MODELLED {
            return self.tpe.suggest(space, history, generator);
        }
        let counts = history.counts();
        if counts.paused + counts.pruned > 0 && generator.chance(ASIDE) {
            return Random.suggest(space, history, generator);
        }
        let plain = plain(history, generator);
        self.gp.suggest(space, &plain, generator)
    }
}

/// A point near the values that are thought good, where something is thought; anywhere else.
fn around(space: &Space, generator: &mut Generator) -> Params {
    space.complete(|dimension| {
        let domain = &dimension.domain;
        let known: Option<&Value> = space.around(&dimension.key);
        match (known.and_then(|value| domain.locate(value)), domain) {
            (Some(_), Domain::Choice { .. }) | (None, _) => domain.place(generator.uniform()),
            (Some(u), _) => domain.place((u + SPREAD * generator.normal()).clamp(0.0, 1.0 - 1e-12)),
        }
    })
}

register!(SamplerEntry, Auto);
