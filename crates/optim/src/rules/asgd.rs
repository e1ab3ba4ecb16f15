//! ASGD (Polyak & Juditsky 1992): descent that is evaluated at the average of its values.

use tunesmith_core::{Describe, Param, register};
use tunesmith_tensor::kernel::Real;

use super::settings;
use crate::{AddL2, Chain, Chunk, OptimizerEntry, Rule, StateSpec, Step, Transform, View, chain};

/// Descent with a rate that falls by a power of the step and an average of the values from step `t0` on, as
/// `torch.optim.ASGD` does. The average is what [`average`](trait.Optimizer.html#method.average) writes.
///
/// ```
/// use tunesmith_optim::{Asgd, Layout, Pace, Rule};
/// use tunesmith_tensor::{DType, Par};
/// let mut optimizer = Asgd { lr: 0.5, lambd: 0.0, t0: 0, ..Asgd::default() }.optimizer();
/// optimizer.init(&Layout::packed([("x", vec![1])]), DType::F64);
/// let mut x = [0.0_f64];
/// for gradient in [-2.0, 4.0, -6.0] { // to 1, to -1 and to 2
///     optimizer.step(&mut x, &[&[gradient]], Pace::default(), Par::Seq).unwrap();
/// }
/// let mut average = [0.0];
/// assert!(optimizer.average(&x, &mut average));
/// assert_eq!((x[0], average[0]), (2.0, 0.5)); // the average of the last two
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Asgd {
    /// Step size before the schedule.
    pub lr: f64,
    /// Decay of the values, and of the rate over the steps.
    pub lambd: f64,
    /// The power by which the rate falls.
    pub alpha: f64,
    /// The step at which the average starts.
    pub t0: usize,
    /// L2 penalty: `weight_decay * value` is added to the gradient.
    pub weight_decay: f64,
}

impl Default for Asgd {
    fn default() -> Self {
        Self { lr: 1e-2, lambd: 1e-4, alpha: 0.75, t0: 1_000_000, weight_decay: 0.0 }
    }
}

impl Describe for Asgd {
    const NAME: &'static str = "asgd";
    const ABOUT: &'static str = "descent that is evaluated at the average of its values";
    const SOURCE: &'static str = "Polyak & Juditsky 1992, SIAM J. Control Optim. 30(4)";
    const PARAMS: &'static [Param<Self>] = &[
        settings::lr(1e-4, 1.0, |s: &mut Self| &mut s.lr),
        Param::float("lambd", 1e-6, 1e-2, |s: &mut Self| &mut s.lambd, "decay of values and rate")
            .log()
            .rarely()
            .valid(0.0, f64::INFINITY),
        Param::float("alpha", 0.5, 1.0, |s: &mut Self| &mut s.alpha, "power by which the rate falls")
            .rarely()
            .valid(0.0, f64::INFINITY),
        Param::int("t0", 1, 1_000_000, |s: &mut Self| &mut s.t0, "step at which the average starts")
            .log()
            .fixed(),
        settings::l2(|s: &mut Self| &mut s.weight_decay),
    ];
}

impl Rule for Asgd {
    fn lr(&self) -> f64 {
        self.lr
    }

    fn transform(self) -> impl Into<Chain> {
        chain!(AddL2::unless_zero(self.weight_decay), Averaging(self))
    }
}

register!(OptimizerEntry, Asgd);

#[derive(Debug)]
struct Averaging(Asgd);

impl Transform for Averaging {
    fn states(&self) -> Vec<StateSpec> {
        vec![StateSpec::per_element("ax")]
    }

    fn update<T: Real>(&self, step: &Step, chunk: Chunk<'_, T>) {
        let Asgd { lr, lambd, alpha, t0, .. } = self.0;
        let earlier = (step.count - 1) as f64;
        let rate = lr * step.scale / (1.0 + lambd * lr * earlier).powf(alpha);
        let share = T::from_f64(1.0 / (earlier - t0 as f64).max(1.0));
        let (rate, shrink) = (T::from_f64(rate), T::from_f64(step.decay(lambd) * rate));
        let follows = share == T::ONE;
        chunk.each(|g, value, [average]| {
            let update = shrink * value + rate * g;
            let next = value - update;
            (update, [if follows { next } else { average + share * (next - average) }])
        });
    }

    fn averages(&self) -> bool {
        true
    }

    fn average<T: Real>(&self, _: &Step, view: View<'_, T>, into: &mut [T]) {
        let [average] = view.state();
        into.copy_from_slice(average);
    }
}
