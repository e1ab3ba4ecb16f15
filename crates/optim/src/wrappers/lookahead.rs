//! Lookahead (Zhang et al. 2019): every few steps, only part of the way is kept.

use tunesmith_core::{Describe, Param, Plug, register};
use tunesmith_tensor::kernel::Real;

use super::{adam, inner, made, takes_one_gradient};
use crate::{Chain, Chunk, OptimizerEntry, Rule, StateSpec, Step, Transform, chain};

/// Takes `k` steps of another rule, then returns to `alpha` of the way they made.
///
/// ```
/// use tunesmith_core::Plug;
/// use tunesmith_optim::{Layout, Lookahead, Pace, Rule};
/// use tunesmith_tensor::{DType, Par};
/// let inner = Plug::new("sgd").with("lr", 1.0);
/// let mut optimizer = Lookahead { inner, k: 2, alpha: 0.5 }.optimizer();
/// optimizer.init(&Layout::packed([("x", vec![1])]), DType::F64);
/// let mut x = [4.0_f64];
/// for expected in [3.0, 3.0, 2.0, 2.0] { // the second step arrives at 2, the fourth at 1
///     optimizer.step(&mut x, &[&[1.0]], Pace::default(), Par::Seq).unwrap();
///     assert_eq!(x, [expected]);
/// }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Lookahead {
    /// The rule whose steps are taken.
    pub inner: Plug,
    /// Steps between returns.
    pub k: usize,
    /// The share of the way that is kept.
    pub alpha: f64,
}

impl Default for Lookahead {
    fn default() -> Self {
        Self { inner: adam(), k: 5, alpha: 0.5 }
    }
}

impl Describe for Lookahead {
    const NAME: &'static str = "lookahead";
    const ABOUT: &'static str = "every few steps of another rule, only part of the way is kept";
    const SOURCE: &'static str = "Zhang et al. 2019, arXiv 1907.08610";
    const PARAMS: &'static [Param<Self>] = &[
        inner(|s: &mut Self| &mut s.inner),
        Param::int("k", 2, 20, |s: &mut Self| &mut s.k, "steps between returns")
            .rarely()
            .valid(1.0, f64::INFINITY),
        Param::float("alpha", 0.2, 0.9, |s: &mut Self| &mut s.alpha, "share of the way that is kept")
            .rarely()
            .valid(0.0, 1.0),
    ];

    fn check(&self) -> Result<(), String> {
        takes_one_gradient(&self.inner)
    }
}

impl Rule for Lookahead {
    fn lr(&self) -> f64 {
        made(&self.inner).lr()
    }

    fn momentum(&self) -> Option<f64> {
        made(&self.inner).momentum()
    }

    fn full_batch(&self) -> bool {
        made(&self.inner).full_batch()
    }

    fn transform(self) -> impl Into<Chain> {
        chain!(made(&self.inner).chain(), Returning { k: self.k as u64, alpha: self.alpha })
    }
}

register!(OptimizerEntry, Lookahead);

#[derive(Debug)]
struct Returning {
    k: u64,
    alpha: f64,
}

impl Transform for Returning {
    fn states(&self) -> Vec<StateSpec> {
        vec![StateSpec::per_element("slow_buffer")]
    }

    fn update<T: Real>(&self, step: &Step, chunk: Chunk<'_, T>) {
        let alpha = T::from_f64(self.alpha);
        let (first, returns) = (step.count == 1, step.count.is_multiple_of(self.k));
        chunk.each(|update, value, [slow]| {
            let slow = if first { value } else { slow };
            let kept = slow + alpha * (value - update - slow);
            if returns { (value - kept, [kept]) } else { (update, [slow]) }
        });
    }
}
