//! Recompute: values of the forward pass that are computed again for the derivatives instead of being kept.
//!
//! A graph rewrite before planning. Only checkpoints are kept; where a derivative reads a value between two of them, the
//! nodes that lead from the checkpoint to it are put in once more, just before that derivative, so that the first
//! copies die young. Segments of about the square root of the depth need about that much memory (Chen et al.,
//! "Training deep nets with sublinear memory cost", 2016). The copies are not shared with the originals, since nodes
//! are shared only while a graph is built.

use std::collections::BTreeSet;

use super::{needed, storage};
use crate::graph::{Node, Source};

/// A forward pass and the derivatives behind it.
pub(super) struct Pass<'a> {
    pub(super) nodes: &'a [Node],
    /// How many nodes are of the forward pass; they come first.
    pub(super) forward: usize,
    /// What is read after the run.
    pub(super) roots: &'a [usize],
    pub(super) gradients: &'a [usize],
}

/// Which of the layers' outputs could be kept: every one, every second, and so on. What lies behind the last one kept
/// is at hand when the derivatives begin.
pub(super) fn choices(layers: &[usize]) -> impl Iterator<Item = Vec<usize>> {
    let sizes = std::iter::successors(Some(1), |size| Some(size + (size / 4).max(1)));
    sizes.take_while(|&size| size < layers.len()).map(|size| {
        let ends = layers.iter().skip(size - 1).step_by(size);
        ends.copied().take((layers.len() - 1) / size).collect()
    })
}

impl Pass<'_> {
    /// The nodes with copies, and where the gradients are now; the forward pass stays where it is.
    pub(super) fn recomputing(&self, checkpoints: &[usize]) -> (Vec<Node>, Vec<usize>) {
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
