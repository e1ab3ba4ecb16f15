//! Gradient descent (Cauchy 1847): against the gradient of the whole training data.

use tunesmith_core::{Describe, Param, register};

use super::settings;
use crate::{Chain, OptimizerEntry, Rule, ScaleByLearningRate};

/// Steps against the gradient of the whole training data: `value -= lr * gradient`.
///
/// ```
/// use tunesmith_optim::{GradientDescent, Rule};
/// assert!(GradientDescent::default().full_batch());
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct GradientDescent {
    /// Step size before the schedule.
    pub lr: f64,
}

impl Default for GradientDescent {
    fn default() -> Self {
        Self { lr: 1e-2 }
    }
}

impl Describe for GradientDescent {
    const NAME: &'static str = "gradient_descent";
    const ABOUT: &'static str = "steps against the gradient of the whole training data, without a memory";
    const SOURCE: &'static str = "Cauchy 1847, Comptes rendus 25";
    const PARAMS: &'static [Param<Self>] = &[settings::lr(1e-4, 1.0, |s: &mut Self| &mut s.lr)];
}

impl Rule for GradientDescent {
    fn lr(&self) -> f64 {
        self.lr
    }

    fn full_batch(&self) -> bool {
        true
    }

    fn transform(self) -> impl Into<Chain> {
        ScaleByLearningRate::new(self.lr)
    }
}

register!(OptimizerEntry, GradientDescent);
