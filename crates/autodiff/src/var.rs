//! `Var`: a value of a graph; its methods build the graph.
//!
//! The methods that belong to one operation stand in that operation's file under `ops/`.

use std::fmt;

use tunesmith_tensor::Shape;

use crate::Graph;
use crate::graph::Source;
use crate::op::Primitive;

/// A value of a [`Graph`]: a small handle to a node with a known shape.
///
/// ```
/// use tunesmith_autodiff::Graph;
/// let graph = Graph::new();
/// let x = graph.input("x", [4, 3]);
/// let w = graph.param("w", [3, 2]);
/// let y = (x.matmul(&w) * 2.0 + 1.0).relu();
/// assert_eq!(y.shape().dims(), [4, 2]);
/// ```
#[derive(Clone)]
pub struct Var {
    pub(crate) graph: Graph,
    pub(crate) id: usize,
}

impl Var {
    /// The graph this is a value of.
    #[must_use]
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// The shape.
    #[must_use]
    pub fn shape(&self) -> Shape {
        self.graph.node(self.id).shape
    }

    /// The number of axes.
    #[must_use]
    pub fn rank(&self) -> usize {
        self.shape().dims().len()
    }

    /// The number, when this is one known while building.
    #[must_use]
    pub fn known(&self) -> Option<f64> {
        match &self.graph.node(self.id).source {
            Source::Constant(values) if values.len() == 1 => Some(values[0]),
            _ => None,
        }
    }

    /// Whether both are the same value of the same graph.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        self.id == other.id && self.graph.same(&other.graph)
    }

    /// The operands and the operation, when this was made by an operation of that type.
    #[must_use]
    pub fn made_by<P: Primitive>(&self) -> Option<(P, Vec<Self>)> {
        let node = self.graph.node(self.id);
        let op = node.op()?.any().downcast_ref::<P>()?.clone();
        let inputs = node.inputs().iter().map(|&id| self.graph.var(id)).collect();
        Some((op, inputs))
    }

    #[track_caller]
    pub(crate) fn apply(&self, op: impl Primitive) -> Self {
        self.graph.apply(op, &[self])
    }
}

impl fmt::Debug for Var {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "%{} {}", self.id, self.shape())
    }
}
