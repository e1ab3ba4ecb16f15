//! RMSprop (Tieleman & Hinton 2012): each element's step is divided by its recent root mean square gradient.

use tunesmith_core::{Describe, Param, register};
use tunesmith_tensor::kernel::Real;

use super::settings::{self, KERAS, PYTORCH};
use crate::transforms::variance;
use crate::{
    AddL2, Chain, Chunk, Idle, Momentum, OptimizerEntry, Rule, ScaleByLearningRate, ScaleByRms, StateSpec,
    Step, Transform, chain,
};

/// Divides each step by a running root mean square of the gradient, as `torch.optim.RMSprop` does;
/// Keras adds `eps` inside the root, has the learning rate in the momentum, and an `alpha` of 0.9 and an `eps` of 1e-7.
///
/// ```
/// use tunesmith_optim::{Rmsprop, Rule};
/// assert_eq!(Rmsprop::default().lr(), 1e-2);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Rmsprop {
    /// Step size before the schedule.
    pub lr: f64,
    /// What is left of the mean square after one step.
    pub alpha: f64,
    /// Added to the root of the mean square.
    pub eps: f64,
    /// What is left of the sum of steps after one step; 0 is no momentum.
    pub momentum: f64,
    /// Whether to divide by the standard variance instead.
    pub centered: bool,
    /// L2 penalty: `weight_decay * value` is added to the gradient.
    pub weight_decay: f64,
    /// `pytorch` or `keras`.
    pub dialect: String,
}

impl Default for Rmsprop {
    fn default() -> Self {
        Self {
            lr: 1e-2,
            alpha: 0.99,
            eps: 1e-8,
            momentum: 0.0,
            centered: false,
            weight_decay: 0.0,
            dialect: PYTORCH.to_owned(),
        }
    }
}

impl Describe for Rmsprop {
    const NAME: &'static str = "rmsprop";
    const ABOUT: &'static str = "steps divided by a running root mean square of the gradient";
    const SOURCE: &'static str = "Tieleman & Hinton 2012, Coursera lecture 6.5; Graves 2013, arXiv 1308.0850";
    const USUAL: bool = true;
    const PARAMS: &'static [Param<Self>] = &[
        settings::lr(1e-5, 1e-1, |s: &mut Self| &mut s.lr),
        settings::memory(
            "alpha",
            0.8,
            0.999,
            |s: &mut Self| &mut s.alpha,
            "share of the past in the mean square",
        ),
        settings::eps(|s: &mut Self| &mut s.eps),
        settings::memory(
            "momentum",
            0.5,
            0.99,
            |s: &mut Self| &mut s.momentum,
            "share of the past in a step",
        ),
        Param::switch("centered", |s: &mut Self| &mut s.centered, "divide by the standard variance instead"),
        settings::l2(|s: &mut Self| &mut s.weight_decay),
        settings::dialect(|s: &mut Self| &mut s.dialect),
    ];
}

impl Rmsprop {
    /// The rule as a chain of several transforms, equal to the fused kernel it uses.
    #[must_use]
    pub fn chain(&self) -> Chain {
        let &Self { lr, alpha, eps, momentum, centered, weight_decay, ref dialect } = self;
        let keras = dialect == KERAS;
        let lr = Chain::from(ScaleByLearningRate::new(lr));
        let momentum = (momentum != 0.0).then_some(Momentum { momentum, dampening: 0.0, nesterov: false });
        let steps = if keras { lr.then(momentum) } else { Chain::from(momentum).then(lr) };
        chain!(
            AddL2::unless_zero(weight_decay),
            ScaleByRms { alpha, eps, eps_inside: keras, centered },
            steps,
        )
    }
}

impl Rule for Rmsprop {
    fn lr(&self) -> f64 {
        self.lr
    }

    fn transform(self) -> impl Into<Chain> {
        if self.dialect == KERAS { self.chain() } else { FusedRmsprop { rule: self }.into() }
    }
}

register!(OptimizerEntry, Rmsprop);

/// RMSprop in a single pass, in PyTorch's dialect.
#[derive(Clone, Debug, PartialEq)]
pub struct FusedRmsprop {
    /// Its settings.
    pub rule: Rmsprop,
}

impl Transform for FusedRmsprop {
    fn states(&self) -> Vec<StateSpec> {
        let wanted = [
            ("square_avg", true),
            ("grad_avg", self.rule.centered),
            ("momentum_buffer", self.rule.momentum != 0.0),
        ];
        wanted
            .into_iter()
            .filter(|(_, wanted)| *wanted)
            .map(|(name, _)| StateSpec::per_element(name))
            .collect()
    }

    fn idle(&self) -> Idle {
        Idle::Moves
    }

    fn update<T: Real>(&self, step: &Step, chunk: Chunk<'_, T>) {
        let Rmsprop { lr, alpha, eps, momentum, centered, weight_decay, .. } = self.rule;
        let (lr, eps, decay) =
            (T::from_f64(lr * step.scale), T::from_f64(eps), T::from_f64(step.decay(weight_decay)));
        let (alpha, rest) = (T::from_f64(alpha), T::from_f64(1.0 - alpha));
        let (has_momentum, momentum) = (momentum != 0.0, T::from_f64(step.momentum(momentum)));
        let square_of = |g: T, square: T| alpha * square + rest * g * g;
        let mean_of = |g: T, mean: T| mean + rest * (g - mean);
        match (centered, has_momentum) {
            (false, false) => chunk.each(|g, value, [square]| {
                let g = g + decay * value;
                let square = square_of(g, square);
                (lr * (g / (square.sqrt() + eps)), [square])
            }),
            (true, false) => chunk.each(|g, value, [square, mean]| {
                let g = g + decay * value;
                let (square, mean) = (square_of(g, square), mean_of(g, mean));
                (lr * (g / (variance(square, mean).sqrt() + eps)), [square, mean])
            }),
            (false, true) => chunk.each(|g, value, [square, sum]| {
                let g = g + decay * value;
                let square = square_of(g, square);
                let sum = momentum * sum + g / (square.sqrt() + eps);
                (lr * sum, [square, sum])
            }),
            (true, true) => chunk.each(|g, value, [square, mean, sum]| {
                let g = g + decay * value;
                let (square, mean) = (square_of(g, square), mean_of(g, mean));
                let sum = momentum * sum + g / (variance(square, mean).sqrt() + eps);
                (lr * sum, [square, mean, sum])
            }),
        }
    }
}
