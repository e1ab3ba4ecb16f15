//! Poisson's negative log-likelihood of counts.

use crate::plugin::*;

/// The mean of `e^x - y x` for predictions `x` of a rate's logarithm, or of `x - y ln(x + eps)` for rates themselves; the
/// term `ln y!`, which does not depend on the predictions, is left out.
#[derive(Clone, Debug)]
pub(crate) struct PoissonNll {
    log_input: bool,
    eps: f64,
}

impl Default for PoissonNll {
    fn default() -> Self {
        Self { log_input: true, eps: 1e-8 }
    }
}

impl Describe for PoissonNll {
    const NAME: &'static str = "poisson_nll";
    const ABOUT: &'static str = "-ln of the probability of counts under predicted rates";
    const PARAMS: &'static [Param<Self>] = &[
        Param::switch(
            "log_input",
            |s: &mut Self| &mut s.log_input,
            "whether the logarithm of a rate is predicted",
        ),
        Param::float("eps", 1e-8, 1e-8, |s: &mut Self| &mut s.eps, "keeps the logarithm of a rate finite")
            .fixed()
            .valid(0.0, 1.0),
    ];
}

impl Loss for PoissonNll {
    fn targets(&self) -> Targets {
        Targets::Numbers
    }

    fn value(&self, prediction: &Var, target: &Var, batch: &Batch) -> Var {
        batch.mean(&if self.log_input {
            prediction.exp() - target * prediction
        } else {
            prediction - &(target * &(prediction + self.eps).ln())
        })
    }

    fn interpret(&self, prediction: &Var) -> Var {
        if self.log_input { prediction.exp() } else { prediction.clone() }
    }
}

register!(LossEntry, PoissonNll);
