//! The built-in rules, simplest first: one rule, one file, with its fused kernel where it has one.
//!
//! Definitions and defaults are PyTorch's (`torch.optim`, 2.15).

mod settings;

mod gradient_descent;

mod sgd;

mod adagrad;

mod rmsprop;

mod adadelta;

mod rprop;

mod asgd;

mod adam;

mod adamw;

mod adamax;

mod nadam;

mod radam;

mod adafactor;

mod muon;

pub use adadelta::Adadelta;
pub use adafactor::Adafactor;
pub use adagrad::{Adagrad, FusedAdagrad};
pub use adam::{Adam, FusedAdam};
pub use adamax::Adamax;
pub use adamw::AdamW;
pub use asgd::Asgd;
pub use gradient_descent::GradientDescent;
pub use muon::Muon;
pub use nadam::NAdam;
pub use radam::RAdam;
pub use rmsprop::{FusedRmsprop, Rmsprop};
pub use rprop::Rprop;
pub use sgd::{FusedSgd, Sgd};
