//! FTRL-Proximal (McMahan et al. 2013): AdaGrad that keeps values at exactly zero.

use tunesmith_core::{Describe, Param, register};
use tunesmith_tensor::kernel::Real;

use super::settings;
use crate::{Chain, Chunk, OptimizerEntry, Rule, StateSpec, Step, Transform};

/// Follows the regularised leader: AdaGrad's rate for each element, and values that are exactly zero while L1 holds
/// them there. For linear models on sparse data.
///
/// The rule is at rest at the values it starts from, whereas Keras's first step throws them away, and stays at rest
/// when a schedule moves the rate.
///
/// ```
/// use tunesmith_optim::{Ftrl, Layout, Pace, Rule};
/// use tunesmith_tensor::{DType, Par};
/// let mut optimizer = Ftrl { lr: 0.5, l1: 1.0, ..Ftrl::default() }.optimizer();
/// optimizer.init(&Layout::packed([("x", vec![2])]), DType::F64);
/// let mut x = [0.0_f64; 2];
/// optimizer.step(&mut x, &[&[3.0, 0.5]], Pace::default(), Par::Seq).unwrap();
/// assert!(x[0] < 0.0 && x[1] == 0.0); // the second gradient is weaker than the penalty
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Ftrl {
    /// The paper's alpha: step size before the schedule.
    pub lr: f64,
    /// The paper's beta: added to the root of the sum of squares.
    pub beta: f64,
    /// What the sums of squares start at.
    pub initial_accumulator_value: f64,
    /// L1 penalty.
    pub l1: f64,
    /// L2 penalty, added to what divides.
    pub l2: f64,
}

impl Default for Ftrl {
    fn default() -> Self {
        Self { lr: 1e-2, beta: 0.0, initial_accumulator_value: 0.1, l1: 0.0, l2: 0.0 }
    }
}

impl Describe for Ftrl {
    const NAME: &'static str = "ftrl";
    const ABOUT: &'static str = "adagrad that keeps values at exactly zero, for sparse linear models";
    const SOURCE: &'static str = "McMahan et al. 2013, KDD, algorithm 1";
    const PARAMS: &'static [Param<Self>] = &[
        settings::lr(1e-4, 1e1, |s: &mut Self| &mut s.lr),
        Param::float("beta", 0.0, 1.0, |s: &mut Self| &mut s.beta, "added to the root of the sum of squares")
            .rarely()
            .valid(0.0, f64::INFINITY),
        Param::float(
            "initial_accumulator_value",
            1e-3,
            1.0,
            |s: &mut Self| &mut s.initial_accumulator_value,
            "what the sums of squares start at",
        )
        .log()
        .fixed()
        .valid(1e-12, f64::INFINITY),
        Param::float("l1", 1e-6, 1e-1, |s: &mut Self| &mut s.l1, "L1 penalty")
            .log()
            .rarely()
            .valid(0.0, f64::INFINITY),
        Param::float("l2", 1e-6, 1e-1, |s: &mut Self| &mut s.l2, "L2 penalty")
            .log()
            .rarely()
            .valid(0.0, f64::INFINITY),
    ];
}

impl Rule for Ftrl {
    fn lr(&self) -> f64 {
        self.lr
    }

    fn transform(self) -> impl Into<Chain> {
        Leader(self)
    }
}

register!(OptimizerEntry, Ftrl);

#[derive(Debug)]
struct Leader(Ftrl);

// The paper keeps a linear term `z` and makes the value of it: `-(z - l1 sign(z)) / d`, with `d` what divides, or zero
// where `|z|` is at most `l1`. Solved for `z` where the value is not zero, its update says that the value moves by the
// gradient over the new `d`, until it meets zero. So the term needs a memory only where the value is zero.
impl Transform for Leader {
    fn states(&self) -> Vec<StateSpec> {
        let squares = StateSpec::per_element("accum").starting_at(self.0.initial_accumulator_value);
        vec![squares, StateSpec::per_element("linear")]
    }

    fn update<T: Real>(&self, step: &Step, chunk: Chunk<'_, T>) {
        let Ftrl { lr, beta, l1, l2, .. } = self.0;
        let over_lr = T::from_f64(1.0 / (lr * step.scale));
        let (beta, l1, l2) = (T::from_f64(beta), T::from_f64(l1), T::from_f64(l2));
        chunk.each(|g, value, [squares, linear]| {
            let squares = (squares + g * g).min(T::MAX);
            let divisor = (squares.sqrt() + beta) * over_lr + l2;
            let term = if value == T::ZERO { linear } else { -divisor * value - l1 * value.signum() } + g;
            let beyond = term - term.max(-l1).min(l1);
            let same_side = value * beyond < T::ZERO;
            let update = if same_side { g / divisor } else { value + beyond / divisor };
            (update, [squares, if beyond == T::ZERO { term } else { T::ZERO }])
        });
    }
}
