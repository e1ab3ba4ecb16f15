//! An optimizer, an activation and a layer from outside the house: who links this crate can name them in a recipe.
//!
//! ```
//! use stranger as _; // links it
//! use tunesmith_optim::OptimizerEntry;
//!
//! let optimizer = tunesmith_core::Plug::new("signum").with("lr", 0.01);
//! assert_eq!(OptimizerEntry::make(&optimizer, "training.optimizer").unwrap().lr(), 0.01);
//! ```

mod highway;
mod isrlu;
mod signum;

pub use highway::Highway;
pub use isrlu::Isrlu;
pub use signum::Signum;
