//! The built-in rules, simplest first: one rule, one file, with its fused kernel where it has one.
//!
//! Definitions and defaults are PyTorch's (`torch.optim`, 2.15).

mod settings;

mod gradient_descent;

mod sgd;

mod adagrad;

mod rmsprop;

mod adam;

mod adamw;

pub use adagrad::{Adagrad, FusedAdagrad};
pub use adam::{Adam, FusedAdam};
pub use adamw::AdamW;
pub use gradient_descent::GradientDescent;
pub use rmsprop::{FusedRmsprop, Rmsprop};
pub use sgd::{FusedSgd, Sgd};
