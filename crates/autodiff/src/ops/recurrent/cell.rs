//! `Cell`: what a rule of recurrence says of itself: its sizes, a step, a step back, and both as graph.

use std::fmt::Debug;

use tunesmith_tensor::kernel::Real;

use crate::Var;

/// A step of all rows, as a kernel sees it. A row has [`Cell::GATES`] stretches of `units` numbers where it is wide.
#[derive(Debug)]
pub struct Step<'a, T> {
    /// The numbers that each row puts out.
    pub units: usize,
    /// The input's part of the gates, `[rows, GATES * units]`.
    pub projected: &'a [T],
    /// The part of the outputs of the step before, `[rows, GATES * units]`.
    pub recurrent: &'a [T],
    /// What is added to the projected inputs, `[GATES * units]`.
    pub bias_ih: &'a [T],
    /// What is added to the recurrent part, `[GATES * units]`.
    pub bias_hh: &'a [T],
    /// The outputs of the step before, `[rows, units]`.
    pub hidden_before: &'a [T],
    /// The outputs of this step, to be written.
    pub hidden: &'a mut [T],
    /// The state after the step before, `[rows, units]`, where the cell has one.
    pub state_before: &'a [T],
    /// The state after this step, to be written.
    pub state: &'a mut [T],
    /// What the step back needs, `[rows, KEPT * units]`, to be written.
    pub kept: &'a mut [T],
}

/// The same step on the way back.
#[derive(Debug)]
pub struct Back<'a, T> {
    /// The numbers that each row puts out.
    pub units: usize,
    /// The outputs of the step before, `[rows, units]`.
    pub hidden_before: &'a [T],
    /// The outputs of this step.
    pub hidden: &'a [T],
    /// The state after the step before, where the cell has one.
    pub state_before: &'a [T],
    /// The state after this step.
    pub state: &'a [T],
    /// What [`Cell::step`] kept, `[rows, KEPT * units]`.
    pub kept: &'a [T],
    /// The derivative by the outputs of this step; where [`Cell::DIRECT`], it becomes what reaches the outputs of the
    /// step before past the gates.
    pub by_hidden: &'a mut [T],
    /// The derivative by the state after this step that came from later steps; becomes that of the step before.
    pub by_state: &'a mut [T],
    /// The derivative by the projected inputs, `[rows, GATES * units]`, to be written.
    pub by_projected: &'a mut [T],
    /// The derivative by the recurrent part, to be written where [`Cell::APART`].
    pub by_recurrent: &'a mut [T],
}

/// A step's values as graph, each `[rows, units]`; a state the cell does not have is the scalar zero.
#[derive(Clone, Debug)]
pub struct Moment {
    /// The outputs of the step before.
    pub hidden_before: Var,
    /// The outputs of this step.
    pub hidden: Var,
    /// The state after the step before.
    pub state_before: Var,
    /// The state after this step.
    pub state: Var,
    /// What is kept, [`Cell::KEPT`] values.
    pub kept: Vec<Var>,
}

/// What a step back hands on, as graph.
#[derive(Clone, Debug)]
pub struct Turned {
    /// The derivatives by the projected inputs, one for each gate.
    pub by_projected: Vec<Var>,
    /// The derivatives by the recurrent part, one for each gate; those by the projected inputs again unless
    /// [`Cell::APART`].
    pub by_recurrent: Vec<Var>,
    /// What reaches the outputs of the step before past the gates; a scalar zero unless [`Cell::DIRECT`].
    pub by_hidden_before: Var,
    /// The derivative by the state after the step before; a scalar zero where there is none.
    pub by_state_before: Var,
}

/// A rule of recurrence.
///
/// A step gets the gates' two parts, `x W_ih^T + b_ih` and `h W_hh^T + b_hh` with `h` the outputs of the step before, and
/// makes the outputs of this one. Outputs and state start at zero.
pub trait Cell: Clone + Debug + Send + Sync + 'static {
    /// The name of the walk in messages and listings.
    const NAME: &'static str;
    /// The name of the walk back.
    const GRADIENT: &'static str;
    /// How many stretches of `units` rows the weights have.
    const GATES: usize;
    /// Whether a state is carried from step to step besides the outputs.
    const STATE: bool;
    /// Numbers a unit keeps of each step for the way back, besides outputs and state.
    const KEPT: usize;
    /// Whether the derivative by the recurrent part is another than that by the projected inputs.
    const APART: bool;
    /// Whether the outputs of the step before enter those of this one past the gates too.
    const DIRECT: bool;

    /// A step of all rows.
    fn step<T: Real>(&self, step: Step<'_, T>);

    /// A step back of all rows.
    fn back<T: Real>(&self, back: Back<'_, T>);

    /// [`Cell::step`] as graph, from the two parts of each gate, biases added.
    fn moment(&self, projected: &[Var], recurrent: &[Var], hidden_before: Var, state_before: Var) -> Moment;

    /// [`Cell::back`] as graph.
    fn turned(&self, moment: &Moment, by_hidden: &Var, by_state: &Var) -> Turned;
}
