//! AdaGrad (Duchi, Hazan & Singer 2011): each element's step shrinks with the gradients it has seen.

use tunesmith_core::{Describe, Param, register};
use tunesmith_tensor::kernel::Real;

use super::settings::{self, KERAS, PYTORCH};
use crate::{
    AddL2, Chain, Chunk, Idle, OptimizerEntry, Rule, ScaleByLearningRate, ScaleByRootSum, StateSpec, Step,
    Transform, chain,
};

/// Divides each step by the root of the sum of squared gradients so far, as `torch.optim.Adagrad` does;
/// Keras adds `eps` inside the root, and has an `eps` of 1e-7 and sums that start at 0.1.
///
/// ```
/// use tunesmith_optim::{Adagrad, Rule};
/// assert_eq!(Adagrad::default().lr(), 1e-2);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Adagrad {
    /// Step size before the schedule.
    pub lr: f64,
    /// The step size of step `t` is divided by `1 + (t - 1) * lr_decay`.
    pub lr_decay: f64,
    /// What the sums of squares start at.
    pub initial_accumulator_value: f64,
    /// Added to the root of the sum.
    pub eps: f64,
    /// L2 penalty: `weight_decay * value` is added to the gradient.
    pub weight_decay: f64,
    /// `pytorch` or `keras`.
    pub dialect: String,
}

impl Default for Adagrad {
    fn default() -> Self {
        Self {
            lr: 1e-2,
            lr_decay: 0.0,
            initial_accumulator_value: 0.0,
            eps: 1e-10,
            weight_decay: 0.0,
            dialect: PYTORCH.to_owned(),
        }
    }
}

impl Describe for Adagrad {
    const NAME: &'static str = "adagrad";
    const ABOUT: &'static str = "steps divided by the root of the sum of squared gradients so far";
    const SOURCE: &'static str = "Duchi, Hazan & Singer 2011, JMLR 12";
    const USUAL: bool = true;
    const PARAMS: &'static [Param<Self>] = &[
        settings::lr(1e-4, 1.0, |s: &mut Self| &mut s.lr),
        Param::float("lr_decay", 1e-6, 1e-1, |s: &mut Self| &mut s.lr_decay, "how fast the step size decays")
            .log()
            .rarely()
            .valid(0.0, f64::INFINITY),
        Param::float(
            "initial_accumulator_value",
            0.0,
            1.0,
            |s: &mut Self| &mut s.initial_accumulator_value,
            "what the sums of squares start at",
        )
        .rarely()
        .valid(0.0, f64::INFINITY),
        settings::eps(|s: &mut Self| &mut s.eps),
        settings::l2(|s: &mut Self| &mut s.weight_decay),
        settings::dialect(|s: &mut Self| &mut s.dialect),
    ];
}

impl Adagrad {
    /// The rule as a chain of several transforms, equal to the fused kernel it uses.
    #[must_use]
    pub fn chain(&self) -> Chain {
        let &Self { lr, lr_decay, initial_accumulator_value: initial, eps, weight_decay, ref dialect } = self;
        chain!(
            AddL2::unless_zero(weight_decay),
            ScaleByRootSum { eps, eps_inside: dialect == KERAS, initial },
            ScaleByLearningRate::new(lr).decaying(lr_decay),
        )
    }
}

impl Rule for Adagrad {
    fn lr(&self) -> f64 {
        self.lr
    }

    fn transform(self) -> impl Into<Chain> {
        if self.dialect == KERAS { self.chain() } else { FusedAdagrad { rule: self }.into() }
    }
}

register!(OptimizerEntry, Adagrad);

/// AdaGrad in a single pass, in PyTorch's dialect.
#[derive(Clone, Debug, PartialEq)]
pub struct FusedAdagrad {
    /// Its settings.
    pub rule: Adagrad,
}

impl Transform for FusedAdagrad {
    fn states(&self) -> Vec<StateSpec> {
        vec![StateSpec::per_element("sum").starting_at(self.rule.initial_accumulator_value)]
    }

    fn idle(&self) -> Idle {
        if self.rule.eps > 0.0 && self.rule.weight_decay == 0.0 { Idle::Stays } else { Idle::Moves }
    }

    fn update<T: Real>(&self, step: &Step, chunk: Chunk<'_, T>) {
        let lr = ScaleByLearningRate::new(self.rule.lr).decaying(self.rule.lr_decay).at::<T>(step);
        let (eps, decay) = (T::from_f64(self.rule.eps), T::from_f64(step.decay(self.rule.weight_decay)));
        chunk.each(|g, value, [sum]| {
            let g = g + decay * value;
            let sum = sum + g * g;
            (lr * (g / (sum.sqrt() + eps)), [sum])
        });
    }
}
