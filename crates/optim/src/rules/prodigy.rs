//! Prodigy (Mishchenko & Defazio 2023): an estimate of the distance that grows faster than D-Adaptation's.

use tunesmith_core::{Describe, Param, register};
use tunesmith_tensor::kernel::Real;

use super::settings;
use crate::{Chain, Chunk, Globals, OptimizerEntry, Rule, Scope, StateSpec, Step, Sums, Transform, View};

/// Adam that estimates the distance from its start to the solution and steps accordingly, as the authors' code does:
/// leave `lr` at 1 and give it a schedule.
///
/// ```
/// use tunesmith_optim::{Layout, Pace, Prodigy, Rule};
/// use tunesmith_tensor::{DType, Par};
/// let mut optimizer = Prodigy::default().optimizer();
/// optimizer.init(&Layout::packed([("x", vec![1])]), DType::F64);
/// let mut x = [3.0_f64];
/// for _ in 0..300 {
///     let gradient = [2.0 * x[0]];
///     optimizer.step(&mut x, &[&gradient], Pace::default(), Par::Seq).unwrap();
/// }
/// assert!(x[0].abs() < 0.1); // from steps of a millionth, and no learning rate was chosen
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Prodigy {
    /// Factor of the estimated step size.
    pub lr: f64,
    /// What is left of the mean after one step.
    pub beta1: f64,
    /// What is left of the mean square after one step.
    pub beta2: f64,
    /// Added to the root of the mean square, relative to the estimate.
    pub eps: f64,
    /// The first estimate of the distance.
    pub d0: f64,
    /// Factor of the estimate.
    pub d_coef: f64,
    /// The greatest growth of the estimate in a step.
    pub growth_rate: f64,
    /// Whether the step size is corrected for moments that start at zero.
    pub use_bias_correction: bool,
    /// Whether steps of a warm-up count less in the estimate.
    pub safeguard_warmup: bool,
    /// Decoupled decay, by the estimated step size.
    pub weight_decay: f64,
}

impl Default for Prodigy {
    fn default() -> Self {
        Self {
            lr: 1.0,
            beta1: 0.9,
            beta2: 0.999,
            eps: 1e-8,
            d0: 1e-6,
            d_coef: 1.0,
            growth_rate: f64::MAX,
            use_bias_correction: false,
            safeguard_warmup: false,
            weight_decay: 0.0,
        }
    }
}

impl Describe for Prodigy {
    const NAME: &'static str = "prodigy";
    const ABOUT: &'static str = "adam that estimates its step size fast; leave the learning rate at 1";
    const SOURCE: &'static str = "Mishchenko & Defazio 2023, arXiv 2306.06101";
    const USUAL: bool = true;
    const PARAMS: &'static [Param<Self>] = &[
        settings::lr(0.1, 10.0, |s: &mut Self| &mut s.lr).rarely(),
        settings::beta1(|s: &mut Self| &mut s.beta1),
        settings::beta2(|s: &mut Self| &mut s.beta2),
        settings::eps(|s: &mut Self| &mut s.eps),
        settings::first_distance(|s: &mut Self| &mut s.d0),
        Param::float("d_coef", 0.25, 4.0, |s: &mut Self| &mut s.d_coef, "factor of the estimate")
            .log()
            .valid(0.0, f64::INFINITY),
        settings::growth_rate(|s: &mut Self| &mut s.growth_rate),
        Param::switch(
            "use_bias_correction",
            |s: &mut Self| &mut s.use_bias_correction,
            "correct for moments that start at zero",
        ),
        Param::switch(
            "safeguard_warmup",
            |s: &mut Self| &mut s.safeguard_warmup,
            "steps of a warm-up count less in the estimate",
        ),
        settings::decoupled_decay(|s: &mut Self| &mut s.weight_decay),
    ];
}

impl Rule for Prodigy {
    fn lr(&self) -> f64 {
        self.lr
    }

    fn transform(self) -> impl Into<Chain> {
        Growing(self)
    }
}

register!(OptimizerEntry, Prodigy);

#[derive(Debug)]
struct Growing(Prodigy);

impl Growing {
    /// The step size that an estimate makes.
    fn rate(&self, step: &Step, distance: f64) -> f64 {
        let Prodigy { lr, beta1, beta2, use_bias_correction, .. } = self.0;
        let correction = step.bias_correction(beta2).sqrt() / step.bias_correction(step.momentum(beta1));
        distance * lr * step.scale * if use_bias_correction { correction } else { 1.0 }
    }

    /// The weights of a gradient in the numerator and in the running sum.
    fn weights(&self, rate: f64, distance: f64) -> (f64, f64) {
        let relative = distance / self.0.d0;
        (relative * rate, relative * if self.0.safeguard_warmup { distance } else { rate })
    }

    /// What is left of the sums after one step.
    fn memory(&self) -> f64 {
        self.0.beta2.sqrt()
    }
}

impl Transform for Growing {
    fn states(&self) -> Vec<StateSpec> {
        let mut states: Vec<_> = ["exp_avg", "exp_avg_sq", "s", "p0"].map(StateSpec::per_element).into();
        states.push(StateSpec::global("d").starting_at(self.0.d0));
        states.push(StateSpec::global("d_numerator"));
        states.push(StateSpec::global("d_max").starting_at(self.0.d0));
        states.push(StateSpec::global("previous_d"));
        states
    }

    fn scope(&self) -> Scope {
        Scope::Global
    }

    fn measure<T: Real>(&self, step: &Step, view: View<'_, T>) -> Sums {
        let distance = step.globals[0];
        let (_, to_sum) = self.weights(self.rate(step, distance), distance);
        let memory = self.memory();
        let [_, _, sums, starts] = view.state();
        let (mut towards, mut length) = (0.0, 0.0);
        let moved = if step.count == 1 { 0.0 } else { 1.0 }; // the start is not stored before the first step
        for (i, g) in view.update.iter().enumerate() {
            let g = g.to_f64();
            towards += g * moved * (starts[i].to_f64() - view.value[i].to_f64());
            length += (memory * sums[i].to_f64() + to_sum * g).abs();
        }
        [towards, length, 0.0, 0.0]
    }

    fn settle(&self, step: &Step, [distance, numerator, largest, previous]: &mut Globals) {
        let Prodigy { d0, d_coef, growth_rate, .. } = self.0;
        let [towards, length, ..] = step.sums;
        let (to_numerator, _) = self.weights(self.rate(step, *distance), *distance);
        *previous = *distance;
        *numerator = self.memory() * *numerator + to_numerator * towards;
        let estimate = d_coef * *numerator / length;
        if length > 0.0 && estimate.is_finite() {
            if *distance == d0 {
                *distance = distance.max(estimate);
            }
            *largest = largest.max(estimate);
            *distance = largest.min(*distance * growth_rate);
        }
    }

    fn update<T: Real>(&self, step: &Step, chunk: Chunk<'_, T>) {
        let Prodigy { beta1, beta2, eps, weight_decay, .. } = self.0;
        let beta1 = step.momentum(beta1);
        let [distance, _, _, previous] = step.globals;
        let rate = self.rate(step, previous);
        let (_, to_sum) = self.weights(rate, previous);
        let (memory, to_sum) = (T::from_f64(self.memory()), T::from_f64(to_sum));
        let (to_mean, beta1) = (T::from_f64(previous * (1.0 - beta1)), T::from_f64(beta1));
        // The estimate goes into the gradient, whose square in `f32` would else be lost: d is a millionth at first.
        let (root_rest2, beta2) = (T::from_f64(previous * (1.0 - beta2).sqrt()), T::from_f64(beta2));
        let (eps, rate) = (T::from_f64(distance * eps), T::from_f64(rate));
        let decay = T::from_f64(step.decay(weight_decay));
        let first = step.count == 1;
        chunk.each(|g, value, [mean, square, sum, start]| {
            let start = if first { value } else { start };
            let mean = beta1 * mean + to_mean * g;
            let scaled = root_rest2 * g;
            let square = beta2 * square + scaled * scaled;
            let update = rate * (mean / (square.sqrt() + eps) + decay * value);
            (update, [mean, square, memory * sum + to_sum * g, start])
        });
    }
}
