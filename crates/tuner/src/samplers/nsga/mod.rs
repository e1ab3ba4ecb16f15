//! Evolution for several losses: the fittest of parents and children are the next parents.
//!
//! Shared by [`Nsga2`] and [`Nsga3`], which differ in whom they keep of the front that does not fit whole. Generations
//! are replayed from the history (see `replay.rs`): nothing is kept, and trials side by side do not wait. A trial that keeps its
//! constraints is fitter than any that breaks them, less broken is fitter (Deb et al. 2002, section VI), and trials
//! without all values (pruned, diverged) come last.

mod breed;
mod niches;
mod nsga2;
mod nsga3;
mod population;
mod settings;

pub use nsga2::Nsga2;
pub use nsga3::Nsga3;
