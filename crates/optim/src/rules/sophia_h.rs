//! SophiaH (Liu et al. 2023): momentum over a curvature from the Hessian's diagonal, limited element by element.

use tunesmith_core::{Describe, Param, Seed, register};
use tunesmith_tensor::kernel::{Real, elementwise};

use super::settings;
use crate::erase::Chained;
use crate::probed::{Probe, Probed, Slabs};
use crate::transforms::root_mean_square;
use crate::{
    AddL2, Chain, Chunk, Element, Evaluate, Optimizer, OptimizerEntry, Pace, Rule, ScaleByLearningRate,
    StateData, StateSpec, Step, Transform, chain,
};

/// Steps along a running mean of the gradient divided by `gamma` times a running mean of the Hessian's diagonal, each
/// element by at most the learning rate; by the whole rate where the curvature is not positive.
///
/// The diagonal is Hutchinson's estimate `u * (H u)` with random signs `u`, every `update_interval` steps. The product
/// with the Hessian is the difference of two gradients a little along `u`, each an evaluation of its own: its relative
/// error is about 1e-4 in `f32`. Penalties that are [prepended](Optimizer::prepend) are no part of the curvature.
///
/// ```
/// use tunesmith_optim::{Layout, Pace, Rule, SophiaH};
/// use tunesmith_tensor::{DType, Par};
/// let mut optimizer = SophiaH { lr: 0.1, gamma: 1.0, ..SophiaH::default() }.optimizer();
/// optimizer.init(&Layout::packed([("x", vec![2])]), DType::F64);
/// let mut x = [3.0_f64, -2.0];
/// let mut bowl = |x: &[f64], gradient: &mut [f64]| {
///     gradient.copy_from_slice(&[x[0], 100.0 * x[1]]);
///     (x[0] * x[0] + 100.0 * x[1] * x[1]) / 2.0
/// };
/// for _ in 0..300 {
///     optimizer.step_with(&mut x, &mut bowl, Pace::default(), Par::Seq).unwrap();
/// }
/// assert!(x.iter().all(|x| x.abs() < 0.01));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct SophiaH {
    /// Step size before the schedule, and the most an element moves in a step.
    pub lr: f64,
    /// What is left of the mean after one step.
    pub beta1: f64,
    /// What is left of the curvature after it is updated.
    pub beta2: f64,
    /// The factor of the curvature: the smaller, the more elements move by the full rate.
    pub gamma: f64,
    /// The least curvature that divides.
    pub eps: f64,
    /// Steps between updates of the curvature.
    pub update_interval: usize,
    /// Decoupled decay: a step takes `lr * weight_decay * value` off the value.
    pub weight_decay: f64,
    /// Where the signs come from.
    pub seed: usize,
}

impl Default for SophiaH {
    fn default() -> Self {
        Self {
            lr: 1e-3,
            beta1: 0.96,
            beta2: 0.99,
            gamma: 0.01,
            eps: 1e-12,
            update_interval: 10,
            weight_decay: 0.1,
            seed: 0,
        }
    }
}

impl Describe for SophiaH {
    const NAME: &'static str = "sophia_h";
    const ABOUT: &'static str =
        "momentum over a curvature from the Hessian's diagonal, limited element by element";
    const SOURCE: &'static str = "Liu et al. 2023, arXiv 2305.14342";
    const PARAMS: &'static [Param<Self>] = &[
        settings::lr(1e-5, 1e-1, |s: &mut Self| &mut s.lr),
        settings::beta1(|s: &mut Self| &mut s.beta1),
        settings::beta2(|s: &mut Self| &mut s.beta2),
        Param::float("gamma", 1e-3, 1.0, |s: &mut Self| &mut s.gamma, "factor of the curvature")
            .log()
            .rarely()
            .valid(0.0, f64::INFINITY),
        Param::float("eps", 1e-15, 1e-6, |s: &mut Self| &mut s.eps, "least curvature that divides")
            .log()
            .fixed()
            .valid(1e-30, 1.0),
        Param::int(
            "update_interval",
            1,
            20,
            |s: &mut Self| &mut s.update_interval,
            "steps between curvatures",
        )
        .fixed()
        .valid(1.0, f64::INFINITY),
        settings::decoupled_decay(|s: &mut Self| &mut s.weight_decay),
        Param::int("seed", 0, 100, |s: &mut Self| &mut s.seed, "of the signs").fixed(),
    ];
}

impl Rule for SophiaH {
    fn lr(&self) -> f64 {
        self.lr
    }

    /// The step; the curvature it divides by is estimated before it.
    fn transform(self) -> impl Into<Chain> {
        let &Self { lr, beta1, gamma, eps, weight_decay, .. } = &self;
        let decay = AddL2::unless_zero(weight_decay);
        chain!(LimitedNewton { beta1, gamma, eps }, decay, ScaleByLearningRate::new(lr))
    }

    fn optimizer(self) -> Box<dyn Optimizer> {
        let hutchinson = Hutchinson {
            interval: self.update_interval as u64,
            beta2: self.beta2,
            seed: Seed::new(self.seed as u64).named("hutchinson"),
        };
        Box::new(Probed::new(Self::NAME, hutchinson, Box::new(Chained::new(self))))
    }
}

register!(OptimizerEntry, SophiaH);

/// The name of the state that the estimate enters and the step divides by.
const CURVATURE: &str = "hessian";

#[derive(Debug)]
struct LimitedNewton {
    beta1: f64,
    gamma: f64,
    eps: f64,
}

impl Transform for LimitedNewton {
    fn states(&self) -> Vec<StateSpec> {
        ["exp_avg", CURVATURE].map(StateSpec::per_element).into()
    }

    fn update<T: Real>(&self, step: &Step, chunk: Chunk<'_, T>) {
        let rest = T::from_f64(1.0 - step.momentum(self.beta1));
        let (gamma, eps) = (T::from_f64(self.gamma), T::from_f64(self.eps));
        chunk.each(|g, _, [mean, curvature]| {
            let mean = mean + rest * (g - mean);
            let size = (mean.abs() / (gamma * curvature).max(eps)).min(T::ONE);
            (mean.signum() * size, [mean, curvature])
        });
    }
}

/// Enters an estimate of the Hessian's diagonal into the state of the step.
#[derive(Debug)]
struct Hutchinson {
    interval: u64,
    beta2: f64,
    seed: Seed,
}

impl Probe for Hutchinson {
    const OTHERS: usize = 3;

    fn look<T: Element>(
        &self,
        inner: &mut dyn Optimizer,
        values: &[T],
        evaluate: &mut Evaluate<'_, T>,
        slabs: &mut Slabs<T>,
        pace: Pace,
    ) {
        if !inner.count().is_multiple_of(self.interval) {
            return;
        }
        let Slabs { trial, others, .. } = slabs;
        let [signs, ahead, behind] = &mut others[..] else { unreachable!("as many as asked for") };
        let seed = self.seed.at(inner.count());
        let Some((layout, _)) = inner.made_for() else { return };
        signs.fill(T::ZERO);
        for (index, segment) in layout.segments().iter().enumerate() {
            if !layout.treatment(Some(index)).is_frozen(pace.progress) {
                let mut generator = seed.named(&segment.name).generator();
                let sign = |sign: &mut T| *sign = if generator.uniform() < 0.5 { T::ONE } else { -T::ONE };
                signs[segment.range.clone()].iter_mut().for_each(sign);
            }
        }
        // The error of the difference is least at the third root of the precision, measured in the values' size.
        let size = root_mean_square(values).max(0.1);
        let reach = T::from_f64(T::EPSILON.to_f64().cbrt() * size);
        for (gradient, reach) in [(&mut *ahead, reach), (&mut *behind, -reach)] {
            elementwise::zip(values, signs, trial, |value, sign| value + reach * sign);
            evaluate(trial, gradient);
        }
        let width = 2.0 * reach.to_f64();
        let estimate = |i: usize| signs[i].to_f64() * (ahead[i].to_f64() - behind[i].to_f64()) / width;
        if (0..values.len()).any(|i| !T::from_f64(estimate(i)).is_finite()) {
            return; // the loss has no curvature to speak of here; the next estimate may have one
        }
        let (kept, rest) = (self.beta2, 1.0 - self.beta2);
        inner.visit(&mut |entry| {
            let Some(segment) = entry.segment.filter(|_| entry.name == CURVATURE) else { return };
            let places = segment.range.clone();
            match entry.data {
                StateData::F32(curvature) => curvature
                    .iter_mut()
                    .zip(places)
                    .for_each(|(h, i)| *h = (kept * f64::from(*h) + rest * estimate(i)) as f32),
                StateData::F64(curvature) => {
                    curvature.iter_mut().zip(places).for_each(|(h, i)| *h = kept * *h + rest * estimate(i))
                }
                StateData::Count(_) => {}
            }
        });
    }
}
