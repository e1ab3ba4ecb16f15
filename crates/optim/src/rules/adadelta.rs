//! Adadelta (Zeiler 2012): steps whose size follows from the steps before.

use tunesmith_core::{Describe, Param, register};
use tunesmith_tensor::kernel::Real;

use super::settings;
use crate::{
    AddL2, Chain, Chunk, Idle, OptimizerEntry, Rule, ScaleByLearningRate, StateSpec, Step, Transform, chain,
};

/// Scales the gradient by the running root mean square of its steps over that of its gradients, as
/// `torch.optim.Adadelta` does. Keras's is the same rule with `lr = 0.001`, `rho = 0.95`, `eps = 1e-7`.
///
/// ```
/// use tunesmith_optim::{Adadelta, Rule};
/// assert_eq!(Adadelta::default().lr(), 1.0);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Adadelta {
    /// Factor of the steps, before the schedule.
    pub lr: f64,
    /// What is left of both mean squares after one step.
    pub rho: f64,
    /// Added to both mean squares, inside the roots.
    pub eps: f64,
    /// L2 penalty: `weight_decay * value` is added to the gradient.
    pub weight_decay: f64,
}

impl Default for Adadelta {
    fn default() -> Self {
        Self { lr: 1.0, rho: 0.9, eps: 1e-6, weight_decay: 0.0 }
    }
}

impl Describe for Adadelta {
    const NAME: &'static str = "adadelta";
    const ABOUT: &'static str = "scales gradients by the size of past steps over that of past gradients";
    const SOURCE: &'static str = "Zeiler 2012, arXiv 1212.5701";
    const PARAMS: &'static [Param<Self>] = &[
        settings::lr(1e-3, 1e2, |s: &mut Self| &mut s.lr),
        settings::memory("rho", 0.8, 0.999, |s: &mut Self| &mut s.rho, "share of the past in both means"),
        settings::eps(|s: &mut Self| &mut s.eps),
        settings::l2(|s: &mut Self| &mut s.weight_decay),
    ];
}

impl Rule for Adadelta {
    fn lr(&self) -> f64 {
        self.lr
    }

    fn transform(self) -> impl Into<Chain> {
        let (decay, lr) = (AddL2::unless_zero(self.weight_decay), ScaleByLearningRate::new(self.lr));
        chain!(decay, ScaleByAdadelta(self), lr)
    }
}

register!(OptimizerEntry, Adadelta);

#[derive(Debug)]
struct ScaleByAdadelta(Adadelta);

impl Transform for ScaleByAdadelta {
    fn states(&self) -> Vec<StateSpec> {
        ["square_avg", "acc_delta"].map(StateSpec::per_element).into()
    }

    fn idle(&self) -> Idle {
        Idle::Moves
    }

    fn update<T: Real>(&self, _: &Step, chunk: Chunk<'_, T>) {
        let Adadelta { rho, eps, .. } = self.0;
        let (rho, rest, eps) = (T::from_f64(rho), T::from_f64(1.0 - rho), T::from_f64(eps));
        chunk.each(|g, _, [square, delta]| {
            let square = rho * square + rest * g * g;
            let update = (delta + eps).sqrt() / (square + eps).sqrt() * g;
            (update, [square, rho * delta + rest * update * update])
        });
    }
}
