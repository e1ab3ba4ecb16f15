//! TemplateSampler (authors year): how it chooses, in one line.

use tunesmith_core::{Describe, Generator, Params, Space, register};

use tunesmith_tuner::{History, Sampler, SamplerEntry};

/// Draws every setting around the middle of its range: the mean of two uniform numbers on its scale.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TemplateSampler;

impl Describe for TemplateSampler {
    const NAME: &'static str = "template_sampler";
    const ABOUT: &'static str = "every setting drawn around the middle of its range";
}

impl Sampler for TemplateSampler {
    fn suggest(&self, space: &Space, _history: &History, generator: &mut Generator) -> Params {
        space.complete(|dimension| dimension.domain.place((generator.uniform() + generator.uniform()) / 2.0))
    }
}

register!(SamplerEntry, TemplateSampler);

#[cfg(test)]
mod tests {
    use tunesmith_tuner::conform;

    #[test]
    fn template_sampler_conforms() {
        assert_eq!(conform::check_samplers(20), Vec::<String>::new());
    }
}
