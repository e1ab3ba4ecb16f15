//! Suites that every sampler, pruner, importance and storage passes. They walk the registry, so that a new plug-in is tested with
//! no list edited; each returns what is wrong, one line each.

mod importances;
mod pruners;
mod question;
mod samplers;
mod schedulers;
mod spaces;
mod storages;

pub use importances::check_importances;
pub use pruners::check_pruners;
pub use question::Question;
pub use samplers::{check_sampler, check_samplers};
pub use schedulers::{check_scheduler, check_schedulers};
pub use spaces::{random_history, random_space};
pub use storages::check_storage;
