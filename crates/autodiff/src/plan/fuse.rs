//! Fusion: elementwise operations that feed one another run as one kernel, a cache-sized piece at a time.
//!
//! A bias and its activation, a loss term, the derivative of an activation times what came from above: each is a few
//! operations whose intermediate values nobody else wants. Fused, a piece of a thousand elements goes through all of
//! them while it lies in the first-level cache, and the intermediate values never reach memory.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use tunesmith_tensor::Shape;
use tunesmith_tensor::kernel::arena::MAX_READS;

use super::{Draft, storage};
use crate::Var;
use crate::graph::Node;
use crate::op::{Call, Element, ErasedRun, Op, Site};

/// Elements of a piece: a few registers of this size fit the first-level cache beside the operands.
const PIECE: usize = 1024;
/// Most operations joined into one kernel; a bound on registers, seldom met.
const MAX_PARTS: usize = 24;

/// Where an operation inside a fused kernel reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Read {
    Operand(usize),
    Register(usize),
}

/// One operation inside a fused kernel.
#[derive(Clone, Debug)]
struct Part {
    op: Arc<dyn Op>,
    reads: Vec<Read>,
    /// The register it writes; the last part writes the result instead.
    register: usize,
}

/// Elementwise operations joined into one kernel.
#[derive(Clone, Debug)]
pub(crate) struct Fused {
    parts: Vec<Part>,
    registers: usize,
}

impl fmt::Display for Fused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, part) in self.parts.iter().enumerate() {
            write!(f, "{}{}", if i == 0 { "" } else { "+" }, part.op.name())?;
        }
        Ok(())
    }
}

impl Fused {
    /// Elements of a piece: whole repeats of the operands that repeat.
    fn piece(shapes: &[Shape], output: &Shape) -> usize {
        let repeat =
            shapes.iter().map(Shape::numel).filter(|&n| n < output.numel()).max().unwrap_or(1).max(1);
        (PIECE / repeat).max(1) * repeat
    }

    fn run_any<T: Element>(&self, call: Call<'_, T>) {
        let Call { inputs: operands, shapes, shape, out: whole_out, scratch, noise, .. } = call;
        let total = whole_out.len();
        let piece = Self::piece(shapes, shape).min(total);
        if piece == 0 {
            return;
        }
        let mut registers: [&mut [T]; MAX_PARTS] = std::array::from_fn(|_| Default::default());
        for (register, memory) in registers.iter_mut().zip(scratch.chunks_exact_mut(piece)) {
            *register = memory;
        }
        let last = self.parts.len() - 1;
        for start in (0..total).step_by(piece) {
            let len = piece.min(total - start);
            for (i, part) in self.parts.iter().enumerate() {
                let into = std::mem::take(&mut registers[part.register]);
                let mut inputs: [&[T]; MAX_READS] = [&[]; MAX_READS];
                for (input, read) in inputs.iter_mut().zip(&part.reads) {
                    *input = match *read {
                        Read::Register(register) => &registers[register][..len],
                        Read::Operand(operand) => {
                            let whole = operands[operand];
                            if whole.len() == total { &whole[start..start + len] } else { whole }
                        }
                    };
                }
                let out = if i == last { &mut whole_out[start..start + len] } else { &mut into[..len] };
                let inputs = &inputs[..part.reads.len()];
                T::dispatch(
                    ErasedRun(&*part.op),
                    Call { inputs, indices: &[], shapes, shape, out, scratch: &mut [], noise },
                );
                registers[part.register] = into;
            }
        }
    }
}

impl Op for Fused {
    fn name(&self) -> &'static str {
        "fused"
    }
    fn elementwise(&self) -> bool {
        true
    }
    fn run_f32(&self, call: Call<'_, f32>) {
        self.run_any(call);
    }
    fn run_f64(&self, call: Call<'_, f64>) {
        self.run_any(call);
    }
    fn derivative(&self, _site: &Site<'_>) -> Vec<Option<Var>> {
        unreachable!("fusion comes after differentiation")
    }
    fn scratch(&self, inputs: &[Shape], output: &Shape) -> usize {
        self.registers * Self::piece(inputs, output).min(output.numel())
    }
    fn flops(&self, _inputs: &[Shape], output: &Shape) -> u64 {
        (self.parts.len() * output.numel()) as u64
    }
    fn products(&self, _inputs: &[Shape], _output: &Shape) -> Vec<(usize, [usize; 3])> {
        Vec::new()
    }
    fn any(&self) -> &dyn std::any::Any {
        self
    }
}

/// Joins what can be joined.
pub(super) fn fuse(nodes: &[Node], mut drafts: Vec<Draft>, kept: &[usize]) -> Vec<Draft> {
    // An elementwise operation does not read shapes: it may as well read what a reshape is made of, which lets it join
    // what made that.
    for draft in drafts.iter_mut().filter(|draft| draft.op.elementwise()) {
        draft.inputs.iter_mut().for_each(|input| *input = storage(nodes, *input));
    }
    let mut consumers: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
    for (index, draft) in drafts.iter().enumerate() {
        for &input in &draft.inputs {
            consumers[input].push(index);
            if storage(nodes, input) != input {
                consumers[storage(nodes, input)].push(index);
            }
        }
    }
    let is_output = |id: usize| kept.iter().any(|&kept| storage(nodes, kept) == id);
    let of_node: BTreeMap<usize, usize> =
        drafts.iter().enumerate().filter(|(_, d)| d.gradient.is_none()).map(|(i, d)| (d.id, i)).collect();

    let mut joined_into = vec![usize::MAX; drafts.len()];
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for root in (0..drafts.len()).rev() {
        if !drafts[root].op.elementwise() || joined_into[root] != usize::MAX {
            continue;
        }
        // Walk back: a producer joins when it is of this length and nobody outside the group reads it.
        let mut group = vec![root];
        joined_into[root] = root;
        for candidate in (0..root).rev() {
            let draft = &drafts[candidate];
            let id = draft.id;
            let joins = draft.op.elementwise()
                && draft.gradient.is_none()
                && joined_into[candidate] == usize::MAX
                && !is_output(id)
                && nodes[id].shape.numel() == nodes[drafts[root].id].shape.numel()
                && !consumers[id].is_empty()
                && consumers[id]
                    .iter()
                    .all(|&consumer| joined_into[consumer] == root && drafts[consumer].inputs.contains(&id))
                && group.len() < MAX_PARTS;
            if !joins {
                continue;
            }
            group.push(candidate);
            if operands(&drafts, &group).len() > MAX_READS || !periods_divide(nodes, &drafts, &group) {
                group.pop();
                continue;
            }
            joined_into[candidate] = root;
        }
        if group.len() > 1 {
            group.reverse();
            groups.push(group);
        } else {
            joined_into[root] = usize::MAX;
        }
    }

    let mut fused: BTreeMap<usize, Draft> = groups
        .into_iter()
        .map(|group| {
            let root = *group.last().expect("a group has members");
            (root, join(&drafts, &group, &of_node))
        })
        .collect();
    drafts
        .into_iter()
        .enumerate()
        .filter_map(|(index, draft)| match joined_into[index] {
            usize::MAX => Some(draft),
            root if root == index => fused.remove(&index),
            _ => None,
        })
        .collect()
}

/// What a group reads from outside, in order of first use.
fn operands(drafts: &[Draft], group: &[usize]) -> Vec<usize> {
    let inside: Vec<usize> = group.iter().map(|&index| drafts[index].id).collect();
    let mut operands: Vec<usize> = Vec::new();
    for &index in group {
        for &input in &drafts[index].inputs {
            if !inside.contains(&input) && !operands.contains(&input) {
                operands.push(input);
            }
        }
    }
    operands
}

/// Whether a piece can hold whole repeats of all operands that repeat.
fn periods_divide(nodes: &[Node], drafts: &[Draft], group: &[usize]) -> bool {
    let whole = nodes[drafts[group[0]].id].shape.numel();
    let mut periods: Vec<usize> = operands(drafts, group)
        .iter()
        .map(|&id| nodes[id].shape.numel())
        .filter(|&n| n < whole && n > 1)
        .collect();
    periods.sort_unstable();
    let Some(&longest) = periods.last() else { return true };
    periods.iter().all(|&period| longest % period == 0)
}

fn join(drafts: &[Draft], group: &[usize], of_node: &BTreeMap<usize, usize>) -> Draft {
    let root = *group.last().expect("a group has members");
    let operands = operands(drafts, group);
    // The last reader of each member frees its register.
    let last_read = |member: usize| {
        let id = drafts[member].id;
        group.iter().rposition(|&index| drafts[index].inputs.contains(&id)).unwrap_or(0)
    };
    let mut free: Vec<usize> = Vec::new();
    let mut registers = 0;
    let mut register_of = BTreeMap::new();
    let mut parts = Vec::new();
    for (at, &member) in group.iter().enumerate() {
        let register = free.pop().unwrap_or_else(|| {
            registers += 1;
            registers - 1
        });
        let reads = drafts[member]
            .inputs
            .iter()
            .map(|&input| match of_node.get(&input).and_then(|index| register_of.get(index)) {
                Some(&register) => Read::Register(register),
                None => Read::Operand(operands.iter().position(|&id| id == input).expect("an operand")),
            })
            .collect();
        parts.push(Part { op: drafts[member].op.clone(), reads, register });
        register_of.insert(member, register);
        // Registers whose last reader this was may be written from the next part on.
        let done: Vec<usize> =
            register_of.keys().copied().filter(|&m| m != member && last_read(m) == at).collect();
        for member in done {
            free.push(register_of.remove(&member).expect("just seen"));
        }
    }
    Draft {
        op: Arc::new(Fused { parts, registers }),
        inputs: operands,
        id: drafts[root].id,
        gradient: drafts[root].gradient,
    }
}
