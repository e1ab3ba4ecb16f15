//! Statistics that decide and describe: means with intervals, tests on pairs, trends, resampling.
//!
//! Everything takes plain slices. A slice that holds a NaN gives NaN or, where a rank is needed, an answer in which the
//! NaN is the largest number; leave runs without a result out before.

mod bootstrap;
mod paired;
mod summary;
mod trend;

pub use bootstrap::bootstrap_interval;
pub(crate) use paired::wilcoxon_greater_zeros_split;
pub use paired::{Alternative, holm, paired_t, wilcoxon};
pub use summary::{Estimate, mean, quantile, standard_deviation, student_t};
pub use trend::{Trend, kendall_tau, mann_kendall};
