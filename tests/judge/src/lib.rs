//! The judge of samplers: how far from a known optimum each is after so many trials, and how sure that is.
//!
//! A [`Task`] is a problem whose least value is known: a function, or a table of real trainings. A [`Contestant`] is a
//! registered sampler with its settings. [`play`] lets one search the other and returns a [`Score`]: the normalised
//! regret of the incumbent at each checkpoint. [`report`] compares scores.
//!
//! The *normalised regret* is (value - optimum) / (median of random points - optimum): 0 is perfect, 1 is a random point.
//! The incumbent is the trial with the best observed value; where observations are noisy its regret is that of its true
//! value. Trials that diverge count as trials and never are incumbents.

mod contestant;
mod play;
mod ranks;
mod score;
mod table;
mod task;

mod peer;
mod report;
mod serve;

pub use contestant::Contestant;
pub use peer::{Game, ask_peer, recorded};
pub use play::{checkpoints, play};
pub use ranks::ranks;
pub use report::report;
pub use score::Score;
pub use serve::serve;
pub use table::{Table, tables};
pub use task::{Task, tasks};
