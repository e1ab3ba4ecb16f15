//! The templates of `cargo xtask new`, one file for each kind: each is a whole plug-in, compiled and tested here as it
//! stands. The command writes one under another name and into another crate.

mod activation;
mod layer;
mod optimizer;
mod pruner;
mod sampler;
mod schedule;

pub use activation::TemplateActivation;
pub use layer::TemplateLayer;
pub use optimizer::TemplateOptimizer;
pub use pruner::TemplatePruner;
pub use sampler::TemplateSampler;
pub use schedule::TemplateSchedule;
