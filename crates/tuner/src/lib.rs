//! Studies, samplers and pruners: tunes anything, knows nothing of what it tunes.
//!
//! The life of a trial:
//!
//! 1. A [`Study`] is asked for the next point. A waiting trial (enqueued, interrupted, or lost with its process) comes
//!    first, then a paused one that the [`Scheduler`] lets go on; else the [`Sampler`] suggests one from the [`History`],
//!    with randomness that depends only on the study's seed and the trial's number.
//! 2. The objective runs with the trial's settings. It may report values at steps; the [`Scheduler`] then says whether the
//!    trial goes on, stops, or pauses. What a [`Resumable`] objective knows of a paused trial stays in memory.
//! 3. It ends with an [`Outcome`]: complete, pruned, diverged (a lesson), failed (none), or interrupted (it waits).
//! 4. Every change went through the study's [`Storage`] before anybody heard of it, so that a study that was killed
//!    resumes where it was.
//!
//! [`Study::optimize`] does all that on one or more threads; [`Study::ask`], [`Study::report`] and [`Study::tell`] leave
//! the loop to the caller.
//!
//! ```
//! use tunesmith_core::{Domain, Flow, Reporter, Scale, Space};
//! use tunesmith_tuner::{Budget, Outcome, Study, pruners::Median};
//!
//! let space = Space::new()
//!     .with("lr", Domain::float(1e-4, 1.0, Scale::Log, None).unwrap())
//!     .with("momentum", Domain::float(0.0, 0.99, Scale::Linear, None).unwrap());
//! let study = Study::minimize(space).pruner(Median::default()).seed(7).open().unwrap();
//!
//! // Gradient descent on x^2: how near to zero do 20 steps come?
//! let descend = |trial: &mut tunesmith_tuner::TrialRun<'_>| {
//!     let (mut x, mut velocity) = (10.0_f64, 0.0);
//!     for step in 0..20 {
//!         velocity = trial.float("momentum") * velocity - trial.float("lr") * 2.0 * x;
//!         x += velocity;
//!         if trial.report(step, x.abs()) == Flow::Stop {
//!             return Outcome::Pruned;
//!         }
//!     }
//!     Outcome::Complete(x.abs())
//! };
//! study.optimize(descend, &Budget::trials(40)).unwrap();
//! assert!(study.best().unwrap().value.unwrap() < 0.1);
//! assert!(study.counts().pruned > 0);
//! ```

mod attributes;
mod outcome;
mod record;
mod trial;

mod history;
mod numeric;
pub mod pareto;

mod pruner;
pub mod pruners;
mod sampler;
pub mod samplers;

mod memory;
mod packed;
mod storage;

mod transfer;

mod budget;
mod builder;
mod narrow;
mod observer;
mod resumable;
mod run;
mod study;

mod batch;
mod incumbent;

pub mod analysis;
mod race;
mod stopping;

pub mod protocol;

pub mod problems;

pub mod conform;

pub use attributes::{Attributes, Scope, retry_attributes};
pub use budget::{Budget, Stop};
pub use builder::StudyBuilder;
pub use history::{Counts, History};
pub use memory::MemoryStorage;
pub use observer::Observer;
pub use outcome::{IntoOutcome, Outcome};
pub use pruner::{Next, Pruner, PrunerEntry, Scheduler};
pub use race::{Candidate, Race, RaceOptions, RaceResult, RaceTrial, Standing, finalists};
pub use record::{Direction, TrialRecord, TrialState};
pub use resumable::Resumable;
pub use run::{Ended, TrialRun};
pub use sampler::{Sampler, SamplerEntry};
pub use stopping::{StopReason, StopRule, confidence_beta, cross_validation_noise, regret_bound};
pub use storage::{Known, MOST_RETRIES, Storage, StorageError, StudyId, compatible};
pub use study::Study;
pub use transfer::best_of;
pub use trial::Trial;
