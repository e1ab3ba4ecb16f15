//! L-BFGS (Nocedal 1980; Liu & Nocedal 1989): steps by an inverse Hessian built from the last gradients.

use tunesmith_core::{Describe, Param, register};

use super::settings;
use crate::{Chain, Optimizer, OptimizerEntry, Rule};

mod history;
mod line_search;
mod searcher;

/// Several steps at once along an inverse Hessian that the last differences of gradients approximate, as
/// `torch.optim.LBFGS` takes them. One step asks for loss and gradient up to `max_eval` times, of the same rows: see
/// [`step_with`](trait.Optimizer.html#method.step_with). It is meant for all rows at once and for models and tables
/// that are not large, where it reaches lower losses than rules of one gradient.
///
/// Defaults are PyTorch's but for two: there the history is 100 long, which takes 200 times the memory of the
/// parameters and rarely helps (scipy keeps 10), and there is no line search, without which a step may climb.
///
/// With another learning rate for a group it searches along the variables scaled by the root of the factor, so that
/// plain descent would have the rate times the factor. Penalties that are [prepended](Optimizer::prepend) count in the
/// loss that the line search compares; a clipping changes the gradient alone, so that the search may end early.
///
/// ```
/// use tunesmith_optim::{Layout, Lbfgs, Pace, Rule};
/// use tunesmith_tensor::{DType, Par};
/// let mut optimizer = Lbfgs::default().optimizer();
/// optimizer.init(&Layout::packed([("x", vec![2])]), DType::F64);
/// let mut x = [-1.2_f64, 1.0];
/// let mut rosenbrock = |x: &[f64], gradient: &mut [f64]| {
///     let off = x[1] - x[0] * x[0];
///     gradient.copy_from_slice(&[-2.0 * (1.0 - x[0]) - 400.0 * x[0] * off, 200.0 * off]);
///     (1.0 - x[0]).powi(2) + 100.0 * off * off
/// };
/// for _ in 0..2 {
///     optimizer.step_with(&mut x, &mut rosenbrock, Pace::default(), Par::Seq).unwrap();
/// }
/// assert!(x.iter().all(|x| (x - 1.0).abs() < 1e-5));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Lbfgs {
    /// The share of a whole step that is tried first, before the schedule.
    pub lr: f64,
    /// The most directions a step takes.
    pub max_iter: usize,
    /// The most evaluations of a step; 5/4 of `max_iter` when it is not given.
    pub max_eval: Option<usize>,
    /// A gradient whose elements are all at most so large is zero.
    pub tolerance_grad: f64,
    /// A move or a change of the loss that is at most so large ends the step.
    pub tolerance_change: f64,
    /// How many differences are remembered.
    pub history_size: usize,
    /// How far to go along a direction: `strong_wolfe`, or `none` for `lr` times the whole.
    pub line_search_fn: String,
}

impl Default for Lbfgs {
    fn default() -> Self {
        Self {
            lr: 1.0,
            max_iter: 20,
            max_eval: None,
            tolerance_grad: 1e-7,
            tolerance_change: 1e-9,
            history_size: 10,
            line_search_fn: STRONG_WOLFE.to_owned(),
        }
    }
}

const STRONG_WOLFE: &str = "strong_wolfe";

impl Describe for Lbfgs {
    const NAME: &'static str = "lbfgs";
    const ABOUT: &'static str =
        "steps by an inverse Hessian built from the last gradients, on all rows at once";
    const SOURCE: &'static str = "Nocedal 1980, Mathematics of Computation 35; Liu & Nocedal 1989";
    const PARAMS: &'static [Param<Self>] = &[
        settings::lr(0.1, 1.0, |s: &mut Self| &mut s.lr),
        Param::int("max_iter", 5, 50, |s: &mut Self| &mut s.max_iter, "most directions of a step")
            .rarely()
            .valid(1.0, f64::INFINITY),
        Param::optional_int("max_eval", 5, 100, |s: &mut Self| &mut s.max_eval, "most evaluations of a step")
            .rarely()
            .valid(1.0, f64::INFINITY),
        tolerance("tolerance_grad", |s: &mut Self| &mut s.tolerance_grad, "a gradient so small is zero"),
        tolerance(
            "tolerance_change",
            |s: &mut Self| &mut s.tolerance_change,
            "a change so small ends the step",
        ),
        Param::int("history_size", 3, 30, |s: &mut Self| &mut s.history_size, "differences remembered")
            .rarely()
            .valid(1.0, 1000.0),
        Param::name(
            "line_search_fn",
            &[STRONG_WOLFE, "none"],
            |s: &mut Self| &mut s.line_search_fn,
            "how far to go along a direction",
        ),
    ];
}

const fn tolerance<T>(name: &'static str, field: fn(&mut T) -> &mut f64, about: &'static str) -> Param<T> {
    Param::float(name, 1e-12, 1e-3, field, about).log().fixed().valid(0.0, f64::INFINITY)
}

impl Lbfgs {
    /// The most evaluations of a step.
    fn most_evaluations(&self) -> usize {
        self.max_eval.unwrap_or(self.max_iter * 5 / 4)
    }
}

impl Rule for Lbfgs {
    fn lr(&self) -> f64 {
        self.lr
    }

    fn full_batch(&self) -> bool {
        true
    }

    /// Nothing: what it does with gradients takes more than one.
    fn transform(self) -> impl Into<Chain> {
        Chain::new()
    }

    fn optimizer(self) -> Box<dyn Optimizer> {
        Box::new(searcher::Searcher::new(self))
    }
}

register!(OptimizerEntry, Lbfgs);
