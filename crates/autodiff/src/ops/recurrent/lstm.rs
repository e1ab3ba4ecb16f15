//! The long short-term memory cell (Hochreiter & Schmidhuber, 1997), with the forget gate of Gers et al. (2000).
//!
//! With the gates' sums cut into four stretches `i, f, g, o` (PyTorch's order):
//!
//! ```text
//! i, f, o = sigmoid      g = tanh
//! c' = f c + i g         h' = o tanh(c')
//! ```

use tunesmith_tensor::kernel::{Real, vectorize};

use super::lanes::{add, each_block, lanes, load, store};
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
        let units = step.units;
        vectorize(
            #[inline(always)]
            || {
                each_block(
                    step.hidden.len() / units,
                    units,
                    #[inline(always)]
                    |row, unit, len| {
                        let (at, wide) = (row * units + unit, 4 * row * units + unit);
                        let sums = [0, 1, 2, 3].map(
                            #[inline(always)]
                            |gate| {
                                let (unit, wide) = (unit + gate * units, wide + gate * units);
                                let x = add(load(step.projected, wide), load(step.bias_ih, unit));
                                add(x, add(load(step.recurrent, wide), load(step.bias_hh, unit)))
                            },
                        );
                        let before = load(step.state_before, at);
                        let i = lanes!(|l| sums[0][l].sigmoid());
                        let f = lanes!(|l| sums[1][l].sigmoid());
                        let g = lanes!(|l| sums[2][l].tanh());
                        let o = lanes!(|l| sums[3][l].sigmoid());
                        let c = lanes!(|l| f[l] * before[l] + i[l] * g[l]);
                        let h = lanes!(|l| o[l] * c[l].tanh());
                        for (gate, value) in [i, f, g, o].iter().enumerate() {
                            store(step.kept, wide + gate * units, len, value);
                        }
                        store(step.state, at, len, &c);
                        store(step.hidden, at, len, &h);
                    },
                );
            },
        );
    }

    fn back<T: Real>(&self, back: Back<'_, T>) {
        let units = back.units;
        vectorize(
            #[inline(always)]
            || {
                each_block(
                    back.hidden.len() / units,
                    units,
                    #[inline(always)]
                    |row, unit, len| {
                        let (at, wide) = (row * units + unit, 4 * row * units + unit);
                        let [i, f, g, o] = [0, 1, 2, 3].map(
                            #[inline(always)]
                            |gate| load(back.kept, wide + gate * units),
                        );
                        let (before, c) = (load(back.state_before, at), load(back.state, at));
                        let (dh, later) = (load(back.by_hidden, at), load(back.by_state, at));
                        let grown = lanes!(|l| c[l].tanh());
                        let dc = lanes!(|l| later[l] + dh[l] * o[l] * (T::ONE - grown[l] * grown[l]));
                        let by_gates = [
                            lanes!(|l| dc[l] * g[l] * (i[l] * (T::ONE - i[l]))),
                            lanes!(|l| dc[l] * before[l] * (f[l] * (T::ONE - f[l]))),
                            lanes!(|l| dc[l] * i[l] * (T::ONE - g[l] * g[l])),
                            lanes!(|l| dh[l] * grown[l] * (o[l] * (T::ONE - o[l]))),
                        ];
                        for (gate, value) in by_gates.iter().enumerate() {
                            store(back.by_projected, wide + gate * units, len, value);
                        }
                        let carried = lanes!(|l| dc[l] * f[l]);
                        store(back.by_state, at, len, &carried);
                    },
                );
            },
        );
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
