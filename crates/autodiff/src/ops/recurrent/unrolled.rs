//! The walks as graphs of elementary operations: slow, but they can be differentiated as often as one likes.
//!
//! The operations of the fast walks have their first derivatives as one walk back. What is wanted beyond (the derivative
//! of the walk back, and that of the walk by the states it keeps) is that of these graphs.

use super::{Cell, Moment, Recurrent, RecurrentGradient};
use crate::op::Site;
use crate::{Graph, Var};

/// The `part`-th of `parts` equal stretches of the last of two axes.
fn stretch(whole: &Var, part: usize, parts: usize) -> Var {
    let len = whole.shape().dims()[1] / parts;
    whole.slice(1, part * len, len)
}

fn stretches(whole: &Var, parts: usize) -> Vec<Var> {
    (0..parts).map(|part| stretch(whole, part, parts)).collect()
}

fn join(graph: &Graph, parts: &[Var], axis: usize) -> Var {
    graph.concat(&parts.iter().collect::<Vec<_>>(), axis)
}

/// The matrix at a place of the first of three axes.
fn at(whole: &Var, place: usize) -> Var {
    whole.slice(0, place, 1).reshape(&whole.shape().dims()[1..])
}

/// The derivatives of `<value, gradient>` by the operands alone: what the operands depend on stays out of sight.
fn derivatives(site: &Site<'_>, value: impl FnOnce(&[Var]) -> Var) -> Vec<Option<Var>> {
    let graph = site.output.graph();
    // Copies of its own for every call: the gradient may be made of the operands too, and of copies of them.
    let zero = graph.constant([], &[0.0]);
    let operands: Vec<Var> = site.inputs.iter().map(|input| input + &zero).collect();
    let along = (value(&operands) * site.gradient).sum();
    let by = graph.gradient(&along, &operands.iter().collect::<Vec<_>>());
    by.into_iter().zip(site.wanted).map(|(by, wanted)| wanted.then_some(by)).collect()
}

/// The derivative of the walk by all it puts out.
pub(super) fn derivative<C: Cell>(walk: &Recurrent<C>, site: &Site<'_>) -> Vec<Option<Var>> {
    derivatives(site, |operands| all(walk, operands))
}

/// What the walk puts out, step by step.
fn all<C: Cell>(walk: &Recurrent<C>, operands: &[Var]) -> Var {
    let [projected, weight, bias_ih, bias_hh] = operands else { unreachable!("four operands") };
    let graph = projected.graph();
    let &[steps, rows, wide] = projected.shape().dims() else { unreachable!("checked while building") };
    let units = wide / C::GATES;
    let slots = walk.slots(steps);
    let zeros = graph.scalar(0.0).expand([rows, units]);
    let mut hidden = vec![zeros.clone(); steps + 1];
    let mut states = vec![if C::STATE { zeros } else { graph.scalar(0.0) }; steps + 1];
    let mut kept = vec![None; steps];
    for nth in 0..steps {
        let time = slots.time(nth);
        let (before, after) = (slots.before(time), slots.after(time));
        let x = at(projected, time) + bias_ih;
        let h = hidden[before].matmul_t(weight) + bias_hh;
        let moment = walk.cell.moment(
            &stretches(&x, C::GATES),
            &stretches(&h, C::GATES),
            hidden[before].clone(),
            states[before].clone(),
        );
        hidden[after] = moment.hidden;
        states[after] = moment.state;
        if !moment.kept.is_empty() {
            kept[time] = Some(join(graph, &moment.kept, 1).reshape([C::KEPT, rows, units]));
        }
    }
    let slot = |value: &Var| value.reshape([1, rows, units]);
    let mut parts: Vec<Var> = hidden.iter().map(slot).collect();
    if walk.keep {
        parts.extend(states.iter().filter(|_| C::STATE).map(slot));
        parts.extend(kept.into_iter().flatten());
    }
    join(graph, &parts, 0)
}

/// The derivative of the walk back.
pub(super) fn second_derivative<C: Cell>(back: &RecurrentGradient<C>, site: &Site<'_>) -> Vec<Option<Var>> {
    derivatives(site, |operands| by_gates(back, operands))
}

/// What the walk back puts out, step by step.
fn by_gates<C: Cell>(back: &RecurrentGradient<C>, operands: &[Var]) -> Var {
    let [gradient, all, weight] = operands else { unreachable!("three operands") };
    let graph = all.graph();
    let slots = back.slots(&all.shape());
    let &[given, rows, units] = gradient.shape().dims() else { unreachable!("checked while building") };
    let [outputs, states, _] = slots.parts();
    let state = |slot: usize| if C::STATE { at(all, outputs + slot) } else { graph.scalar(0.0) };
    let kept = |time: usize| match C::KEPT {
        0 => vec![],
        parts => {
            let kept =
                all.slice(0, outputs + states + slots.kept(time), parts).reshape([rows, parts * units]);
            stretches(&kept, parts)
        }
    };
    let mut by_hidden = graph.scalar(0.0).expand([rows, units]);
    let mut by_state = graph.scalar(0.0);
    let mut by_projected = vec![None; slots.steps];
    let mut by_recurrent = vec![None; slots.steps];
    for nth in (0..slots.steps).rev() {
        let time = slots.time(nth);
        let (before, after) = (slots.before(time), slots.after(time));
        if (back.first..back.first + given).contains(&after) {
            by_hidden = by_hidden + at(gradient, after - back.first);
        }
        let moment = Moment {
            hidden_before: at(all, before),
            hidden: at(all, after),
            state_before: state(before),
            state: state(after),
            kept: kept(time),
        };
        let turned = back.cell.turned(&moment, &by_hidden, &by_state);
        let wide = |gates: &[Var]| join(graph, gates, 1);
        let by_gates = wide(&turned.by_recurrent);
        by_hidden = by_gates.matmul(weight) + turned.by_hidden_before;
        by_state = turned.by_state_before;
        let slot = |value: &Var| value.reshape([1, rows, C::GATES * units]);
        by_projected[time] = Some(slot(&wide(&turned.by_projected)));
        by_recurrent[time] = Some(slot(&by_gates));
    }
    let behind = if C::APART { by_recurrent } else { vec![] };
    let parts: Vec<Var> = by_projected.into_iter().chain(behind).flatten().collect();
    join(graph, &parts, 0)
}
