//! The default: what suits the study.

use tunesmith_core::{Describe, Generator, Params, Space, register};

use super::Tpe;
use crate::{History, Sampler, SamplerEntry};

/// Chooses the sampler that suits the study: [`Tpe`] with its defaults, which handles every space there is, until
/// there are others to choose from.
#[derive(Clone, Debug, Default)]
pub struct Auto;

impl Describe for Auto {
    const NAME: &'static str = "auto";
    const ABOUT: &'static str = "what suits the study: for now tpe with its defaults";
}

impl Sampler for Auto {
    fn suggest(&self, space: &Space, history: &History, generator: &mut Generator) -> Params {
        Tpe::default().suggest(space, history, generator)
    }
}

register!(SamplerEntry, Auto);
