//! The samplers, one file or folder each.

mod auto;
mod brute_force;
mod cma_es;
mod de;
mod gp;
mod grid;
mod halton;
mod nsga;
pub(crate) mod plain;
mod random;
mod regularized_evolution;
mod sobol;
pub(crate) mod tpe;

mod genes;
mod lattice;
mod lesson;
mod news;
mod permutation;
mod replay;
mod scramble;
mod unique;

pub use auto::Auto;
pub use brute_force::BruteForce;
pub use cma_es::CmaEs;
pub use de::DifferentialEvolution;
pub(crate) use gp::regret_left;
pub use gp::{Gp, Surrogate, Turbo};
pub use grid::Grid;
pub use halton::Halton;
pub use nsga::{Nsga2, Nsga3};
pub use random::Random;
pub use regularized_evolution::RegularizedEvolution;
pub use sobol::Sobol;
pub use tpe::Tpe;
pub use unique::untried;
