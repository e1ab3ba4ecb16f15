//! EMA of weights: another rule, evaluated at a running mean of its values.

use tunesmith_core::{Describe, Param, Plug, register};
use tunesmith_tensor::kernel::Real;

use super::{adam, inner, made, takes_one_gradient};
use crate::{Chain, Chunk, OptimizerEntry, Rule, StateSpec, Step, Transform, View, chain};

/// Trains by another rule and keeps a running mean of the values to evaluate with (see
/// [`average`](trait.Optimizer.html#method.average)). With `warmup`, the mean forgets the first steps faster: step
/// `t` keeps `min(decay, t / (t + 9))` of it.
///
/// ```
/// use tunesmith_core::Plug;
/// use tunesmith_optim::{Ema, Layout, Pace, Rule};
/// use tunesmith_tensor::{DType, Par};
/// let rule = Ema { inner: Plug::new("sgd").with("lr", 1.0), decay: 0.5, warmup: false };
/// let mut optimizer = rule.optimizer();
/// optimizer.init(&Layout::packed([("x", vec![1])]), DType::F64);
/// let (mut x, mut average) = ([4.0_f64], [0.0]);
/// for _ in 0..2 {
///     optimizer.step(&mut x, &[&[2.0]], Pace::default(), Par::Seq).unwrap();
/// }
/// assert!(optimizer.average(&x, &mut average));
/// assert_eq!((x[0], average[0]), (0.0, 1.5)); // 4, then half of 4 and 2, then half of 3 and 0
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Ema {
    /// The rule that trains.
    pub inner: Plug,
    /// What is left of the mean after one step.
    pub decay: f64,
    /// Whether the mean forgets the first steps faster.
    pub warmup: bool,
}

impl Default for Ema {
    fn default() -> Self {
        Self { inner: adam(), decay: 0.999, warmup: true }
    }
}

impl Describe for Ema {
    const NAME: &'static str = "ema";
    const ABOUT: &'static str = "another rule, evaluated at a running mean of its values";
    const SOURCE: &'static str = "Polyak & Juditsky 1992; Tarvainen & Valpola 2017, arXiv 1703.01780";
    const PARAMS: &'static [Param<Self>] = &[
        inner(|s: &mut Self| &mut s.inner),
        Param::float("decay", 0.9, 0.9999, |s: &mut Self| &mut s.decay, "share of the past in the mean")
            .reverse_log()
            .rarely()
            .valid(0.0, 1.0),
        Param::switch("warmup", |s: &mut Self| &mut s.warmup, "forget the first steps faster"),
    ];

    fn check(&self) -> Result<(), String> {
        takes_one_gradient(&self.inner)
    }
}

impl Rule for Ema {
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
        chain!(made(&self.inner).chain(), MeanOfValues { decay: self.decay, warmup: self.warmup })
    }
}

register!(OptimizerEntry, Ema);

#[derive(Debug)]
struct MeanOfValues {
    decay: f64,
    warmup: bool,
}

impl Transform for MeanOfValues {
    fn states(&self) -> Vec<StateSpec> {
        vec![StateSpec::per_element("ema")]
    }

    fn update<T: Real>(&self, step: &Step, chunk: Chunk<'_, T>) {
        let count = step.count as f64;
        let risen = if self.warmup { count / (count + 9.0) } else { 1.0 };
        let rest = T::from_f64(1.0 - self.decay.min(risen));
        let first = step.count == 1;
        chunk.each(|update, value, [mean]| {
            let mean = if first { value } else { mean };
            (update, [mean + rest * (value - update - mean)])
        });
    }

    fn averages(&self) -> bool {
        true
    }

    fn average<T: Real>(&self, _: &Step, view: View<'_, T>, into: &mut [T]) {
        let [mean] = view.state();
        into.copy_from_slice(mean);
    }
}
