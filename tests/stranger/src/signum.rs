//! Signum (Bernstein et al. 2018): steps of one size along the sign of the momentum.

use tunesmith_optim::plugin::*;

/// Steps of one size in the direction of the sign of a running mean of the gradient.
///
/// Bernstein, Wang, Azizzadenesheli & Anandkumar 2018, "signSGD: compressed optimisation for non-convex problems",
/// arXiv:1802.04434, algorithm 2; the decay is that of its section on ImageNet, taken off the value.
#[derive(Clone, Debug)]
pub struct Signum {
    /// Step size before the schedule: how far every value moves in one step.
    pub lr: f64,
    /// What is left of the mean after one step.
    pub beta: f64,
    /// The share of each value that is taken off it, times the step size.
    pub weight_decay: f64,
}

impl Default for Signum {
    fn default() -> Self {
        Self { lr: 1e-3, beta: 0.9, weight_decay: 0.0 }
    }
}

impl Describe for Signum {
    const NAME: &'static str = "signum";
    const ABOUT: &'static str = "steps of one size along the sign of a running mean of the gradient";
    const SOURCE: &'static str = "Bernstein et al. 2018, arXiv:1802.04434";
    const PARAMS: &'static [Param<Self>] = &[
        Param::float("lr", 1e-5, 1e-1, |s: &mut Self| &mut s.lr, "step size before the schedule")
            .log()
            .valid(0.0, f64::INFINITY),
        Param::float("beta", 0.5, 0.99, |s: &mut Self| &mut s.beta, "share of the past in the mean")
            .reverse_log()
            .rarely()
            .valid(0.0, 1.0),
        Param::float("weight_decay", 1e-6, 1e-1, |s: &mut Self| &mut s.weight_decay, "decay of the values")
            .log()
            .rarely()
            .valid(0.0, f64::INFINITY),
    ];
}

impl Rule for Signum {
    fn lr(&self) -> f64 {
        self.lr
    }

    fn transform(self) -> impl Into<Chain> {
        chain!(
            SignOfMean { beta: self.beta, weight_decay: self.weight_decay },
            ScaleByLearningRate::new(self.lr),
        )
    }
}

register!(OptimizerEntry, Signum);

/// The one idea of the rule; the step size comes from a transform that exists.
#[derive(Debug)]
struct SignOfMean {
    beta: f64,
    weight_decay: f64,
}

impl Transform for SignOfMean {
    fn states(&self) -> Vec<StateSpec> {
        vec![StateSpec::per_element("mean")]
    }

    fn update<T: Real>(&self, step: &Step, chunk: Chunk<'_, T>) {
        let rest = T::from_f64(1.0 - self.beta);
        let decay = T::from_f64(step.decay(self.weight_decay)); // nothing where a group has no decay
        chunk.each(|gradient, value, [mean]| {
            let mean = mean + rest * (gradient - mean);
            (mean.signum() + decay * value, [mean])
        });
    }
}
