//! Lion (Chen et al. 2023): the sign of an interpolated momentum.

use tunesmith_core::{Describe, Param, register};
use tunesmith_tensor::kernel::Real;

use super::settings;
use crate::{
    AddL2, Chain, Chunk, Idle, OptimizerEntry, Rule, ScaleByLearningRate, StateSpec, Step, Transform, chain,
};

/// Steps of one size against the sign of a blend of gradient and momentum, as the authors' code and Keras do. Its rate
/// is a third to a tenth of AdamW's, its decay as many times larger.
///
/// ```
/// use tunesmith_optim::{Lion, Rule};
/// assert_eq!(Lion::default().lr(), 1e-4);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Lion {
    /// Step size before the schedule.
    pub lr: f64,
    /// The share of the momentum in the blend whose sign is taken.
    pub beta1: f64,
    /// What is left of the momentum after one step.
    pub beta2: f64,
    /// Decoupled decay: a step takes `lr * weight_decay * value` off the value.
    pub weight_decay: f64,
}

impl Default for Lion {
    fn default() -> Self {
        Self { lr: 1e-4, beta1: 0.9, beta2: 0.99, weight_decay: 0.0 }
    }
}

impl Describe for Lion {
    const NAME: &'static str = "lion";
    const ABOUT: &'static str = "the sign of a blend of gradient and momentum";
    const SOURCE: &'static str = "Chen et al. 2023, arXiv 2302.06675";
    const USUAL: bool = true;
    const PARAMS: &'static [Param<Self>] = &[
        settings::lr(1e-6, 1e-2, |s: &mut Self| &mut s.lr),
        settings::memory("beta1", 0.5, 0.99, |s: &mut Self| &mut s.beta1, "share of momentum in the sign"),
        settings::memory("beta2", 0.9, 0.999, |s: &mut Self| &mut s.beta2, "share of the past in momentum"),
        settings::decoupled_decay(|s: &mut Self| &mut s.weight_decay),
    ];
}

impl Lion {
    /// The rule as a chain of several transforms, equal to the fused kernel it uses.
    #[must_use]
    pub fn chain(&self) -> Chain {
        let &Self { lr, beta1, beta2, weight_decay } = self;
        chain!(SignOfBlend { beta1, beta2 }, AddL2::unless_zero(weight_decay), ScaleByLearningRate::new(lr),)
    }
}

impl Rule for Lion {
    fn lr(&self) -> f64 {
        self.lr
    }

    fn transform(self) -> impl Into<Chain> {
        FusedLion { rule: self }
    }
}

register!(OptimizerEntry, Lion);

#[derive(Debug)]
struct SignOfBlend {
    beta1: f64,
    beta2: f64,
}

impl SignOfBlend {
    /// From a gradient and the momentum to the sign and the next momentum.
    #[inline(always)]
    fn on<T: Real>(&self) -> impl Fn(T, T) -> (T, T) + use<T> {
        let (beta1, rest1) = (T::from_f64(self.beta1), T::from_f64(1.0 - self.beta1));
        let (beta2, rest2) = (T::from_f64(self.beta2), T::from_f64(1.0 - self.beta2));
        #[inline(always)]
        move |g, momentum| ((beta1 * momentum + rest1 * g).signum(), beta2 * momentum + rest2 * g)
    }
}

impl Transform for SignOfBlend {
    fn states(&self) -> Vec<StateSpec> {
        vec![StateSpec::per_element("exp_avg")]
    }

    fn idle(&self) -> Idle {
        Idle::Moves
    }

    fn update<T: Real>(&self, step: &Step, chunk: Chunk<'_, T>) {
        let blend = Self { beta1: step.momentum(self.beta1), beta2: self.beta2 }.on::<T>();
        chunk.each(|g, _, [momentum]| {
            let (sign, momentum) = blend(g, momentum);
            (sign, [momentum])
        });
    }
}

/// Lion in a single pass.
#[derive(Clone, Debug, PartialEq)]
pub struct FusedLion {
    /// Its settings.
    pub rule: Lion,
}

impl Transform for FusedLion {
    fn states(&self) -> Vec<StateSpec> {
        vec![StateSpec::per_element("exp_avg")]
    }

    fn idle(&self) -> Idle {
        Idle::Moves
    }

    fn update<T: Real>(&self, step: &Step, chunk: Chunk<'_, T>) {
        let Lion { lr, beta1, beta2, weight_decay } = self.rule;
        let (lr, decay) = (T::from_f64(lr * step.scale), T::from_f64(step.decay(weight_decay)));
        let blend = SignOfBlend { beta1: step.momentum(beta1), beta2 }.on::<T>();
        chunk.each(|g, value, [momentum]| {
            let (sign, momentum) = blend(g, momentum);
            (lr * (sign + decay * value), [momentum])
        });
    }
}
