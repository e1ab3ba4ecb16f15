//! The simple recurrent cell (Elman, 1990): `h' = f(x W_ih^T + b_ih + h W_hh^T + b_hh)`, with `f` tanh or ReLU.

use tunesmith_tensor::kernel::Real;

use super::lanes::{Blocks, each_block, lanes, load, settled, store};
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
        let (rows, units) = (step.hidden.len() / step.units, step.units);
        match self.activation {
            RnnActivation::Tanh => each_block(rows, units, Forward::<_, false>(step)),
            RnnActivation::Relu => each_block(rows, units, Forward::<_, true>(step)),
        }
    }

    fn back<T: Real>(&self, back: Back<'_, T>) {
        let (rows, units) = (back.hidden.len() / back.units, back.units);
        match self.activation {
            RnnActivation::Tanh => each_block(rows, units, Backward::<_, false>(back)),
            RnnActivation::Relu => each_block(rows, units, Backward::<_, true>(back)),
        }
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

struct Forward<'a, T, const RELU: bool>(Step<'a, T>);

impl<T: Real, const RELU: bool> Blocks for Forward<'_, T, RELU> {
    #[inline(always)]
    fn block<const FULL: bool>(&mut self, row: usize, unit: usize, len: usize) {
        let step = &mut self.0;
        let at = row * step.units + unit;
        let x = load::<T, FULL>(step.projected, at);
        let h = load::<T, FULL>(step.recurrent, at);
        let b = load::<T, FULL>(step.bias_ih, unit);
        let c = load::<T, FULL>(step.bias_hh, unit);
        let sum = lanes!(|l| (x[l] + b[l]) + (h[l] + c[l]));
        let out = lanes!(|l| if RELU { sum[l].max(T::ZERO) } else { sum[l].tanh() });
        store::<T, FULL>(step.hidden, at, len, &out);
    }
}

struct Backward<'a, T, const RELU: bool>(Back<'a, T>);

impl<T: Real, const RELU: bool> Blocks for Backward<'_, T, RELU> {
    #[inline(always)]
    fn block<const FULL: bool>(&mut self, row: usize, unit: usize, len: usize) {
        let back = &mut self.0;
        let at = row * back.units + unit;
        let h = load::<T, FULL>(back.hidden, at);
        let dh = settled(load::<T, FULL>(back.by_hidden, at));
        let slope = lanes!(|l| match RELU {
            true if h[l] > T::ZERO => T::ONE,
            true => T::ZERO,
            false => T::ONE - h[l] * h[l],
        });
        store::<T, FULL>(back.by_projected, at, len, &lanes!(|l| dh[l] * slope[l]));
    }
}
