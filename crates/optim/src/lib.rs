//! Rules, transforms and schedules: from gradients to updates.
//!
//! An [`Optimizer`] sees values and gradients, each one flat slab of `f32` or `f64`, and a [`Layout`] that says which
//! parameter lies where. It knows nothing of graphs, layers, losses and files:
//!
//! ```
//! use tunesmith_optim::{Layout, Pace, Rule, Sgd};
//! use tunesmith_tensor::{DType, Par};
//!
//! let mut optimizer = Sgd { lr: 0.1, ..Sgd::default() }.optimizer();
//! optimizer.init(&Layout::packed([("x", vec![2])]), DType::F64);
//! let mut x = [3.0_f64, -2.0];
//! for _ in 0..100 {
//!     let gradient = [x[0] - 1.0, x[1] - 1.0]; // of half the squared distance from (1, 1)
//!     optimizer.step(&mut x, &[&gradient], Pace::default(), Par::Seq).unwrap();
//! }
//! assert!(x.iter().all(|x| (x - 1.0).abs() < 1e-4));
//! ```
//!
//! Values that do not live in one slab go through [`Slots`].
//!
//! **A rule is a chain.** A [`Transform`] turns updates into updates: it limits them ([`ClipByGlobalNorm`]), adds a
//! penalty ([`AddL2`]), remembers them ([`Momentum`]), scales them ([`ScaleByAdam`], [`ScaleByLearningRate`]). The
//! updates of the first transform are the gradients, and what the last one makes is subtracted from the values. A
//! described [`Rule`] ([`Sgd`], [`Adam`], ...) is a short [`Chain`], or one transform that equals it in a single pass.
//! What a recipe puts before the rule, clipping and regularisation, is [prepended](Optimizer::prepend) to its chain.
//!
//! **One pass.** The whole chain runs on some thousand elements while they are in the cache, then on the next; a
//! transform that must see everything first (a norm) or one whole parameter (a trust ratio) says so with its
//! [`Scope`], and only then is there another pass. Chunks and the order of sums do not depend on the machine: the
//! same bits for any number of threads. A gradient that is NaN or infinite refuses the step and leaves everything
//! untouched. All state can be [visited](Optimizer::visit), so that stop, save, load, continue equals never stopping.
//!
//! **Rows of large tables.** Of an embedding, a batch meets few rows. A caller who says which ([`Gradient::touched`])
//! gets the same bits in less time: the gradient of other rows is neither read nor added up, and where nothing moves
//! without a gradient (SGD, AdaGrad) they are left out. [`Layout::sparse`] leaves them out under momentum, decay and Adam
//! too, which is another rule, and one whose cost does not grow with the vocabulary.
//!
//! **Groups.** Biases without decay, slower layers, frozen ones: [`Groups`] say so by names, on the layout.
//! [`WidthTransfer`] scales rates so that those found with narrow layers hold for wide ones.
//!
//! **A schedule is a factor.** The learning rate belongs to the rule; a [`Schedule`] is a pure function of how far
//! training is and enters a step through [`Pace`].
//!
//! A new rule or schedule is one file with `use tunesmith_optim::plugin::*;` ([`Rule`], [`Schedule`] show one each);
//! [`conform`] then tests it. Definitions and defaults are PyTorch's, [`parity`] reproduces its numbers.
//!
//! Reading order: [`Layout`], [`Groups`], [`WidthTransfer`], [`Pace`] and [`Step`], [`StateSpec`], [`Chunk`], [`Transform`], [`Chain`],
//! [`Optimizer`], [`Rule`], the transforms, the rules, [`Schedule`] and the schedules, [`Slots`].

mod groups;
mod layout;

mod gradient;
mod step;
mod width;

mod state;

mod chunk;

mod transform;

mod chain;

mod optimizer;

mod engine;
mod erase;
mod probed;
mod rule;

mod transforms;

mod rules;
mod wrappers;

mod schedule;
mod schedules;

mod slot;

pub mod conform;
pub mod parity;
pub mod plugin;
pub mod problems;

pub use chain::Chain;
pub use chunk::{Chunk, Parts};
pub use erase::Element;
pub use gradient::{Gradient, TouchedRows};
pub use groups::{Group, GroupEntry, Groups};
pub use layout::{Layout, Segment};
pub use optimizer::{Evaluate, Optimizer};
pub use rule::{OptimizerEntry, Rule};
pub use rules::{
    AdEmaMix, AdaBelief, Adadelta, Adafactor, Adagrad, Adam, AdamMini, AdamW, Adamax, Adan, Asgd, DAdaptAdam,
    Ftrl, FusedAdagrad, FusedAdam, FusedLion, FusedRmsprop, FusedSgd, GradientDescent, Lamb, Lars, Lbfgs,
    Lion, Mars, Muon, NAdam, Prodigy, RAdam, Rmsprop, Rprop, ScheduleFreeAdamW, ScheduleFreeSgd, Sgd,
    Shampoo, Soap, SophiaG, SophiaH, Yogi,
};
pub use schedule::{Point, Schedule, ScheduleEntry};
pub use schedules::{
    Constant, Cosine, CosineRestarts, Cyclic, Exponential, InverseSqrt, Linear, MultiStep, Noam, OneCycle,
    Polynomial, Sequence, StepDecay, Warmup, WarmupStableDecay,
};
pub use slot::{Slot, Slots};
pub use state::{MAX_GLOBALS, MAX_STATES, Size, StateData, StateEntry, StateSpec};
pub use step::{Globals, Guard, Pace, Step, StepError, Sums};
pub use transform::{Idle, Scope, Transform, View};
pub use transforms::{
    AddL1, AddL2, AddNoise, AddOrthogonality, ClipByGlobalNorm, ClipByValue, ConstrainNorm, Momentum,
    ScaleByAdam, ScaleByLearningRate, ScaleByRms, ScaleByRootSum, ScaleByTrustRatio, ScheduleFree,
    clip_by_global_norm, clip_by_value,
};
pub use width::WidthTransfer;
pub use wrappers::{Cautious, Ema, GradientCentralization, Lookahead, Sam, Swa};
