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

use tunesmith_tensor::kernel::Real;

use super::lanes::{Block, Blocks, each_block, lanes, load, settled, store};
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
        each_block(step.hidden.len() / step.units, step.units, Forward(step));
    }

    fn back<T: Real>(&self, back: Back<'_, T>) {
        each_block(back.hidden.len() / back.units, back.units, Backward(back));
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

struct Forward<'a, T>(Step<'a, T>);

/// A gate's part from one side, its bias added.
#[inline(always)]
fn side<T: Real, const FULL: bool>(part: &[T], bias: &[T], wide: usize, unit: usize) -> Block<T> {
    let (x, b) = (load::<T, FULL>(part, wide), load::<T, FULL>(bias, unit));
    lanes!(|l| x[l] + b[l])
}

impl<T: Real> Forward<'_, T> {
    /// A gate's parts from the input and from the outputs before, from `unit` on.
    #[inline(always)]
    fn sides<const FULL: bool>(&self, row: usize, unit: usize, gate: usize) -> (Block<T>, Block<T>) {
        let step = &self.0;
        let (wide, unit) = ((3 * row + gate) * step.units + unit, gate * step.units + unit);
        let x = side::<T, FULL>(step.projected, step.bias_ih, wide, unit);
        (x, side::<T, FULL>(step.recurrent, step.bias_hh, wide, unit))
    }
}

impl<T: Real> Blocks for Forward<'_, T> {
    #[inline(always)]
    fn block<const FULL: bool>(&mut self, row: usize, unit: usize, len: usize) {
        let at = row * self.0.units + unit;
        let (x, q) = self.sides::<FULL>(row, unit, 0);
        let r = lanes!(|l| (x[l] + q[l]).sigmoid());
        let (x, q) = self.sides::<FULL>(row, unit, 1);
        let z = lanes!(|l| (x[l] + q[l]).sigmoid());
        let (x, q) = self.sides::<FULL>(row, unit, 2);
        let n = lanes!(|l| (x[l] + r[l] * q[l]).tanh());
        let before = load::<T, FULL>(self.0.hidden_before, at);
        let h = lanes!(|l| (T::ONE - z[l]) * n[l] + z[l] * before[l]);
        let (units, kept) = (self.0.units, &mut *self.0.kept);
        let wide = 4 * row * units + unit;
        store::<T, FULL>(kept, wide, len, &r);
        store::<T, FULL>(kept, wide + units, len, &z);
        store::<T, FULL>(kept, wide + 2 * units, len, &n);
        store::<T, FULL>(kept, wide + 3 * units, len, &q);
        store::<T, FULL>(self.0.hidden, at, len, &h);
    }
}

struct Backward<'a, T>(Back<'a, T>);

impl<T: Real> Blocks for Backward<'_, T> {
    #[inline(always)]
    fn block<const FULL: bool>(&mut self, row: usize, unit: usize, len: usize) {
        let back = &mut self.0;
        let (at, units) = (row * back.units + unit, back.units);
        let kept = 4 * row * units + unit;
        let r = load::<T, FULL>(back.kept, kept);
        let z = load::<T, FULL>(back.kept, kept + units);
        let n = load::<T, FULL>(back.kept, kept + 2 * units);
        let q = load::<T, FULL>(back.kept, kept + 3 * units);
        let before = load::<T, FULL>(back.hidden_before, at);
        let dh = settled(load::<T, FULL>(back.by_hidden, at));
        let dn = lanes!(|l| dh[l] * (T::ONE - z[l]) * (T::ONE - n[l] * n[l]));
        let dz = lanes!(|l| dh[l] * (before[l] - n[l]) * (z[l] * (T::ONE - z[l])));
        let dr = lanes!(|l| dn[l] * q[l] * (r[l] * (T::ONE - r[l])));
        let dq = lanes!(|l| dn[l] * r[l]);
        let wide = 3 * row * units + unit;
        store::<T, FULL>(back.by_projected, wide, len, &dr);
        store::<T, FULL>(back.by_projected, wide + units, len, &dz);
        store::<T, FULL>(back.by_projected, wide + 2 * units, len, &dn);
        store::<T, FULL>(back.by_recurrent, wide, len, &dr);
        store::<T, FULL>(back.by_recurrent, wide + units, len, &dz);
        store::<T, FULL>(back.by_recurrent, wide + 2 * units, len, &dq);
        store::<T, FULL>(back.by_hidden, at, len, &lanes!(|l| dh[l] * z[l]));
    }
}
