//! `Plan`: a graph made ready to run: what is needed, fused, and where every value lies.
//!
//! Dead nodes never enter; equal nodes were shared while building; [`fuse`] joins elementwise chains (bias and
//! activation among them); [`memory`] gives every value its place in one arena by its lifetime. The plan knows its
//! memory and its floating point operations before anything runs.

mod explain;
mod fuse;
mod memory;
mod recompute;

use std::sync::Arc;

use tunesmith_tensor::Shape;
use tunesmith_tensor::kernel::Place;

use crate::graph::{Node, Source};
use crate::op::Op;
use crate::ops::gather::AddRows;
use crate::ops::reshape::Reshape;
use crate::{Graph, Table, Var};

pub(crate) use fuse::Fused;

/// Where an operand of a step lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operand {
    Arena(Place),
    Param(Place),
    Constant(Place),
    Input(usize),
    Index(usize),
}

/// Where a step writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Arena(Place),
    Gradient(Place),
}

/// One kernel call.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) op: Arc<dyn Op>,
    pub(crate) operands: Vec<Operand>,
    pub(crate) shapes: Vec<Shape>,
    pub(crate) shape: Shape,
    pub(crate) target: Target,
    pub(crate) scratch: Place,
    /// Whose the result is: see [`Graph::mark`].
    pub(crate) mark: usize,
}

/// What the steps of one mark cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Floating point operations of one run, roughly.
    pub flops: u64,
    /// Elements that are written: the intermediate values, each counted though two may share memory.
    pub elements: usize,
}

/// A parameter's stretch of the slab.
#[derive(Clone, Debug, PartialEq)]
pub struct ParamPlace {
    /// The name.
    pub name: String,
    /// The shape.
    pub shape: Shape,
    /// The first element in the slab.
    pub offset: usize,
}

/// A graph made ready to run. Made by [`Graph::plan`] and [`Graph::plan_training`]; run by a [`Runner`](crate::Runner).
#[derive(Debug)]
pub struct Plan {
    pub(crate) steps: Vec<Step>,
    pub(crate) outputs: Vec<Operand>,
    pub(crate) output_shapes: Vec<Shape>,
    pub(crate) constants: Vec<f64>,
    pub(crate) inputs: Vec<(String, Shape)>,
    pub(crate) indices: Vec<(String, Shape)>,
    pub(crate) arena: usize,
    pub(crate) has_gradients: bool,
    pub(crate) updates: Vec<(Place, Operand)>,
    params: Vec<ParamPlace>,
    tables: Vec<Table>,
    param_len: usize,
    slab_len: usize,
}

impl Plan {
    /// The places in the slab of the learnt tensors, then of the buffers.
    #[must_use]
    pub fn params(&self) -> &[ParamPlace] {
        &self.params
    }

    /// The parameters of which rows are read by index and nothing else, in the order in which their derivatives are
    /// computed.
    #[must_use]
    pub fn tables(&self) -> &[Table] {
        &self.tables
    }

    /// The number of learnt numbers: the length of the gradient slab.
    #[must_use]
    pub fn param_len(&self) -> usize {
        self.param_len
    }

    /// The length of the slab that is fed: the learnt numbers and the buffers behind them.
    #[must_use]
    pub fn slab_len(&self) -> usize {
        self.slab_len
    }

    /// The elements of the arena: intermediate values and room for kernels.
    #[must_use]
    pub fn arena_len(&self) -> usize {
        self.arena
    }

    /// How many index inputs are fed at every run.
    #[must_use]
    pub fn index_inputs(&self) -> usize {
        self.indices.len()
    }

    /// Bytes one runner holds, for elements of that many bytes: the arena and the constants.
    #[must_use]
    pub fn bytes(&self, element: usize) -> usize {
        (self.arena + self.constants.len()) * element
    }

    /// Floating point operations of one run, roughly.
    #[must_use]
    pub fn flops(&self) -> u64 {
        self.steps.iter().map(|step| step.op.flops(&step.shapes, &step.shape)).sum()
    }

    /// The matrix products that one run comes down to: how often, rows, inner size, columns.
    #[must_use]
    pub fn products(&self) -> Vec<(usize, [usize; 3])> {
        self.steps.iter().flat_map(|step| step.op.products(&step.shapes, &step.shape)).collect()
    }

    /// What each of the marks below `count` costs (see [`Graph::mark`]); a fused kernel counts for its last part.
    ///
    /// ```
    /// use tunesmith_autodiff::Graph;
    /// let graph = Graph::new();
    /// let x = graph.param("x", [4, 2]);
    /// graph.mark(1);
    /// let y = x.matmul_t(&graph.param("w", [3, 2]));
    /// let costs = graph.plan(&[&y]).costs(2);
    /// assert_eq!((costs[0].flops, costs[1].flops, costs[1].elements), (0, 2 * 4 * 2 * 3, 12));
    /// ```
    #[must_use]
    pub fn costs(&self, count: usize) -> Vec<Cost> {
        let mut costs = vec![Cost::default(); count];
        for step in &self.steps {
            if let Some(cost) = costs.get_mut(step.mark) {
                cost.flops += step.op.flops(&step.shapes, &step.shape);
                cost.elements += step.shape.numel();
            }
        }
        costs
    }

    /// The number of kernel calls of one run.
    #[must_use]
    pub fn kernels(&self) -> usize {
        self.steps.len()
    }
}

impl Graph {
    /// A plan that computes these values.
    #[must_use]
    pub fn plan(&self, outputs: &[&Var]) -> Arc<Plan> {
        Arc::new(build(self, &self.nodes(), &ids(outputs.iter().copied()), None))
    }

    /// A plan that computes a loss (its first output), other values, and the derivatives of the loss by every
    /// parameter, written to the gradient slab.
    ///
    /// # Panics
    /// When the loss is not a scalar.
    #[must_use]
    #[track_caller]
    pub fn plan_training(&self, loss: &Var, outputs: &[&Var]) -> Arc<Plan> {
        let (outputs, gradients) = self.roots(loss, outputs);
        Arc::new(build(self, &self.nodes(), &outputs, Some(&gradients)))
    }

    /// What a training plan computes: the loss and other values, and the derivatives by every parameter.
    #[track_caller]
    fn roots(&self, loss: &Var, outputs: &[&Var]) -> (Vec<usize>, Vec<usize>) {
        let params = self.param_vars();
        let gradients = self.gradient(loss, &params.iter().collect::<Vec<_>>());
        (ids(std::iter::once(loss).chain(outputs.iter().copied())), ids(&gradients))
    }
}

fn ids<'a>(vars: impl IntoIterator<Item = &'a Var>) -> Vec<usize> {
    vars.into_iter().map(|var| var.id).collect()
}

/// A value under way to its place.
struct Draft {
    op: Arc<dyn Op>,
    inputs: Vec<usize>,
    id: usize,
    /// Writes its stretch of the gradient slab.
    gradient: Option<Place>,
}

/// A plan of nodes whose first are the graph's own.
fn build(graph: &Graph, nodes: &[Node], outputs: &[usize], gradients: Option<&[usize]>) -> Plan {
    let learnt = graph.params();
    let param_len = learnt.iter().map(|(_, shape)| shape.numel()).sum();
    let mut params = Vec::new();
    let mut slab_len = 0;
    let mut slab_places = vec![None; nodes.len()];
    for (id, (name, shape)) in graph.slab_ids().into_iter().zip(learnt.into_iter().chain(graph.buffers())) {
        let place = Place::new(slab_len, shape.numel());
        slab_places[id] = Some(place);
        params.push(ParamPlace { name, shape, offset: slab_len });
        slab_len += place.len;
    }

    // What is read after the run: the outputs, and what buffers become.
    let updates = graph.updates();
    let kept: Vec<usize> = outputs.iter().copied().chain(updates.iter().map(|(_, value)| *value)).collect();
    let mut roots = kept.clone();
    roots.extend(gradients.unwrap_or(&[]));
    let needed = needed(nodes, &roots);
    let drafts = draft(nodes, &needed, &kept, gradients);
    let drafts = fuse::fuse(nodes, drafts, &kept);
    let layout = memory::layout(nodes, &drafts, &kept);

    let mut constants = Vec::new();
    let mut constant_places = vec![None; nodes.len()];
    for (id, node) in nodes.iter().enumerate().filter(|(id, _)| needed[*id]) {
        if let Source::Constant(values) = &node.source {
            constant_places[id] = Some(Place::new(constants.len(), values.len()));
            constants.extend_from_slice(values);
        }
    }
    let operand = |id: usize| {
        let id = storage(nodes, id);
        match &nodes[id].source {
            Source::Input { slot, .. } => Operand::Input(*slot),
            Source::Index { slot, .. } => Operand::Index(*slot),
            Source::Param { .. } | Source::Buffer { .. } => {
                Operand::Param(slab_places[id].expect("every parameter and every buffer has a place"))
            }
            Source::Constant(_) => {
                Operand::Constant(constant_places[id].expect("a needed constant has a place"))
            }
            Source::Apply { .. } => Operand::Arena(layout.place(id)),
        }
    };
    let steps: Vec<Step> = drafts
        .iter()
        .enumerate()
        .map(|(i, draft)| Step {
            op: draft.op.clone(),
            operands: draft.inputs.iter().map(|&id| operand(id)).collect(),
            shapes: draft.inputs.iter().map(|&id| nodes[id].shape).collect(),
            shape: nodes[draft.id].shape,
            target: draft.gradient.map_or_else(|| Target::Arena(layout.place(draft.id)), Target::Gradient),
            scratch: layout.scratch(i),
            mark: nodes[draft.id].mark,
        })
        .collect();
    let fed = |index: bool| {
        let mut fed: Vec<(usize, String, Shape)> = nodes
            .iter()
            .filter_map(|node| match &node.source {
                Source::Input { name, slot } if !index => Some((*slot, name.clone(), node.shape)),
                Source::Index { name, slot } if index => Some((*slot, name.clone(), node.shape)),
                _ => None,
            })
            .collect();
        fed.sort_by_key(|(slot, ..)| *slot);
        fed.into_iter().map(|(_, name, shape)| (name, shape)).collect()
    };
    Plan {
        tables: Table::all(&steps, &params),
        steps,
        outputs: outputs.iter().map(|&id| operand(id)).collect(),
        output_shapes: outputs.iter().map(|&id| nodes[id].shape).collect(),
        constants,
        inputs: fed(false),
        indices: fed(true),
        arena: layout.len(),
        has_gradients: gradients.is_some(),
        updates: updates
            .iter()
            .map(|&(buffer, value)| (slab_places[buffer].expect("every buffer has a place"), operand(value)))
            .collect(),
        params,
        param_len,
        slab_len,
    }
}

/// The node whose memory a value shares: reshapes have none of their own.
fn storage(nodes: &[Node], mut id: usize) -> usize {
    while nodes[id].op().is_some_and(|op| op.any().is::<Reshape>()) {
        id = nodes[id].inputs()[0];
    }
    id
}

/// What the roots depend on. Ids grow from operands to results, so one walk down sees every reader before what it reads.
fn needed(nodes: &[Node], roots: &[usize]) -> Vec<bool> {
    let mut needed = vec![false; nodes.len()];
    roots.iter().for_each(|&root| needed[root] = true);
    for id in (0..nodes.len()).rev() {
        if needed[id] {
            nodes[id].inputs().iter().for_each(|&input| needed[input] = true);
        }
    }
    needed
}

/// The computed values in order, each gradient directed to its stretch of the slab.
fn draft(nodes: &[Node], needed: &[bool], kept: &[usize], gradients: Option<&[usize]>) -> Vec<Draft> {
    let mut uses = vec![0_usize; nodes.len()];
    for (id, node) in nodes.iter().enumerate() {
        if needed[id] && !node.op().is_some_and(|op| op.any().is::<Reshape>()) {
            node.inputs().iter().for_each(|&input| uses[storage(nodes, input)] += 1);
        }
    }
    for &id in kept {
        uses[storage(nodes, id)] += 1;
    }
    let roots: Vec<usize> = gradients.unwrap_or(&[]).iter().map(|&id| storage(nodes, id)).collect();
    let mut direct = vec![None; nodes.len()];
    let mut copies = Vec::new();
    let mut offset = 0;
    for (&root, &gradient) in roots.iter().zip(gradients.unwrap_or(&[])) {
        let place = Place::new(offset, nodes[root].shape.numel());
        offset += place.len;
        // A gradient nobody else reads is computed where it belongs; any other is copied there.
        let alone = uses[root] == 0 && roots.iter().filter(|&&other| other == root).count() == 1;
        if alone && nodes[root].op().is_some() {
            direct[root] = Some(place);
        } else {
            copies.push((root, gradient, place));
        }
    }
    let mut drafts: Vec<Draft> = (0..nodes.len())
        .filter(|&id| needed[id])
        .filter_map(|id| {
            let op = nodes[id].op()?.clone();
            let reshape = op.any().is::<Reshape>();
            (!reshape).then(|| Draft { op, inputs: nodes[id].inputs().to_vec(), id, gradient: direct[id] })
        })
        .collect();
    for (root, id, place) in copies {
        let (op, inputs): (Arc<dyn Op>, _) = match nodes[root].op() {
            // Rows of a table are added up again, so that only those that are touched are written.
            Some(op) if op.any().is::<AddRows>() => (op.clone(), nodes[root].inputs().to_vec()),
            _ => (Arc::new(Reshape { shape: nodes[root].shape }), vec![root]),
        };
        drafts.push(Draft { op, inputs, id, gradient: Some(place) });
    }
    drafts
}
