//! Recurrent layers: one operation walks all steps of a sequence, one walks them back.
//!
//! Everything is time-major, `[time, rows, ..]`, so that a step is contiguous. What does not depend on the step before is
//! computed outside for all steps at once: the inputs times their weights go in ("projected"), and the derivatives by the
//! projected inputs come out of the way back, so that the derivatives by weights and inputs are single large products.
//!
//! | file | holds |
//! |---|---|
//! | `cell` | what a rule of recurrence says of itself ([`Cell`]) |
//! | `rnn`, `lstm`, `gru` | the rules |
//! | `walk` | [`Recurrent`], the walk along the steps |
//! | `back` | [`RecurrentGradient`], the walk back |
//! | `unrolled` | both as graphs of elementary operations, where they are differentiated again |
//! | `weight` | the recurrent weights, made ready once and multiplied at every step |

mod cell;
mod lanes;
mod slots;
mod weight;

mod gru;
mod lstm;
mod rnn;

mod back;
mod unrolled;
mod walk;

pub use back::RecurrentGradient;
pub use cell::{Back, Cell, Moment, Step, Turned};
pub use gru::Gru;
pub use lstm::Lstm;
pub use rnn::{Rnn, RnnActivation};
pub use walk::{Direction, Outputs, Recurrent};

#[cfg(test)]
mod tests;

use crate::{Var, gradient_cases};

/// Sequence and last outputs of a walk over the operands of a gradient check, so that every slot has a part.
fn walked<C: Cell>(x: &[Var], cell: C, direction: Direction, keep: bool) -> (Var, Var) {
    let outputs = x[0].recurrent(cell, [&x[1], &x[2], &x[3]], direction, keep);
    (outputs.sequence(), outputs.last())
}

const TANH: Rnn = Rnn { activation: RnnActivation::Tanh };

gradient_cases! {
    "rnn" [[3, 2, 3], [3, 3], [3], [3]] |x| walked(x, TANH, Direction::Forward, true).0;
    "rnn, relu, backward" [[3, 2, 2], [2, 2], [2], [2]]
        |x| walked(x, Rnn { activation: RnnActivation::Relu }, Direction::Backward, true).0;
    "lstm" [[3, 2, 8], [8, 2], [8], [8]] |x| walked(x, Lstm, Direction::Forward, true).0;
    "lstm, last step" [[3, 2, 8], [8, 2], [8], [8]] |x| walked(x, Lstm, Direction::Forward, true).1.square();
    "lstm, backward, without keeping" [[3, 2, 8], [8, 2], [8], [8]]
        |x| walked(x, Lstm, Direction::Backward, false).0;
    "lstm, sequence and last step" [[2, 2, 4], [4, 1], [4], [4]] |x| {
        let (sequence, last) = walked(x, Lstm, Direction::Backward, true);
        sequence.square() * last
    };
    "lstm, one step" [[1, 2, 8], [8, 2], [8], [8]] |x| walked(x, Lstm, Direction::Forward, true).0;
    "gru" [[3, 2, 6], [6, 2], [6], [6]] |x| walked(x, Gru, Direction::Forward, true).0;
    "gru, backward, last step, without keeping" [[3, 2, 6], [6, 2], [6], [6]]
        |x| walked(x, Gru, Direction::Backward, false).1.square();
}
