//! `Sampler`: what chooses the next point.

use std::fmt::Debug;

use tunesmith_core::{Describe, Generator, Meta, Params, Place, Space, from_table, kind};

use crate::History;

/// Chooses the next point from what is known.
///
/// A sampler is a pure function of the space, the history and the generator, which starts anew for every trial from
/// (study seed, trial number): it may cache, but never hold a study or a stream of random numbers of its own.
pub trait Sampler: Debug + Send + Sync {
    /// A value for every dimension that exists, and nothing else.
    ///
    /// `space` is the history's, in which some dimensions may be narrowed to one value (a partly enqueued trial).
    /// Running trials stand in the history with their settings.
    fn suggest(&self, space: &Space, history: &History, generator: &mut Generator) -> Params;

    /// Whether a finite space is used up before anything is tried twice, as
    /// [`untried`](crate::samplers::untried) sees to it; [`conform`](crate::conform) checks those that say so.
    fn tries_nothing_twice(&self) -> bool {
        false
    }
}

impl Sampler for Box<dyn Sampler> {
    fn suggest(&self, space: &Space, history: &History, generator: &mut Generator) -> Params {
        (**self).suggest(space, history, generator)
    }

    fn tries_nothing_twice(&self) -> bool {
        (**self).tries_nothing_twice()
    }
}

kind! {
    /// A registered sampler.
    ///
    /// ```
    /// use tunesmith_core::{Table, find};
    /// use tunesmith_tuner::SamplerEntry;
    /// let tpe = find::<SamplerEntry>("tpe", "tuning.sampler").unwrap().build(&Table::new(), "tuning.sampler").unwrap();
    /// assert!(format!("{tpe:?}").contains("n_startup_trials: 10"));
    /// ```
    pub struct SamplerEntry: "sampler", "samplers" => Box<dyn Sampler>;
}

impl SamplerEntry {
    /// The entry of a described sampler; [`register!`](tunesmith_core::register) calls it.
    #[must_use]
    pub const fn of<T: Describe + Sampler>(place: Place) -> Self {
        Self::new(Meta::of::<T>(place), |table, at| Ok(Box::new(from_table::<T>(table, at)?)))
    }
}
