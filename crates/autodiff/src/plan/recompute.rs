//! Recompute: values of the forward pass that are computed again for the derivatives instead of being kept.
//!
//! A graph rewrite before planning. Only checkpoints are kept; where a derivative reads a value between two of them, the
//! nodes that lead from the checkpoint to it are put in once more, just before that derivative, so that the first
//! copies die young. Segments of about the square root of the depth need about that much memory (Chen et al.,
//! "Training deep nets with sublinear memory cost", 2016). The copies are not shared with the originals, since nodes
//! are shared only while a graph is built.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Plan, build, ids, needed, storage};
use crate::graph::{Node, Source};
use crate::{Graph, Var};

impl Graph {
    /// As [`Graph::plan_training`], with less memory and more work: of the values `layers` put out, which follow one
    /// another, some are kept for the derivatives, and what lies between them is computed again when it is needed.
    /// Which are kept is chosen so that the arena is smallest. The gradients are the same, bit for bit: random
    /// numbers belong to their operation, however often it runs.
    ///
    /// ```
    /// use tunesmith_autodiff::Graph;
    /// let graph = Graph::new();
    /// let mut x = graph.input("x", [256, 64]);
    /// let mut layers = Vec::new();
    /// for i in 0..16 {
    ///     x = x.matmul_t(&graph.param(&format!("{i}.weight"), [64, 64])).tanh();
    ///     layers.push(x.clone());
    /// }
    /// let loss = x.sum();
    /// let (plain, recomputing) = (graph.plan_training(&loss, &[]), graph.plan_recomputing(&loss, &[], &layers));
    /// assert!(recomputing.arena_len() < plain.arena_len() * 2 / 3);
    /// assert!(recomputing.flops() < plain.flops() * 14 / 10);
    /// ```
    ///
    /// # Panics
    /// When the loss is not a scalar.
    #[must_use]
    #[track_caller]
    pub fn plan_recomputing(&self, loss: &Var, outputs: &[&Var], layers: &[Var]) -> Arc<Plan> {
        let (outputs, gradients) = self.roots(loss, outputs);
        let nodes = self.nodes();
        let mut roots: Vec<usize> = outputs.clone();
        roots.extend(self.updates().iter().map(|(_, value)| *value));
        // Not all that stood there before the derivatives were asked for: they may have been asked for before.
        let fed = |node: &Node| !matches!(node.source, Source::Apply { .. } | Source::Constant(_));
        let last_fed = nodes.iter().rposition(fed).unwrap_or(0);
        let forward = 1 + roots.iter().copied().max().unwrap_or(0).max(last_fed);
        let mut best = build(self, &nodes, &outputs, Some(&gradients));
        for checkpoints in choices(&ids(layers)) {
            let pass = Pass { nodes: &nodes, forward, roots: &roots, gradients: &gradients };
            let (nodes, gradients) = pass.recomputing(&checkpoints);
            let plan = build(self, &nodes, &outputs, Some(&gradients));
            if (plan.arena, plan.flops()) < (best.arena, best.flops()) {
                best = plan;
            }
        }
        Arc::new(best)
    }
}

/// A forward pass and the derivatives behind it.
struct Pass<'a> {
    nodes: &'a [Node],
    /// How many nodes are of the forward pass; they come first.
    forward: usize,
    /// What is read after the run.
    roots: &'a [usize],
    gradients: &'a [usize],
}

/// Which of the layers' outputs could be kept: every one, every second, and so on. What lies behind the last one kept
/// is at hand when the derivatives begin.
fn choices(layers: &[usize]) -> impl Iterator<Item = Vec<usize>> {
    let sizes = std::iter::successors(Some(1), |size| Some(size + (size / 4).max(1)));
    sizes.take_while(|&size| size < layers.len()).map(|size| {
        let ends = layers.iter().skip(size - 1).step_by(size);
        ends.copied().take((layers.len() - 1) / size).collect()
    })
}

impl Pass<'_> {
    /// The nodes with copies, and where the gradients are now; the forward pass stays where it is.
    fn recomputing(&self, checkpoints: &[usize]) -> (Vec<Node>, Vec<usize>) {
        let nodes = self.nodes;
        let mut kept = vec![false; self.forward];
        for &id in checkpoints.iter().chain(self.roots) {
            kept[storage(nodes, id)] = true;
        }
        let last = checkpoints.iter().copied().max().unwrap_or(0);
        let at_hand = |id: usize| {
            let id = storage(nodes, id);
            id > last || kept[id] || nodes[id].op().is_none()
        };
        let all: Vec<usize> = self.roots.iter().chain(self.gradients).copied().collect();
        let needed = needed(nodes, &all);
        // Where each node's value is to be read from now on.
        let mut place: Vec<Option<usize>> = vec![None; nodes.len()];
        let mut rewritten = nodes[..self.forward].to_vec();
        for id in (self.forward..nodes.len()).filter(|&id| needed[id]) {
            // Ids grow from operands to results, so copies in the order of ids find their operands.
            let mut missing = BTreeSet::new();
            let mut open: Vec<usize> = nodes[id].inputs().to_vec();
            while let Some(id) = open.pop() {
                if place[id].is_none() && !missing.contains(&id) {
                    if at_hand(id) {
                        place[id] = Some(id);
                    } else {
                        missing.insert(id);
                        open.extend(nodes[id].inputs());
                    }
                }
            }
            for id in missing.into_iter().chain([id]) {
                let mut node = nodes[id].clone();
                if let Source::Apply { inputs, .. } = &mut node.source {
                    for input in inputs {
                        *input = place[*input].expect("operands come first");
                    }
                }
                place[id] = Some(rewritten.len());
                rewritten.push(node);
            }
        }
        let gradients =
            self.gradients.iter().map(|&id| if id < self.forward { id } else { place[id].expect("needed") });
        (rewritten, gradients.collect())
    }
}
