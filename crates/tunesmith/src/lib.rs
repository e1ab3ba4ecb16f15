//! Trains neural networks and tunes them.
//!
//! This crate is the house's front door: it re-exports the crates below under short names, links every built-in
//! plug-in, and joins what those crates keep apart: a [`Recipe`] becomes a trained model ([`train`]) or a search with
//! a tuned model at its end ([`tune`]).
//!
//! | module | crate | what it is |
//! |---|---|---|
//! | [`core`] | `tunesmith-core` | descriptions, registry, spaces, seeds |
//! | [`tensor`] | `tunesmith-tensor` | arrays and kernels |
//! | [`autodiff`] | `tunesmith-autodiff` | graphs, derivatives, plans |
//! | [`optim`] | `tunesmith-optim` | optimizers and schedules |
//! | [`nn`] | `tunesmith-nn` | layers, activations, losses, models |
//! | [`data`] | `tunesmith-data` | sources, splits, preparation |
//! | [`training`] | `tunesmith-train` | the loop, metrics, callbacks |
//! | [`tuner`] | `tunesmith-tuner` | samplers, pruners, studies |
//! | [`store`] | `tunesmith-store` | where studies live |
//! | [`report`] | `tunesmith-report` | findings and pictures |
//!
//! ```
//! use tunesmith::{Recipe, RunOptions, train};
//! let recipe = Recipe::parse(
//!     "iris",
//!     r#"
//!     [data]
//!     source = "iris"
//!     prepare = ["standardize"]
//!     [model]
//!     layers = [{ dense = { units = 16, activation = "tanh" } }, { dense = { units = "classes" } }]
//!     [training]
//!     optimizer = { adam = { lr = 0.02 } }
//!     epochs = 40
//!     "#,
//! )
//! .unwrap();
//! let run = train(&recipe, RunOptions::default()).unwrap();
//! assert!(run.scores["test"]["accuracy"] > 0.9);
//! ```

pub use tunesmith_autodiff as autodiff;
pub use tunesmith_core as core;
pub use tunesmith_data as data;
pub use tunesmith_nn as nn;
pub use tunesmith_optim as optim;
pub use tunesmith_report as report;
pub use tunesmith_store as store;
pub use tunesmith_tensor as tensor;
pub use tunesmith_train as training;
pub use tunesmith_tuner as tuner;

mod error;
mod plugins;

mod model_section;
mod race;
mod recipe;
mod toml_text;
mod trials;
mod tuning;

mod threads;

mod run;

mod look;
mod opener;
mod predict;
mod search;
mod subject;

pub use error::{Error, Kind};
pub use look::{Look, look};
pub use model_section::ModelSection;
pub use opener::Opener;
pub use predict::{Model, Prediction};
pub use race::FinalRace;
pub use recipe::{FixedRecipe, Recipe};
pub use run::{FOLDER, Run, RunOptions, Scores, free_folder, metrics, train};
pub use search::{TuneOptions, Tuned, tune};
pub use trials::{TrialTraining, Trials};
pub use tuning::{Goal, Tuning, parse_duration};

/// The README's code, compiled.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
