//! The built-in rules, by family: one rule, one file, with its fused kernel where it has one.
//!
//! Definitions and defaults are PyTorch's (`torch.optim`, 2.15) where it has the rule, else its authors'.

mod settings;

// Steps along the gradient or a sum of gradients.
mod asgd;
mod gradient_descent;
mod lars;
mod sgd;

// Steps by signs.
mod lion;
mod rprop;

// A rate for each element.
mod adadelta;
mod adagrad;
mod ftrl;
mod rmsprop;

// Adam and its family.
mod adabelief;
mod adam;
mod adam_mini;
mod adamax;
mod adamw;
mod adan;
mod ademamix;
mod lamb;
mod mars;
mod nadam;
mod radam;
mod sophia;
mod yogi;

// Steps that see matrices.
mod adafactor;
mod bases;
mod muon;
mod shampoo;
mod soap;

// Steps that take more than one gradient.
mod lbfgs;
mod sophia_h;

// No schedule or no rate to choose.
mod dadapt_adam;
mod prodigy;
mod schedule_free;

pub use adabelief::AdaBelief;
pub use adadelta::Adadelta;
pub use adafactor::Adafactor;
pub use adagrad::{Adagrad, FusedAdagrad};
pub use adam::{Adam, FusedAdam};
pub use adam_mini::AdamMini;
pub use adamax::Adamax;
pub use adamw::AdamW;
pub use adan::Adan;
pub use ademamix::AdEmaMix;
pub use asgd::Asgd;
pub use dadapt_adam::DAdaptAdam;
pub use ftrl::Ftrl;
pub use gradient_descent::GradientDescent;
pub use lamb::Lamb;
pub use lars::Lars;
pub use lbfgs::Lbfgs;
pub use lion::{FusedLion, Lion};
pub use mars::Mars;
pub use muon::Muon;
pub use nadam::NAdam;
pub use prodigy::Prodigy;
pub use radam::RAdam;
pub use rmsprop::{FusedRmsprop, Rmsprop};
pub use rprop::Rprop;
pub use schedule_free::{ScheduleFreeAdamW, ScheduleFreeSgd};
pub use sgd::{FusedSgd, Sgd};
pub use shampoo::Shampoo;
pub use soap::Soap;
pub use sophia::SophiaG;
pub use sophia_h::SophiaH;
pub use yogi::Yogi;
