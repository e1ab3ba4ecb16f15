//! SAM (Foret et al. 2021) and ASAM (Kwon et al. 2021): the gradient where the loss nearby is highest.

use tunesmith_core::{Describe, Param, Plug, register};
use tunesmith_tensor::kernel::elementwise;

use super::{adam, inner, made, takes_one_gradient};
use crate::probed::{Probe, Probed, Slabs};
use crate::{Chain, Element, Evaluate, Optimizer, OptimizerEntry, Pace, Rule};

/// Steps by another rule with the gradient not of the values but of where, within `rho`, the loss climbs fastest: it
/// flattens the minima that are found. A step evaluates twice. With `adaptive`, the neighbourhood of a value is as wide
/// as the value is large (ASAM), so that it does not depend on how weights are scaled; `rho` is then larger, 0.5 to 2.
///
/// Penalties and clipping act on the second gradient. Frozen parameters are not moved for the second one either.
///
/// ```
/// use tunesmith_core::Plug;
/// use tunesmith_optim::{Layout, Pace, Rule, Sam};
/// use tunesmith_tensor::{DType, Par};
/// let rule = Sam { inner: Plug::new("sgd").with("lr", 0.5), rho: 0.1, adaptive: false };
/// let mut optimizer = rule.optimizer();
/// optimizer.init(&Layout::packed([("x", vec![1])]), DType::F64);
/// let mut x = [1.0_f64];
/// let mut square = |x: &[f64], gradient: &mut [f64]| {
///     gradient[0] = 2.0 * x[0];
///     x[0] * x[0]
/// };
/// optimizer.step_with(&mut x, &mut square, Pace::default(), Par::Seq).unwrap();
/// assert!((x[0] - (1.0 - 0.5 * 2.2)).abs() < 1e-9); // the gradient at 1.1
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Sam {
    /// The rule that steps.
    pub inner: Plug,
    /// How far the neighbourhood reaches.
    pub rho: f64,
    /// Whether it is as wide as values are large.
    pub adaptive: bool,
}

impl Default for Sam {
    fn default() -> Self {
        Self { inner: adam(), rho: 0.05, adaptive: false }
    }
}

impl Describe for Sam {
    const NAME: &'static str = "sam";
    const ABOUT: &'static str = "another rule, with the gradient of where the loss nearby is highest";
    const SOURCE: &'static str =
        "Foret et al. 2021, arXiv 2010.01412; adaptive: Kwon et al. 2021, arXiv 2102.11600";
    const PARAMS: &'static [Param<Self>] = &[
        inner(|s: &mut Self| &mut s.inner),
        Param::float("rho", 0.01, 2.0, |s: &mut Self| &mut s.rho, "how far the neighbourhood reaches")
            .log()
            .rarely()
            .valid(0.0, f64::INFINITY),
        Param::switch("adaptive", |s: &mut Self| &mut s.adaptive, "it is as wide as values are large"),
    ];

    fn check(&self) -> Result<(), String> {
        takes_one_gradient(&self.inner)
    }
}

impl Rule for Sam {
    fn lr(&self) -> f64 {
        made(&self.inner).lr()
    }

    fn momentum(&self) -> Option<f64> {
        made(&self.inner).momentum()
    }

    fn full_batch(&self) -> bool {
        made(&self.inner).full_batch()
    }

    /// That of the rule inside: what it does besides takes another gradient.
    fn transform(self) -> impl Into<Chain> {
        made(&self.inner).chain()
    }

    fn optimizer(self) -> Box<dyn Optimizer> {
        let inner = OptimizerEntry::make(&self.inner, "inner").unwrap_or_else(|error| panic!("{error}"));
        Box::new(Probed::new(Self::NAME, Climb { rho: self.rho, adaptive: self.adaptive }, inner))
    }
}

register!(OptimizerEntry, Sam);

#[derive(Debug)]
struct Climb {
    rho: f64,
    adaptive: bool,
}

/// Added to the norm that divides, as in the authors' code.
const EPS: f64 = 1e-12;

impl Probe for Climb {
    fn look<T: Element>(
        &self,
        inner: &mut dyn Optimizer,
        values: &[T],
        evaluate: &mut Evaluate<'_, T>,
        Slabs { gradient, trial, .. }: &mut Slabs<T>,
        pace: Pace,
    ) {
        let Some((layout, _)) = inner.made_for() else { return };
        // The way up, first without its length.
        if self.adaptive {
            elementwise::zip(gradient, values, trial, |g, value| g * value * value);
        } else {
            trial.copy_from_slice(gradient);
        }
        for (index, segment) in layout.segments().iter().enumerate() {
            if layout.treatment(Some(index)).is_frozen(pace.progress) {
                trial[segment.range.clone()].fill(T::ZERO);
            }
        }
        // Of the scaled gradient: its product with the way is the square of |value| * gradient.
        let square: f64 = trial.iter().zip(&*gradient).map(|(way, g)| way.to_f64() * g.to_f64()).sum();
        let length = self.rho / (square.sqrt() + EPS);
        go(values, trial, length);
        if trial.iter().all(|x| x.is_finite()) {
            evaluate(trial, gradient);
        }
    }
}

/// Replaces the way by where it leads from the values; in double precision, because the length may leave `f32`.
fn go<T: Element>(values: &[T], way: &mut [T], length: f64) {
    for (way, value) in way.iter_mut().zip(values) {
        *way = T::from_f64(value.to_f64() + length * way.to_f64());
    }
}
