//! Stochastic weight averaging: another rule, evaluated at the mean of its values late in the training.

use tunesmith_core::{Describe, Param, Plug, register};
use tunesmith_tensor::kernel::Real;

use super::{adam, inner, made};
use crate::{Chain, Chunk, Globals, OptimizerEntry, Rule, StateSpec, Step, Transform, View, chain};

/// Trains by another rule and, from the share `start` of the training on, keeps the plain mean of its values, taken
/// every `every` steps, to evaluate with (see [`average`](trait.Optimizer.html#method.average)). Before that, the values
/// themselves are evaluated. The rate while averaging is the schedule's affair: a constant or cyclic one is usual.
///
/// ```
/// use tunesmith_core::Plug;
/// use tunesmith_optim::{Layout, Pace, Rule, Swa};
/// use tunesmith_tensor::{DType, Par};
/// let rule = Swa { inner: Plug::new("sgd").with("lr", 1.0), start: 0.5, every: 1 };
/// let mut optimizer = rule.optimizer();
/// optimizer.init(&Layout::packed([("x", vec![1])]), DType::F64);
/// let (mut x, mut average) = ([4.0_f64], [0.0]);
/// for (progress, expected) in [(0.0, 3.0), (0.25, 2.0), (0.5, 1.0), (0.75, 0.5)] {
///     optimizer.step(&mut x, &[&[1.0]], Pace { progress, ..Pace::default() }, Par::Seq).unwrap();
///     assert!(optimizer.average(&x, &mut average));
///     assert_eq!(average, [expected]); // of 1 and 0 in the end
/// }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Swa {
    /// The rule that trains.
    pub inner: Plug,
    /// The share of the training after which values enter the mean.
    pub start: f64,
    /// Steps between values that enter the mean.
    pub every: usize,
}

impl Default for Swa {
    fn default() -> Self {
        Self { inner: adam(), start: 0.75, every: 1 }
    }
}

impl Describe for Swa {
    const NAME: &'static str = "swa";
    const ABOUT: &'static str = "another rule, evaluated at the mean of its values late in the training";
    const SOURCE: &'static str = "Izmailov et al. 2018, arXiv 1803.05407";
    const PARAMS: &'static [Param<Self>] = &[
        inner(|s: &mut Self| &mut s.inner),
        Param::float(
            "start",
            0.5,
            0.95,
            |s: &mut Self| &mut s.start,
            "share of the training before the mean",
        )
        .rarely()
        .valid(0.0, 1.0),
        Param::int("every", 1, 100, |s: &mut Self| &mut s.every, "steps between values in the mean")
            .fixed()
            .valid(1.0, f64::INFINITY),
    ];
}

impl Rule for Swa {
    fn lr(&self) -> f64 {
        made(&self.inner).lr()
    }

    fn momentum(&self) -> Option<f64> {
        made(&self.inner).momentum()
    }

    fn transform(self) -> impl Into<Chain> {
        chain!(made(&self.inner).chain(), MeanFrom { start: self.start, every: self.every.max(1) as u64 })
    }
}

register!(OptimizerEntry, Swa);

#[derive(Debug)]
struct MeanFrom {
    start: f64,
    every: u64,
}

impl Transform for MeanFrom {
    fn states(&self) -> Vec<StateSpec> {
        // The mean, how many values are in it, and whether this step's are.
        vec![
            StateSpec::per_element("swa"),
            StateSpec::global("n_averaged"),
            StateSpec::global("averages_now"),
        ]
    }

    fn settle(&self, step: &Step, globals: &mut Globals) {
        let now = step.progress >= self.start && step.count.is_multiple_of(self.every);
        globals[1] = f64::from(u8::from(now));
        globals[0] += globals[1];
    }

    fn update<T: Real>(&self, step: &Step, chunk: Chunk<'_, T>) {
        let [averaged, now, ..] = step.globals;
        let follows = averaged == 0.0 || (averaged == 1.0 && now > 0.0) || step.count == 1;
        let share = T::from_f64(now / averaged.max(1.0));
        chunk.each(|update, value, [mean]| {
            let next = value - update;
            (update, [if follows { next } else { mean + share * (next - mean) }])
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
