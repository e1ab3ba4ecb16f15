//! Schedule-free SGD and AdamW (Defazio et al. 2024): no schedule to choose, because values are averaged.

use tunesmith_core::{Describe, Param, register};
use tunesmith_tensor::kernel::Real;

use super::settings;
use crate::{AddL2, Chain, Chunk, OptimizerEntry, Rule, ScheduleFree, StateSpec, Step, Transform, chain};

/// The settings that both rules have beside the learning rate and the momentum.
macro_rules! averaging {
    () => {
        [
            Param::int(
                "warmup_steps",
                1,
                1000,
                |s: &mut Self| &mut s.warmup_steps,
                "steps in which the rate rises",
            )
            .log()
            .rarely(),
            Param::float("r", 0.0, 2.0, |s: &mut Self| &mut s.r, "power of the step in its weight")
                .fixed()
                .valid(0.0, f64::INFINITY),
            Param::float(
                "weight_lr_power",
                0.0,
                2.0,
                |s: &mut Self| &mut s.weight_lr_power,
                "power of the rate in a step's weight",
            )
            .fixed()
            .valid(0.0, f64::INFINITY),
        ]
    };
}

/// SGD without a schedule, as the authors' `SGDScheduleFree`: train with a constant schedule and evaluate with
/// [`average`](trait.Optimizer.html#method.average).
///
/// ```
/// use tunesmith_optim::{Rule, ScheduleFreeSgd};
/// assert_eq!(ScheduleFreeSgd::default().lr(), 1.0);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ScheduleFreeSgd {
    /// Step size.
    pub lr: f64,
    /// How far gradients are taken towards the average.
    pub momentum: f64,
    /// L2 penalty: `weight_decay * value` is added to the gradient.
    pub weight_decay: f64,
    /// Steps in which the rate rises from zero.
    pub warmup_steps: usize,
    /// The power of the step's number in its weight in the average.
    pub r: f64,
    /// The power of the largest rate so far in a step's weight in the average.
    pub weight_lr_power: f64,
}

impl Default for ScheduleFreeSgd {
    fn default() -> Self {
        Self { lr: 1.0, momentum: 0.9, weight_decay: 0.0, warmup_steps: 0, r: 0.0, weight_lr_power: 2.0 }
    }
}

impl Describe for ScheduleFreeSgd {
    const NAME: &'static str = "schedule_free_sgd";
    const ABOUT: &'static str = "descent whose values are averaged so that it needs no schedule";
    const SOURCE: &'static str = "Defazio et al. 2024, arXiv 2405.15682";
    const PARAMS: &'static [Param<Self>] = &{
        let [warmup_steps, r, weight_lr_power] = averaging!();
        [
            settings::lr(1e-3, 1e1, |s: &mut Self| &mut s.lr),
            settings::memory(
                "momentum",
                0.5,
                0.99,
                |s: &mut Self| &mut s.momentum,
                "how far towards the average",
            )
            .valid(1e-3, 1.0),
            settings::l2(|s: &mut Self| &mut s.weight_decay),
            warmup_steps,
            r,
            weight_lr_power,
        ]
    };
}

impl Rule for ScheduleFreeSgd {
    fn lr(&self) -> f64 {
        self.lr
    }

    /// The place between walk and average is part of the state.
    fn momentum(&self) -> Option<f64> {
        None
    }

    fn transform(self) -> impl Into<Chain> {
        let Self { lr, momentum: beta, weight_decay, warmup_steps, r, weight_lr_power } = self;
        let decay = AddL2::unless_zero(weight_decay);
        chain!(decay, ScheduleFree { lr, beta, warmup_steps, r, weight_lr_power })
    }
}

register!(OptimizerEntry, ScheduleFreeSgd);

/// AdamW without a schedule, as the authors' `AdamWScheduleFree`: train with a constant schedule and evaluate with
/// [`average`](trait.Optimizer.html#method.average).
///
/// ```
/// use tunesmith_optim::{Layout, Pace, Rule, ScheduleFreeAdamW};
/// use tunesmith_tensor::{DType, Par};
/// let mut optimizer = ScheduleFreeAdamW { lr: 0.1, ..ScheduleFreeAdamW::default() }.optimizer();
/// optimizer.init(&Layout::packed([("x", vec![1])]), DType::F64);
/// let mut x = [3.0_f64];
/// for _ in 0..200 {
///     let gradient = [2.0 * x[0]];
///     optimizer.step(&mut x, &[&gradient], Pace::default(), Par::Seq).unwrap();
/// }
/// let mut average = [0.0];
/// assert!(optimizer.average(&x, &mut average));
/// assert!(average[0].abs() < 0.1);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ScheduleFreeAdamW {
    /// Step size.
    pub lr: f64,
    /// How far gradients are taken towards the average.
    pub beta1: f64,
    /// What is left of the mean square after one step.
    pub beta2: f64,
    /// Added to the corrected root of the mean square.
    pub eps: f64,
    /// Decay, taken where the gradient is.
    pub weight_decay: f64,
    /// Steps in which the rate rises from zero.
    pub warmup_steps: usize,
    /// The power of the step's number in its weight in the average.
    pub r: f64,
    /// The power of the largest rate so far in a step's weight in the average.
    pub weight_lr_power: f64,
}

impl Default for ScheduleFreeAdamW {
    fn default() -> Self {
        Self {
            lr: 2.5e-3,
            beta1: 0.9,
            beta2: 0.999,
            eps: 1e-8,
            weight_decay: 0.0,
            warmup_steps: 0,
            r: 0.0,
            weight_lr_power: 2.0,
        }
    }
}

impl Describe for ScheduleFreeAdamW {
    const NAME: &'static str = "schedule_free_adamw";
    const ABOUT: &'static str = "adamw whose values are averaged so that it needs no schedule";
    const SOURCE: &'static str = "Defazio et al. 2024, arXiv 2405.15682";
    const USUAL: bool = true;
    const PARAMS: &'static [Param<Self>] = &{
        let [warmup_steps, r, weight_lr_power] = averaging!();
        [
            settings::lr(1e-5, 1e-1, |s: &mut Self| &mut s.lr),
            settings::memory("beta1", 0.5, 0.99, |s: &mut Self| &mut s.beta1, "how far towards the average")
                .valid(1e-3, 1.0),
            settings::beta2(|s: &mut Self| &mut s.beta2),
            settings::eps(|s: &mut Self| &mut s.eps),
            settings::decoupled_decay(|s: &mut Self| &mut s.weight_decay),
            warmup_steps,
            r,
            weight_lr_power,
        ]
    };
}

impl Rule for ScheduleFreeAdamW {
    fn lr(&self) -> f64 {
        self.lr
    }

    /// The place between walk and average is part of the state.
    fn momentum(&self) -> Option<f64> {
        None
    }

    fn transform(self) -> impl Into<Chain> {
        let Self { lr, beta1: beta, beta2, eps, weight_decay, warmup_steps, r, weight_lr_power } = self;
        let averaged = ScheduleFree { lr, beta, warmup_steps, r, weight_lr_power };
        chain!(ScaleBySecondMoment { beta2, eps }, AddL2::unless_zero(weight_decay), averaged)
    }
}

register!(OptimizerEntry, ScheduleFreeAdamW);

/// Adam's scaling without its mean.
#[derive(Debug)]
struct ScaleBySecondMoment {
    beta2: f64,
    eps: f64,
}

impl Transform for ScaleBySecondMoment {
    fn states(&self) -> Vec<StateSpec> {
        vec![StateSpec::per_element("exp_avg_sq")]
    }

    fn update<T: Real>(&self, step: &Step, chunk: Chunk<'_, T>) {
        let adam = crate::transforms::AdamStep::<T>::new(step, 0.0, self.beta2, self.eps);
        chunk.each(|g, _, [square]| {
            let square = adam.square(g, square);
            (g / adam.root(square), [square])
        });
    }
}
