//! Rules, transforms and schedules: from gradients to updates.

mod layout;
mod step;

mod chain;
mod chunk;
mod state;
mod transform;

mod engine;
mod erase;
mod rule;

mod rules;
mod transforms;

mod schedule;
mod schedules;

mod slot;

pub mod parity;
pub mod problems;

pub mod plugin;

pub use chain::Chain;
pub use chunk::{Chunk, Parts};
pub use erase::{Element, Optimizer};
pub use layout::{Layout, Segment};
pub use rule::{OptimizerEntry, Rule};
pub use rules::{
    Adagrad, Adam, AdamW, FusedAdagrad, FusedAdam, FusedRmsprop, FusedSgd, GradientDescent, Rmsprop, Sgd,
};
pub use schedule::{Point, Schedule, ScheduleEntry};
pub use schedules::{Constant, Cosine, Exponential, OneCycle, StepDecay, Warmup};
pub use slot::{Slot, Slots};
pub use state::{MAX_STATES, Size, StateData, StateEntry, StateSpec};
pub use step::{Pace, Step, StepError, Sums};
pub use transform::{Scope, Transform, View};
pub use transforms::{
    AddL1, AddL2, ClipByGlobalNorm, ClipByValue, Momentum, ScaleByAdam, ScaleByLearningRate, ScaleByRms,
    ScaleByRootSum, clip_by_global_norm, clip_by_value,
};
