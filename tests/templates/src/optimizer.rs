//! TemplateOptimizer (authors year): what it does, in one line.

use tunesmith_optim::plugin::*;

/// What it does with gradients, with the source of each formula (paper, page).
#[derive(Clone, Debug)]
pub struct TemplateOptimizer {
    /// Step size before the schedule.
    pub lr: f64,
    /// What is left of the mean after one step.
    pub beta: f64,
}

impl Default for TemplateOptimizer {
    fn default() -> Self {
        Self { lr: 1e-2, beta: 0.9 }
    }
}

impl Describe for TemplateOptimizer {
    const NAME: &'static str = "template_optimizer";
    const ABOUT: &'static str = "steps along a running mean of the gradient";
    const PARAMS: &'static [Param<Self>] = &[
        Param::float("lr", 1e-4, 1.0, |s: &mut Self| &mut s.lr, "step size before the schedule")
            .log()
            .valid(0.0, f64::INFINITY),
        Param::float("beta", 0.5, 0.99, |s: &mut Self| &mut s.beta, "share of the past in the mean")
            .reverse_log()
            .rarely()
            .valid(0.0, 1.0),
    ];
}

impl Rule for TemplateOptimizer {
    fn lr(&self) -> f64 {
        self.lr
    }

    fn transform(self) -> impl Into<Chain> {
        chain!(Mean { beta: self.beta }, ScaleByLearningRate::new(self.lr))
    }
}

register!(OptimizerEntry, TemplateOptimizer);

/// The one idea of the rule; what exists already is chained behind it.
#[derive(Debug)]
struct Mean {
    beta: f64,
}

impl Transform for Mean {
    fn states(&self) -> Vec<StateSpec> {
        vec![StateSpec::per_element("mean")]
    }

    fn update<T: Real>(&self, _: &Step, chunk: Chunk<'_, T>) {
        let rest = T::from_f64(1.0 - self.beta);
        chunk.each(|gradient, _value, [mean]| {
            let mean = mean + rest * (gradient - mean);
            (mean, [mean])
        });
    }
}

#[cfg(test)]
mod tests {
    use tunesmith_optim::{OptimizerEntry, conform};

    #[test]
    fn template_optimizer_conforms() {
        let entry = tunesmith_core::find::<OptimizerEntry>("template_optimizer", "test").unwrap();
        assert_eq!(conform::check_optimizer(entry), Vec::<String>::new());
    }
}
