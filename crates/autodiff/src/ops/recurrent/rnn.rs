//! The simple recurrent cell (Elman, 1990): `h' = f(x W_ih^T + b_ih + h W_hh^T + b_hh)`, with `f` tanh or ReLU.

use tunesmith_tensor::kernel::{Real, vectorize};

use super::lanes::{each_block, lanes, load, store};
use super::{Back, Cell, Moment, Step, Turned};
use crate::Var;

/// What follows the sum of a simple recurrent cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RnnActivation {
    /// Hyperbolic tangent.
    Tanh,
    /// The positive part.
    Relu,
}

/// Elman's cell ("Finding structure in time", Cognitive Science 14, 1990).
#[derive(Clone, Copy, Debug)]
pub struct Rnn {
    /// What follows the sum.
    pub activation: RnnActivation,
}

impl Cell for Rnn {
    const NAME: &'static str = "rnn";
    const GRADIENT: &'static str = "rnn_gradient";
    const GATES: usize = 1;
    const STATE: bool = false;
    const KEPT: usize = 0;
    const APART: bool = false;
    const DIRECT: bool = false;

    fn step<T: Real>(&self, step: Step<'_, T>) {
        let units = step.units;
        let relu = self.activation == RnnActivation::Relu;
        vectorize(
            #[inline(always)]
            || {
                each_block(
                    step.hidden.len() / units,
                    units,
                    #[inline(always)]
                    |row, unit, len| {
                        let at = row * units + unit;
                        let (x, h) = (load(step.projected, at), load(step.recurrent, at));
                        let (b, c) = (load(step.bias_ih, unit), load(step.bias_hh, unit));
                        let sum = lanes!(|l| (x[l] + b[l]) + (h[l] + c[l]));
                        let out =
                            if relu { lanes!(|l| sum[l].max(T::ZERO)) } else { lanes!(|l| sum[l].tanh()) };
                        store(step.hidden, at, len, &out);
                    },
                );
            },
        );
    }

    fn back<T: Real>(&self, back: Back<'_, T>) {
        let relu = self.activation == RnnActivation::Relu;
        vectorize(
            #[inline(always)]
            || {
                for ((out, &slope), &h) in back.by_projected.iter_mut().zip(&*back.by_hidden).zip(back.hidden)
                {
                    let by_sum = if relu { T::from_usize(usize::from(h > T::ZERO)) } else { T::ONE - h * h };
                    *out = slope * by_sum;
                }
            },
        );
    }

    fn moment(&self, projected: &[Var], recurrent: &[Var], hidden_before: Var, state_before: Var) -> Moment {
        let sum = &projected[0] + &recurrent[0];
        let hidden = match self.activation {
            RnnActivation::Tanh => sum.tanh(),
            RnnActivation::Relu => sum.relu(),
        };
        Moment {
            hidden_before,
            hidden,
            state_before: state_before.clone(),
            state: state_before,
            kept: vec![],
        }
    }

    fn turned(&self, moment: &Moment, by_hidden: &Var, by_state: &Var) -> Turned {
        let by_sum = match self.activation {
            RnnActivation::Tanh => 1.0 - moment.hidden.square(),
            RnnActivation::Relu => moment.hidden.sign(), // the outputs are not negative
        };
        let by_gates = vec![by_hidden * &by_sum];
        let none = by_state.graph().scalar(0.0);
        Turned {
            by_projected: by_gates.clone(),
            by_recurrent: by_gates,
            by_hidden_before: none.clone(),
            by_state_before: none,
        }
    }
}
