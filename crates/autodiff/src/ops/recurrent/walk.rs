//! `Recurrent`: the walk along the steps, and what it puts out.

use tunesmith_tensor::Shape;
use tunesmith_tensor::kernel::Real;

use super::slots::{Sizes, Slots};
use super::unrolled;
use super::weight::Weight;
use super::{Cell, RecurrentGradient, Step};
use crate::Var;
use crate::graph::Source;
use crate::op::{Call, Primitive, Site};
use crate::ops::arithmetic::AddOp;
use crate::ops::gather::Rows;
use crate::ops::matmul::MatMul;
use crate::ops::slice::Pad;

/// In which order a walk takes the steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the first to the last.
    Forward,
    /// From the last to the first.
    Backward,
}

/// A cell along all steps: from projected inputs `[time, rows, GATES * units]`, recurrent weights `[GATES * units, units]`
/// and two biases, the slots `[slots, rows, units]` of outputs, states and what the way back needs.
#[derive(Clone, Debug)]
pub struct Recurrent<C> {
    /// The rule of a step.
    pub cell: C,
    /// The order of the steps.
    pub direction: Direction,
    /// Whether what the way back needs is put out; without it, a derivative walks along the steps once more.
    pub keep: bool,
}

impl<C: Cell> Recurrent<C> {
    pub(super) fn slots(&self, steps: usize) -> Slots {
        Slots::of::<C>(steps, self.direction, self.keep)
    }
}

/// The places `before` and `after`, neighbours, among pieces of `len`.
fn neighbours<T>(pieces: &mut [T], before: usize, after: usize, len: usize) -> (&[T], &mut [T]) {
    let (low, high) = pieces.split_at_mut(before.max(after) * len);
    if before < after {
        (&low[before * len..][..len], &mut high[..len])
    } else {
        (&high[..len], &mut low[after * len..][..len])
    }
}

impl<C: Cell> Primitive for Recurrent<C> {
    const NAME: &'static str = C::NAME;

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        let Sizes { steps, rows, units } = Sizes::of::<C>(inputs)?;
        let slots = if self.keep { self.slots(steps).count() } else { steps + 1 };
        Ok(Shape::from([slots, rows, units]))
    }

    fn run<T: Real>(&self, call: Call<'_, T>) {
        let Sizes { steps, rows, units } = Sizes::of::<C>(call.shapes).expect("checked while building");
        let &[projected, weight, bias_ih, bias_hh] = call.inputs else { unreachable!("four operands") };
        let (slots, len, wide) = (self.slots(steps), rows * units, C::GATES * units);
        let (weight, room) = Weight::new(weight, (1, units), [units, wide], call.scratch);
        let (recurrent, room) = room.split_at_mut(rows * wide);
        let [outputs, states, _] = slots.parts();
        let (hidden, out) = call.out.split_at_mut(outputs * len);
        let (state, kept) = if self.keep { out } else { room }.split_at_mut(states * len);

        let start = slots.before(slots.time(0));
        hidden[start * len..][..len].fill(T::ZERO);
        if C::STATE {
            state[slots.state(start) * len..][..len].fill(T::ZERO);
        }
        for nth in 0..steps {
            let time = slots.time(nth);
            let (before, after) = (slots.before(time), slots.after(time));
            let (hidden_before, hidden) = neighbours(hidden, before, after, len);
            if nth == 0 {
                recurrent.fill(T::ZERO);
            } else {
                weight.times(hidden_before, rows, T::ZERO, recurrent);
            }
            let (state_before, state): (&[T], &mut [T]) = match C::STATE {
                true => neighbours(state, slots.state(before), slots.state(after), len),
                false => (&[], &mut []),
            };
            self.cell.step(Step {
                units,
                projected: &projected[time * rows * wide..][..rows * wide],
                recurrent,
                bias_ih,
                bias_hh,
                hidden_before,
                hidden,
                state_before,
                state,
                kept: &mut kept[slots.kept(time) * len..][..C::KEPT * len],
            });
        }
    }

    fn derivative(&self, site: &Site<'_>) -> Vec<Option<Var>> {
        let [projected, weight, bias_ih, bias_hh] = site.inputs else { unreachable!("four operands") };
        let sizes = Sizes::of::<C>(&site.inputs.iter().map(Var::shape).collect::<Vec<_>>());
        let Sizes { steps, rows, units } = sizes.expect("checked while building");
        let slots = self.slots(steps);
        let Some((gradient, first)) = by_outputs(site.gradient, steps + 1) else {
            return unrolled::derivative(self, site);
        };
        let kept = match self.keep {
            true => site.output.clone(),
            false => {
                let keeping = Self { keep: true, ..self.clone() };
                projected.graph().apply(keeping, &[projected, weight, bias_ih, bias_hh])
            }
        };
        let back = RecurrentGradient { cell: self.cell.clone(), direction: self.direction, first };
        let by_gates = projected.graph().apply(back, &[&gradient, &kept, weight]);
        let by_projected = by_gates.slice(0, 0, steps);
        let by_recurrent = by_gates.slice(0, if C::APART { steps } else { 0 }, steps);
        let flat = |by: &Var| by.reshape([steps * rows, C::GATES * units]);
        let by_weight = || {
            let before = kept.slice(0, slots.before(0), steps).reshape([steps * rows, units]);
            let graph = kept.graph();
            let product = MatMul { transpose_a: true, transpose_b: false, precision: graph.precision() };
            graph.apply(product, &[&flat(&by_recurrent), &before])
        };
        let [_, a, b, c] = site.wanted else { unreachable!("four operands") };
        vec![
            site.wanted[0].then(|| by_projected.clone()),
            a.then(by_weight),
            b.then(|| flat(&by_projected).sum_axis(0)),
            c.then(|| flat(&by_recurrent).sum_axis(0)),
        ]
    }

    fn scratch(&self, inputs: &[Shape], _output: &Shape) -> usize {
        Sizes::of::<C>(inputs).map_or(0, |Sizes { steps, rows, units }| {
            let [_, states, kept] = self.slots(steps).parts();
            let besides = if self.keep { 0 } else { states + kept };
            Weight::<f32>::room(units, C::GATES * units) + (C::GATES + besides) * rows * units
        })
    }

    fn flops(&self, inputs: &[Shape], _output: &Shape) -> u64 {
        Sizes::of::<C>(inputs).map_or(0, |Sizes { steps, rows, units }| {
            // Besides the product, about ten for each gate.
            (steps * rows * units * C::GATES) as u64 * (2 * units as u64 + 10)
        })
    }

    fn products(&self, inputs: &[Shape], _output: &Shape) -> Vec<(usize, [usize; 3])> {
        let sizes = Sizes::of::<C>(inputs);
        sizes.map_or_else(
            |_| Vec::new(),
            |Sizes { steps, rows, units }| vec![(steps, [rows, units, C::GATES * units])],
        )
    }
}

/// The derivative by a stretch of the outputs' slots, and the stretch's first one; `None` when other slots have one too.
///
/// Slices of the outputs give their derivatives filled up with zeros for all slots; those zeros are taken off again.
fn by_outputs(gradient: &Var, outputs: usize) -> Option<(Var, usize)> {
    if let Some((Pad { axis: 0, before, .. }, inner)) = gradient.made_by::<Pad>() {
        let len = inner[0].shape().dims()[0];
        return (before + len <= outputs).then(|| (inner[0].clone(), before));
    }
    if gradient.shape().dims()[0] == outputs {
        return Some((gradient.clone(), 0));
    }
    let (AddOp, terms) = gradient.made_by::<AddOp>()?;
    let whole = |term: &Var| {
        let (by, first) = by_outputs(term, outputs)?;
        let len = by.shape().dims()[0];
        Some(by.pad(0, first, outputs - first - len))
    };
    let same = terms.iter().all(|term| term.shape() == gradient.shape());
    if same { Some((whole(&terms[0])? + whole(&terms[1])?, 0)) } else { None }
}

/// What a walk puts out, as graph values.
#[derive(Clone, Debug)]
pub struct Outputs {
    all: Var,
    steps: usize,
    direction: Direction,
}

impl Outputs {
    /// The outputs of all steps in order of time, `[time, rows, units]`.
    #[must_use]
    pub fn sequence(&self) -> Var {
        self.all.slice(0, usize::from(self.direction == Direction::Forward), self.steps)
    }

    /// The outputs of the step computed last, `[rows, units]`.
    #[must_use]
    pub fn last(&self) -> Var {
        let slot = if self.direction == Direction::Forward { self.steps } else { 0 };
        self.all.slice(0, slot, 1).reshape(&self.all.shape().dims()[1..])
    }
}

impl Var {
    /// Walks along the steps of these projected inputs `x W_ih^T`, `[time, rows, gates * units]`, with the weights
    /// `weight_hh` `[gates * units, units]` and the biases `bias_ih` and `bias_hh` `[gates * units]`. `keep` puts out what
    /// a derivative needs; without it one can be had too, but walks twice.
    ///
    /// ```
    /// use tunesmith_autodiff::Graph;
    /// use tunesmith_autodiff::ops::recurrent::{Direction, Rnn, RnnActivation};
    /// let graph = Graph::new();
    /// let projected = graph.constant([3, 1, 1], &[1.0, 2.0, 3.0]); // three steps of one row
    /// let (half, zero) = (graph.constant([1, 1], &[0.5]), graph.constant([1], &[0.0]));
    /// let rule = Rnn { activation: RnnActivation::Relu };
    /// let outputs = projected.recurrent(rule, [&half, &zero, &zero], Direction::Forward, false);
    /// assert_eq!(graph.evaluate(&[&outputs.sequence(), &outputs.last()], &[]), [vec![1.0, 2.5, 4.25], vec![4.25]]);
    /// ```
    ///
    /// # Panics
    /// When the shapes do not fit, or there is no step.
    #[must_use]
    #[track_caller]
    pub fn recurrent<C: Cell>(
        &self,
        cell: C,
        [weight_hh, bias_ih, bias_hh]: [&Self; 3],
        direction: Direction,
        keep: bool,
    ) -> Outputs {
        let all = self.graph.apply(Recurrent { cell, direction, keep }, &[self, weight_hh, bias_ih, bias_hh]);
        Outputs { all, steps: self.shape().dims()[0], direction }
    }

    /// A batch of sequences `[rows, time, ..]` with the time first, `[time, rows, ..]`.
    ///
    /// Where the sequences are rows of a table by index, it is the indices that are moved.
    ///
    /// # Panics
    /// When there are not at least two axes.
    #[must_use]
    #[track_caller]
    pub fn time_major(&self) -> Self {
        assert!(self.rank() >= 2, "time_major: [rows, time, ..] is needed, found {}", self.shape());
        if let Some((rows, inputs)) = self.made_by::<Rows>()
            && let [table, index] = &inputs[..]
            && index.rank() == 2
            && !matches!(index.graph.node(index.id).source, Source::Index { .. })
        {
            return table.rows_but(&index.permute(&[1, 0]), rows.padding);
        }
        let axes: Vec<usize> = [1, 0].into_iter().chain(2..self.rank()).collect();
        self.permute(&axes)
    }
}
