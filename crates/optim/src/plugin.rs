//! What the file of a plug-in needs: `use tunesmith_optim::plugin::*;`.

pub use tunesmith_core::{Describe, Param, register};
pub use tunesmith_tensor::kernel::Real;

pub use crate::{
    AddL1, AddL2, AddNoise, AddOrthogonality, ClipByGlobalNorm, ClipByValue, ConstrainNorm, Momentum,
    ScaleByAdam, ScaleByLearningRate, ScaleByRms, ScaleByRootSum, ScaleByTrustRatio, ScheduleFree,
};
pub use crate::{
    Chain, Chunk, Globals, OptimizerEntry, Parts, Point, Rule, Schedule, ScheduleEntry, Scope, Segment,
    StateSpec, Step, Sums, Transform, View, chain,
};
