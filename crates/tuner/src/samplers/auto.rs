//! The default: what suits the study.

use tunesmith_core::{Describe, Domain, Generator, Param, Params, Space, Value, register};

use super::level::{View, comparable, stops_early};
use super::{Gp, Nsga2, Random, Tpe};
use crate::{History, Sampler, SamplerEntry};

/// So many trials a model of all of them is worth its time.
const MODELLED: usize = 1000;
/// How far points that are drawn around a known good value lie from it, in shares of the range.
const SPREAD: f64 = 0.15;

/// Chooses the sampler that suits the study.
#[derive(Debug)]
pub struct Auto {
    view: String,
    explore: f64,
    gp: Gp,
}

impl Clone for Auto {
    fn clone(&self) -> Self {
        Self { view: self.view.clone(), explore: self.explore, gp: Gp::default() }
    }
}

impl Default for Auto {
    fn default() -> Self {
        Self { view: "rung".into(), explore: 0.5, gp: Gp::default() }
    }
}

impl Describe for Auto {
    const NAME: &'static str = "auto";
    const ABOUT: &'static str = "what suits the study";
    const PARAMS: &'static [Param<Self>] = &[
        Param::name(
            "view",
            &["rung", "order", "last"],
            |s: &mut Self| &mut s.view,
            "how trials are compared",
        )
        .fixed(),
        Param::float("explore", 0.0, 1.0, |s: &mut Self| &mut s.explore, "share of random trials").fixed(),
    ];
}

impl Sampler for Auto {
    fn suggest(&self, space: &Space, history: &History, generator: &mut Generator) -> Params {
        if history.trials().is_empty() {
            return space.known_good();
        }
        if history.directions().len() > 1 {
            return Nsga2::default().suggest(space, history, generator);
        }
        let n = history.trials().len();
        let startup = (space.len() + 2).clamp(5, 10);
        if n < startup
            && generator.chance(0.5)
            && space.dimensions().iter().any(|d| space.around(&d.key).is_some())
        {
            return around(space, generator);
        }
        if n > MODELLED {
            return Tpe::default().suggest(space, history, generator);
        }
        if !stops_early(history) {
            return self.gp.suggest(space, history, generator);
        }
        if generator.chance(self.explore) {
            return Random.suggest(space, history, generator);
        }
        match self.view.as_str() {
            "rung" => self.gp.suggest(space, &comparable(history, View::Rung, 9), generator),
            "order" => self.gp.suggest(space, &comparable(history, View::Order, 9), generator),
            _ => self.gp.suggest(space, history, generator),
        }
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
