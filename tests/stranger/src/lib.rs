//! An optimizer and an activation from outside the house: who links this crate can name them in a recipe.
//!
//! ```
//! use stranger as _; // links it
//! use tunesmith_optim::OptimizerEntry;
//!
//! let optimizer = tunesmith_core::Plug::new("signum").with("lr", 0.01);
//! assert_eq!(OptimizerEntry::make(&optimizer, "training.optimizer").unwrap().lr(), 0.01);
//! ```

mod isrlu;
mod signum;

pub use isrlu::Isrlu;
pub use signum::Signum;
