//! The built-in schedules, simplest first: one schedule, one file.
//!
//! Definitions are PyTorch's (`torch.optim.lr_scheduler`, 2.15) as far as they go; [`Schedule`](crate::Schedule) says
//! how PyTorch's count maps to steps and epochs.

mod constant;

mod step;

mod exponential;

mod cosine;

mod one_cycle;

mod warmup;

pub use constant::Constant;
pub use cosine::Cosine;
pub use exponential::Exponential;
pub use one_cycle::OneCycle;
pub use step::StepDecay;
pub use warmup::Warmup;
