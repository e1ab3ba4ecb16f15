//! NAdam and NAdamW (Dozat 2016): Adam that looks ahead along its mean.

use tunesmith_core::{Describe, Param, register};
use tunesmith_tensor::kernel::Real;

use super::settings;
use crate::transforms::AdamStep;
use crate::{
    AddL2, Chain, Chunk, Globals, Idle, OptimizerEntry, Rule, ScaleByAdam, ScaleByLearningRate, StateSpec,
    Step, Transform, chain,
};

/// Adam with Nesterov's look ahead and a momentum that grows over the steps, as `torch.optim.NAdam` does; with
/// `decoupled_weight_decay` it is NAdamW. Keras's Nadam is the same rule with `momentum_decay = 1`, `lr = 0.001` and
/// `eps = 1e-7`.
///
/// ```
/// use tunesmith_optim::NAdam;
/// let nadamw = NAdam { weight_decay: 0.01, decoupled_weight_decay: true, ..NAdam::default() };
/// assert_eq!(nadamw.momentum_decay, 4e-3);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct NAdam {
    /// Step size before the schedule.
    pub lr: f64,
    /// What is left of the mean after one step, after many steps.
    pub beta1: f64,
    /// What is left of the mean square after one step.
    pub beta2: f64,
    /// Added to the corrected root of the mean square.
    pub eps: f64,
    /// How fast the momentum grows from half of `beta1` to `beta1`.
    pub momentum_decay: f64,
    /// The strength of the decay.
    pub weight_decay: f64,
    /// Whether the decay is taken off the value rather than added to the gradient.
    pub decoupled_weight_decay: bool,
}

impl Default for NAdam {
    fn default() -> Self {
        Self {
            lr: 2e-3,
            beta1: 0.9,
            beta2: 0.999,
            eps: 1e-8,
            momentum_decay: 4e-3,
            weight_decay: 0.0,
            decoupled_weight_decay: false,
        }
    }
}

impl Describe for NAdam {
    const NAME: &'static str = "nadam";
    const ABOUT: &'static str = "adam that looks ahead along its mean; with decoupled decay it is NAdamW";
    const SOURCE: &'static str = "Dozat 2016, ICLR workshop";
    const USUAL: bool = true;
    const PARAMS: &'static [Param<Self>] = &[
        settings::lr(1e-5, 1e-1, |s: &mut Self| &mut s.lr),
        settings::beta1(|s: &mut Self| &mut s.beta1),
        settings::beta2(|s: &mut Self| &mut s.beta2),
        settings::eps(|s: &mut Self| &mut s.eps),
        Param::float(
            "momentum_decay",
            1e-3,
            1e-1,
            |s: &mut Self| &mut s.momentum_decay,
            "how fast the momentum grows",
        )
        .log()
        .fixed()
        .valid(0.0, f64::INFINITY),
        settings::l2(|s: &mut Self| &mut s.weight_decay),
        Param::switch(
            "decoupled_weight_decay",
            |s: &mut Self| &mut s.decoupled_weight_decay,
            "the decay is taken off the values",
        ),
    ];
}

impl Rule for NAdam {
    fn lr(&self) -> f64 {
        self.lr
    }

    fn transform(self) -> impl Into<Chain> {
        let (decay, lr) = (AddL2::unless_zero(self.weight_decay), ScaleByLearningRate::new(self.lr));
        let (coupled, decoupled) = if self.decoupled_weight_decay { (None, decay) } else { (decay, None) };
        chain!(coupled, ScaleByNAdam(self), decoupled, lr)
    }
}

register!(OptimizerEntry, NAdam);

#[derive(Debug)]
struct ScaleByNAdam(NAdam);

impl ScaleByNAdam {
    /// The momentum of a step number `count`, as this step has it.
    fn momentum(&self, step: &Step, count: u64) -> f64 {
        step.momentum(self.0.beta1) * (1.0 - 0.5 * 0.96_f64.powf(count as f64 * self.0.momentum_decay))
    }
}

impl Transform for ScaleByNAdam {
    fn states(&self) -> Vec<StateSpec> {
        let mut states = ScaleByAdam::state_specs(false);
        states.push(StateSpec::global("mu_product").starting_at(1.0));
        states
    }

    fn settle(&self, step: &Step, [product, ..]: &mut Globals) {
        *product *= self.momentum(step, step.count);
    }

    fn idle(&self) -> Idle {
        Idle::Moves
    }

    fn update<T: Real>(&self, step: &Step, chunk: Chunk<'_, T>) {
        let NAdam { beta1, beta2, eps, .. } = self.0;
        let adam = AdamStep::<T>::new(step, beta1, beta2, eps);
        let (now, next, product) =
            (self.momentum(step, step.count), self.momentum(step, step.count + 1), step.globals[0]);
        let of_gradient = T::from_f64((1.0 - now) / (1.0 - product));
        let of_mean = T::from_f64(next / (1.0 - product * next));
        chunk.each(|g, _, [mean, square]| {
            let (mean, square) = adam.moments(g, mean, square);
            ((of_gradient * g + of_mean * mean) / adam.root(square), [mean, square])
        });
    }
}
