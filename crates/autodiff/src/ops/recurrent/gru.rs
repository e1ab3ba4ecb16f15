//! The gated recurrent unit (Cho et al., 2014), its reset gate applied after the recurrent product (PyTorch; Keras with
//! `reset_after`).
//!
//! With the two parts of the gates' sums, from the input `x` and from the outputs before `q`, cut into three stretches
//! `r, z, n` (PyTorch's order):
//!
//! ```text
//! r, z = sigmoid(x + q)      n = tanh(x_n + r q_n)
//! h' = (1 - z) n + z h
//! ```

use tunesmith_tensor::kernel::{Real, vectorize};

use super::lanes::{add, each_block, lanes, load, store};
use super::{Back, Cell, Moment, Step, Turned};
use crate::Var;

/// The gated recurrent unit (arXiv:1406.1078).
///
/// Keeps `r, z, n` and `q_n`.
#[derive(Clone, Copy, Debug)]
pub struct Gru;

impl Cell for Gru {
    const NAME: &'static str = "gru";
    const GRADIENT: &'static str = "gru_gradient";
    const GATES: usize = 3;
    const STATE: bool = false;
    const KEPT: usize = 4;
    const APART: bool = true;
    const DIRECT: bool = true;

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
                        let (at, wide) = (row * units + unit, 3 * row * units + unit);
                        let [x, q] = [(step.projected, step.bias_ih), (step.recurrent, step.bias_hh)].map(
                            #[inline(always)]
                            |(part, bias)| {
                                [0, units, 2 * units].map(
                                    #[inline(always)]
                                    |gate| add(load(part, wide + gate), load(bias, unit + gate)),
                                )
                            },
                        );
                        let before = load(step.hidden_before, at);
                        let r = lanes!(|l| (x[0][l] + q[0][l]).sigmoid());
                        let z = lanes!(|l| (x[1][l] + q[1][l]).sigmoid());
                        let n = lanes!(|l| (x[2][l] + r[l] * q[2][l]).tanh());
                        let h = lanes!(|l| (T::ONE - z[l]) * n[l] + z[l] * before[l]);
                        for (place, value) in [r, z, n, q[2]].iter().enumerate() {
                            store(step.kept, (4 * row + place) * units + unit, len, value);
                        }
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
                        let (at, wide) = (row * units + unit, 3 * row * units + unit);
                        let [r, z, n, q] = [0, 1, 2, 3].map(
                            #[inline(always)]
                            |place| load(back.kept, (4 * row + place) * units + unit),
                        );
                        let (before, dh) = (load(back.hidden_before, at), load(back.by_hidden, at));
                        let dn = lanes!(|l| dh[l] * (T::ONE - z[l]) * (T::ONE - n[l] * n[l]));
                        let dz = lanes!(|l| dh[l] * (before[l] - n[l]) * (z[l] * (T::ONE - z[l])));
                        let dr = lanes!(|l| dn[l] * q[l] * (r[l] * (T::ONE - r[l])));
                        let dq = lanes!(|l| dn[l] * r[l]);
                        let direct = lanes!(|l| dh[l] * z[l]);
                        for (gate, (by_x, by_q)) in [(dr, dr), (dz, dz), (dn, dq)].iter().enumerate() {
                            store(back.by_projected, wide + gate * units, len, by_x);
                            store(back.by_recurrent, wide + gate * units, len, by_q);
                        }
                        store(back.by_hidden, at, len, &direct);
                    },
                );
            },
        );
    }

    fn moment(&self, projected: &[Var], recurrent: &[Var], hidden_before: Var, state_before: Var) -> Moment {
        let r = (&projected[0] + &recurrent[0]).sigmoid();
        let z = (&projected[1] + &recurrent[1]).sigmoid();
        let q = recurrent[2].clone();
        let n = (&projected[2] + &r * &q).tanh();
        let hidden = (1.0 - &z) * &n + &z * &hidden_before;
        Moment {
            hidden_before,
            hidden,
            state_before: state_before.clone(),
            state: state_before,
            kept: vec![r, z, n, q],
        }
    }

    fn turned(&self, moment: &Moment, by_hidden: &Var, by_state: &Var) -> Turned {
        let [r, z, n, q] = &moment.kept[..] else { unreachable!("three gates and a sum are kept") };
        let dn = by_hidden * &(1.0 - z) * (1.0 - n.square());
        let dz = by_hidden * &(&moment.hidden_before - n) * (z * &(1.0 - z));
        let dr = &dn * q * (r * &(1.0 - r));
        let dq = &dn * r;
        Turned {
            by_projected: vec![dr.clone(), dz.clone(), dn],
            by_recurrent: vec![dr, dz, dq],
            by_hidden_before: by_hidden * z,
            by_state_before: by_state.graph().scalar(0.0),
        }
    }
}
