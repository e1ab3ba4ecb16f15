//! The built-in schedules, by shape: one schedule, one file.
//!
//! Definitions are PyTorch's (`torch.optim.lr_scheduler`, 2.15) as far as they go; [`Schedule`](crate::Schedule) says
//! how PyTorch's count maps to steps and epochs.

mod settings;

// Down over the training.
mod constant;
mod cosine;
mod exponential;
mod inverse_sqrt;
mod linear;
mod multi_step;
mod polynomial;
mod step;

// Up and down.
mod cosine_restarts;
mod cyclic;
mod one_cycle;
mod warmup_stable_decay;

// Of other schedules.
mod sequence;
mod warmup;

pub use constant::Constant;
pub use cosine::Cosine;
pub use cosine_restarts::CosineRestarts;
pub use cyclic::Cyclic;
pub use exponential::Exponential;
pub use inverse_sqrt::{InverseSqrt, Noam};
pub use linear::Linear;
pub use multi_step::MultiStep;
pub use one_cycle::OneCycle;
pub use polynomial::Polynomial;
pub use sequence::Sequence;
pub use step::StepDecay;
pub use warmup::Warmup;
pub use warmup_stable_decay::WarmupStableDecay;
