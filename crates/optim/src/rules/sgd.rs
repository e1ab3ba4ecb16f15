//! SGD (Robbins & Monro 1951) with Polyak's or Nesterov's momentum.

use tunesmith_core::{Describe, Param, register};
use tunesmith_tensor::kernel::Real;

use super::settings::{self, KERAS, PYTORCH};
use crate::{
    AddL2, Chain, Chunk, Idle, Momentum, OptimizerEntry, Rule, ScaleByLearningRate, StateSpec, Step,
    Transform, chain,
};

/// Steps against the gradient of a batch, with momentum if wanted, as `torch.optim.SGD` does.
/// In Keras's dialect the learning rate is part of the momentum, which makes a difference only when it changes.
///
/// ```
/// use tunesmith_core::Describe;
/// use tunesmith_optim::Sgd;
/// let nesterov = Sgd { momentum: 0.9, nesterov: true, ..Sgd::default() };
/// assert!(nesterov.check().is_ok());
/// assert!(Sgd { nesterov: true, ..Sgd::default() }.check().is_err());
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Sgd {
    /// Step size before the schedule.
    pub lr: f64,
    /// What is left of the sum of gradients after one step; 0 is no momentum.
    pub momentum: f64,
    /// The share of each gradient after the first that is withheld from the sum.
    pub dampening: f64,
    /// Whether to look ahead along the sum.
    pub nesterov: bool,
    /// L2 penalty: `weight_decay * value` is added to the gradient.
    pub weight_decay: f64,
    /// `pytorch` or `keras`.
    pub dialect: String,
}

impl Default for Sgd {
    fn default() -> Self {
        let dialect = PYTORCH.to_owned();
        Self { lr: 1e-3, momentum: 0.0, dampening: 0.0, nesterov: false, weight_decay: 0.0, dialect }
    }
}

impl Describe for Sgd {
    const NAME: &'static str = "sgd";
    const ABOUT: &'static str = "steps against the gradient of a batch, with momentum if wanted";
    const SOURCE: &'static str = "Robbins & Monro 1951; Polyak 1964; Sutskever et al. 2013";
    const USUAL: bool = true;
    const PARAMS: &'static [Param<Self>] = &[
        settings::lr(1e-4, 1.0, |s: &mut Self| &mut s.lr),
        settings::memory(
            "momentum",
            0.5,
            0.99,
            |s: &mut Self| &mut s.momentum,
            "share of the past in a step",
        ),
        Param::float("dampening", 0.0, 0.5, |s: &mut Self| &mut s.dampening, "share of a gradient withheld")
            .fixed()
            .valid(0.0, 1.0),
        Param::switch("nesterov", |s: &mut Self| &mut s.nesterov, "look ahead along the momentum"),
        settings::l2(|s: &mut Self| &mut s.weight_decay),
        settings::dialect(|s: &mut Self| &mut s.dialect),
    ];

    fn check(&self) -> Result<(), String> {
        if self.nesterov && (self.momentum == 0.0 || self.dampening != 0.0) {
            return Err("nesterov needs a momentum above 0 and a dampening of 0".into());
        }
        Ok(())
    }
}

impl Sgd {
    /// The rule as a chain of several transforms, equal to the fused kernel it uses.
    #[must_use]
    pub fn chain(&self) -> Chain {
        let &Self { lr, momentum, dampening, nesterov, weight_decay, ref dialect } = self;
        let lr = Chain::from(ScaleByLearningRate::new(lr));
        let momentum = (momentum != 0.0).then_some(Momentum { momentum, dampening, nesterov });
        let steps = if dialect == KERAS { lr.then(momentum) } else { Chain::from(momentum).then(lr) };
        chain!(AddL2::unless_zero(weight_decay), steps,)
    }
}

impl Rule for Sgd {
    fn lr(&self) -> f64 {
        self.lr
    }

    fn transform(self) -> impl Into<Chain> {
        if self.dialect == KERAS { self.chain() } else { FusedSgd { rule: self }.into() }
    }
}

register!(OptimizerEntry, Sgd);

/// SGD in a single pass, in PyTorch's dialect.
#[derive(Clone, Debug, PartialEq)]
pub struct FusedSgd {
    /// Its settings.
    pub rule: Sgd,
}

impl Transform for FusedSgd {
    fn states(&self) -> Vec<StateSpec> {
        if self.rule.momentum == 0.0 { Vec::new() } else { vec![StateSpec::per_element("momentum_buffer")] }
    }

    fn idle(&self) -> Idle {
        if self.rule.momentum == 0.0 && self.rule.weight_decay == 0.0 { Idle::Stays } else { Idle::Moves }
    }

    fn update<T: Real>(&self, step: &Step, chunk: Chunk<'_, T>) {
        let Sgd { lr, momentum, dampening, nesterov, weight_decay, .. } = self.rule;
        let lr = T::from_f64(lr * step.scale);
        let decay = T::from_f64(step.decay(weight_decay));
        if momentum == 0.0 {
            return chunk.each(|g, value, []| (lr * (g + decay * value), []));
        }
        let momentum = T::from_f64(step.momentum(momentum));
        let share = T::from_f64(if step.count == 1 { 1.0 } else { 1.0 - dampening });
        chunk.each(|g, value, [sum]| {
            let g = g + decay * value;
            let sum = momentum * sum + share * g;
            (lr * if nesterov { g + momentum * sum } else { sum }, [sum])
        });
    }
}
