//! The long short-term memory cell (Hochreiter & Schmidhuber, 1997), with the forget gate of Gers et al. (2000).
//!
//! With the gates' sums cut into four stretches `i, f, g, o` (PyTorch's order):
//!
//! ```text
//! i, f, o = sigmoid      g = tanh
//! c' = f c + i g         h' = o tanh(c')
//! ```

use tunesmith_tensor::kernel::Real;

use super::lanes::{Block, Blocks, each_block, lanes, load, settled, store};
use super::{Back, Cell, Moment, Step, Turned};
use crate::Var;

/// Long short-term memory (Neural Computation 9, 1997; forget gate: Neural Computation 12, 2000).
///
/// Keeps `i, f, g, o`.
#[derive(Clone, Copy, Debug)]
pub struct Lstm;

impl Cell for Lstm {
    const NAME: &'static str = "lstm";
    const GRADIENT: &'static str = "lstm_gradient";
    const GATES: usize = 4;
    const STATE: bool = true;
    const KEPT: usize = 4;
    const APART: bool = false;
    const DIRECT: bool = false;

    fn step<T: Real>(&self, step: Step<'_, T>) {
        each_block(step.hidden.len() / step.units, step.units, Forward(step));
    }

    fn back<T: Real>(&self, back: Back<'_, T>) {
        each_block(back.hidden.len() / back.units, back.units, Backward(back));
    }

    fn moment(&self, projected: &[Var], recurrent: &[Var], hidden_before: Var, state_before: Var) -> Moment {
        let sum = |gate: usize| &projected[gate] + &recurrent[gate];
        let (i, f, g, o) = (sum(0).sigmoid(), sum(1).sigmoid(), sum(2).tanh(), sum(3).sigmoid());
        let state = &f * &state_before + &i * &g;
        let hidden = &o * &state.tanh();
        Moment { hidden_before, hidden, state_before, state, kept: vec![i, f, g, o] }
    }

    fn turned(&self, moment: &Moment, by_hidden: &Var, by_state: &Var) -> Turned {
        let [i, f, g, o] = &moment.kept[..] else { unreachable!("four gates are kept") };
        let grown = moment.state.tanh();
        let dc = by_state + by_hidden * o * (1.0 - grown.square());
        let by_gates = vec![
            &dc * g * (i * &(1.0 - i)),
            &dc * &moment.state_before * (f * &(1.0 - f)),
            &dc * i * (1.0 - g.square()),
            by_hidden * &grown * (o * &(1.0 - o)),
        ];
        Turned {
            by_projected: by_gates.clone(),
            by_recurrent: by_gates,
            by_hidden_before: dc.graph().scalar(0.0),
            by_state_before: &dc * f,
        }
    }
}

struct Forward<'a, T>(Step<'a, T>);

impl<T: Real> Forward<'_, T> {
    /// A gate's sum, from `unit` on.
    #[inline(always)]
    fn sum<const FULL: bool>(&self, row: usize, unit: usize, gate: usize) -> Block<T> {
        let step = &self.0;
        let (wide, unit) = ((4 * row + gate) * step.units + unit, gate * step.units + unit);
        let x = load::<T, FULL>(step.projected, wide);
        let h = load::<T, FULL>(step.recurrent, wide);
        let b = load::<T, FULL>(step.bias_ih, unit);
        let c = load::<T, FULL>(step.bias_hh, unit);
        lanes!(|l| (x[l] + b[l]) + (h[l] + c[l]))
    }
}

impl<T: Real> Blocks for Forward<'_, T> {
    #[inline(always)]
    fn block<const FULL: bool>(&mut self, row: usize, unit: usize, len: usize) {
        let at = row * self.0.units + unit;
        let (i, f) = (self.sum::<FULL>(row, unit, 0), self.sum::<FULL>(row, unit, 1));
        let (g, o) = (self.sum::<FULL>(row, unit, 2), self.sum::<FULL>(row, unit, 3));
        let before = load::<T, FULL>(self.0.state_before, at);
        let (i, f) = (lanes!(|l| i[l].sigmoid()), lanes!(|l| f[l].sigmoid()));
        let (g, o) = (lanes!(|l| g[l].tanh()), lanes!(|l| o[l].sigmoid()));
        let c = lanes!(|l| f[l] * before[l] + i[l] * g[l]);
        let h = lanes!(|l| o[l] * c[l].tanh());
        let (units, kept) = (self.0.units, &mut *self.0.kept);
        let wide = 4 * row * units + unit;
        store::<T, FULL>(kept, wide, len, &i);
        store::<T, FULL>(kept, wide + units, len, &f);
        store::<T, FULL>(kept, wide + 2 * units, len, &g);
        store::<T, FULL>(kept, wide + 3 * units, len, &o);
        store::<T, FULL>(self.0.state, at, len, &c);
        store::<T, FULL>(self.0.hidden, at, len, &h);
    }
}

struct Backward<'a, T>(Back<'a, T>);

impl<T: Real> Blocks for Backward<'_, T> {
    #[inline(always)]
    fn block<const FULL: bool>(&mut self, row: usize, unit: usize, len: usize) {
        let back = &mut self.0;
        let (at, wide, units) = (row * back.units + unit, 4 * row * back.units + unit, back.units);
        let i = load::<T, FULL>(back.kept, wide);
        let f = load::<T, FULL>(back.kept, wide + units);
        let g = load::<T, FULL>(back.kept, wide + 2 * units);
        let o = load::<T, FULL>(back.kept, wide + 3 * units);
        let before = load::<T, FULL>(back.state_before, at);
        let c = load::<T, FULL>(back.state, at);
        let dh = settled(load::<T, FULL>(back.by_hidden, at));
        let later = load::<T, FULL>(back.by_state, at);
        let grown = lanes!(|l| c[l].tanh());
        let dc = settled(lanes!(|l| later[l] + dh[l] * o[l] * (T::ONE - grown[l] * grown[l])));
        let di = lanes!(|l| dc[l] * g[l] * (i[l] * (T::ONE - i[l])));
        let df = lanes!(|l| dc[l] * before[l] * (f[l] * (T::ONE - f[l])));
        let dg = lanes!(|l| dc[l] * i[l] * (T::ONE - g[l] * g[l]));
        let do_ = lanes!(|l| dh[l] * grown[l] * (o[l] * (T::ONE - o[l])));
        store::<T, FULL>(back.by_projected, wide, len, &di);
        store::<T, FULL>(back.by_projected, wide + units, len, &df);
        store::<T, FULL>(back.by_projected, wide + 2 * units, len, &dg);
        store::<T, FULL>(back.by_projected, wide + 3 * units, len, &do_);
        store::<T, FULL>(back.by_state, at, len, &lanes!(|l| dc[l] * f[l]));
    }
}
