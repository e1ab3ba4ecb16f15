//! Tables for plots: what stands on the axes and where the points are, as plain numbers.
//!
//! Settings stand in even coordinates (see [`tunesmith_core::Domain::coordinate`]: the logarithm on a log scale, half a
//! unit apart for options), so that a plot is linear in them; an [`Axis`] says what they are called. Values are the
//! objective's own, none for a trial without a finite one. A table takes the most rows it may hold; of more trials it
//! keeps the best tenth of that number and an even choice of the others, the same at every call, and says how many it
//! left out.

mod axis;
mod curves;
mod distribution;
mod hypervolume;
mod isolation;
mod optimization;
mod pair;
mod sample;
mod settings;
mod timeline;

pub use axis::{Axis, Tick};
pub use curves::{IntermediateCurve, IntermediateValues, intermediate_values};
pub use distribution::{DistributionStep, EmpiricalDistribution, empirical_distribution};
pub use hypervolume::{HypervolumeHistory, HypervolumeRow, hypervolume_history};
pub use isolation::{Isolation, IsolationBucket, isolation};
pub use optimization::{OptimizationHistory, OptimizationRow, optimization_history};
pub use pair::{Pair, PairPoint, Surface, contour, rank};
pub use settings::{ParallelCoordinate, ParallelRow, Slice, SlicePoint, parallel_coordinate, slice};
pub use timeline::{Timeline, TimelineRow, timeline};
