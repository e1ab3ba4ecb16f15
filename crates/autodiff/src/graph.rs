//! `Graph`: a record of typed operations with known shapes, built by calling methods on `Var`s.

use std::cell::{Ref, RefCell};
use std::collections::HashMap;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use tunesmith_tensor::Shape;

use crate::op::{Op, Primitive};
use crate::ops::permute;
use crate::{Precision, Var};

/// A graph of tensor operations: a description that computes nothing until it is planned and run.
///
/// Shapes are known and checked while building, at the caller's line. Building the same operation on the same operands
/// twice gives the same node.
///
/// ```
/// use tunesmith_autodiff::{Feed, Graph, Runner};
/// let graph = Graph::new();
/// let x = graph.input("x", [2, 3]);
/// let w = graph.param("w", [1, 3]);
/// let y = x.matmul_t(&w).tanh().sum();
/// let plan = graph.plan_training(&y, &[]);
/// let mut runner = Runner::<f64>::new(plan);
/// let mut gradient = [0.0; 3];
/// runner.run_training(Feed { params: &[0.1, 0.2, 0.3], inputs: &[&[1.0; 6]], ..Feed::default() }, &mut gradient);
/// assert!((runner.loss() - 2.0 * 0.6_f64.tanh()).abs() < 1e-12);
/// ```
#[derive(Clone, Default)]
pub struct Graph {
    inner: Rc<RefCell<Inner>>,
}

#[derive(Default)]
struct Inner {
    nodes: Vec<Node>,
    /// Operation with its parameters and operands, to find a node that exists already.
    seen: HashMap<(String, Vec<usize>), usize>,
    inputs: usize,
    indices: usize,
    params: Vec<usize>,
    buffers: Vec<usize>,
    updates: Vec<(usize, usize)>,
    streams: u64,
    mark: usize,
    precision: Precision,
}

/// One value of the graph: where it comes from and its shape.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) source: Source,
    pub(crate) shape: Shape,
    /// Whose it is: see [`Graph::mark`].
    pub(crate) mark: usize,
}

/// Where a value comes from.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    /// Fed at every run.
    Input { name: String, slot: usize },
    /// Whole numbers fed at every run.
    Index { name: String, slot: usize },
    /// A stretch of the parameter slab.
    Param { name: String },
    /// A stretch of the slab behind the parameters: kept from run to run, but not learnt.
    Buffer { name: String },
    /// Known while building.
    Constant(Arc<Vec<f64>>),
    /// Computed.
    Apply { op: Arc<dyn Op>, inputs: Vec<usize> },
}

impl Node {
    pub(crate) fn inputs(&self) -> &[usize] {
        if let Source::Apply { inputs, .. } = &self.source { inputs } else { &[] }
    }

    /// The name and the shape of a stretch of the slab.
    fn named(&self) -> (String, Shape) {
        match &self.source {
            Source::Param { name } | Source::Buffer { name } => (name.clone(), self.shape),
            _ => unreachable!("only parameters and buffers lie in the slab"),
        }
    }

    pub(crate) fn op(&self) -> Option<&Arc<dyn Op>> {
        if let Source::Apply { op, .. } = &self.source { Some(op) } else { None }
    }
}

impl Graph {
    /// A graph without nodes.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same graph, of which products of matrices recorded from now on multiply numbers of that precision, and so do
    /// their derivatives.
    #[must_use]
    pub fn in_precision(self, precision: Precision) -> Self {
        self.inner.borrow_mut().precision = precision;
        self
    }

    /// The precision of products of matrices recorded now.
    #[must_use]
    pub fn precision(&self) -> Precision {
        self.inner.borrow().precision
    }

    /// A real tensor that is fed at every run; inputs are fed in the order in which they were made.
    #[must_use]
    pub fn input(&self, name: &str, shape: impl Into<Shape>) -> Var {
        let slot = self.count(|inner| &mut inner.inputs);
        self.push(Source::Input { name: name.to_owned(), slot }, shape.into())
    }

    /// Whole numbers (labels, identifiers) that are fed at every run, in the order in which they were made.
    #[must_use]
    pub fn index_input(&self, name: &str, shape: impl Into<Shape>) -> Var {
        let slot = self.count(|inner| &mut inner.indices);
        self.push(Source::Index { name: name.to_owned(), slot }, shape.into())
    }

    /// A tensor that is learnt. Parameters lie one after another in one slab, in the order in which they were made.
    #[must_use]
    pub fn param(&self, name: &str, shape: impl Into<Shape>) -> Var {
        let var = self.push(Source::Param { name: name.to_owned() }, shape.into());
        self.inner.borrow_mut().params.push(var.id);
        var
    }

    /// A tensor that is kept from run to run but not learnt, such as a running mean. Buffers lie behind all parameters
    /// in the same slab, in the order in which they were made; [`Graph::update`] gives one its next value.
    ///
    /// ```
    /// use tunesmith_autodiff::{Feed, Graph, Runner};
    /// let graph = Graph::new();
    /// let (x, w) = (graph.input("x", [2]), graph.param("w", [2]));
    /// let seen = graph.buffer("seen", []);
    /// graph.update(&seen, &(&seen + 1.0));
    /// let mut runner = Runner::<f64>::new(graph.plan_training(&(&x * &w).sum(), &[]));
    /// let (mut slab, mut gradients) = ([3.0, 4.0, 0.0], [0.0; 2]);
    /// runner.run_training(Feed { params: &slab, inputs: &[&[1.0, 2.0]], ..Feed::default() }, &mut gradients);
    /// runner.update(&mut slab);
    /// assert_eq!((gradients, slab), ([1.0, 2.0], [3.0, 4.0, 1.0]));
    /// ```
    #[must_use]
    pub fn buffer(&self, name: &str, shape: impl Into<Shape>) -> Var {
        let var = self.push(Source::Buffer { name: name.to_owned() }, shape.into());
        self.inner.borrow_mut().buffers.push(var.id);
        var
    }

    /// Gives a buffer its value after the run, which [`Runner::update`](crate::Runner::update) writes to the slab.
    ///
    /// # Panics
    /// When this is no buffer, it has a next value already, or the shapes differ.
    #[track_caller]
    pub fn update(&self, buffer: &Var, value: &Var) {
        assert!(
            matches!(self.node(buffer.id).source, Source::Buffer { .. }),
            "update: {buffer:?} is no buffer"
        );
        let (old, new) = (buffer.shape(), value.shape());
        assert!(old == new, "update: the buffer has the shape {old}, its next value {new}");
        let mut inner = self.inner.borrow_mut();
        assert!(inner.updates.iter().all(|(id, _)| *id != buffer.id), "update: {buffer:?} is updated twice");
        inner.updates.push((buffer.id, value.id));
    }

    /// A tensor known now, row-major.
    ///
    /// # Panics
    /// When the number of values is not the shape's.
    #[must_use]
    #[track_caller]
    pub fn constant(&self, shape: impl Into<Shape>, values: &[f64]) -> Var {
        let shape = shape.into();
        assert!(
            shape.numel() == values.len(),
            "constant: the shape {shape} holds {} values, got {}",
            shape.numel(),
            values.len()
        );
        self.push(Source::Constant(Arc::new(values.to_vec())), shape)
    }

    /// A number known now, of shape `[]`.
    #[must_use]
    pub fn scalar(&self, value: f64) -> Var {
        let key = (format!("scalar {:x}", value.to_bits()), Vec::new());
        let found = self.inner.borrow().seen.get(&key).copied();
        if let Some(id) = found {
            return self.var(id);
        }
        let var = self.constant(Shape::scalar(), &[value]);
        self.inner.borrow_mut().seen.insert(key, var.id);
        var
    }

    /// Applies an operation.
    ///
    /// # Panics
    /// When the operands' shapes do not fit, with the shapes; when they are of another graph.
    #[must_use]
    #[track_caller]
    pub fn apply<P: Primitive>(&self, op: P, operands: &[&Var]) -> Var {
        for var in operands {
            assert!(self.same(&var.graph), "{}: an operand is of another graph", op.name());
        }
        if let Some(var) = permute::past_permutes(self, &op, operands) {
            return var;
        }
        let inputs: Vec<usize> = operands.iter().map(|var| var.id).collect();
        let key = (format!("{} {op:?}", op.name()), inputs);
        let found = self.inner.borrow().seen.get(&key).copied();
        if let Some(id) = found {
            return self.var(id);
        }
        let shapes: Vec<Shape> = operands.iter().map(|var| var.shape()).collect();
        let shape = match op.shape(&shapes) {
            Ok(shape) => shape,
            Err(why) => panic!("{}: {why}", op.name()),
        };
        let var = self.push(Source::Apply { op: Arc::new(op), inputs: key.1.clone() }, shape);
        self.inner.borrow_mut().seen.insert(key, var.id);
        var
    }

    /// A number no other random operation of this graph has; names its stream of random numbers.
    #[must_use]
    pub fn stream(&self) -> u64 {
        let mut inner = self.inner.borrow_mut();
        inner.streams += 1;
        inner.streams
    }

    /// Marks everything recorded from now on with a number, such as that of a layer, so that a plan can tell what each
    /// costs ([`Plan::costs`](crate::Plan::costs)).
    pub fn mark(&self, mark: usize) {
        self.inner.borrow_mut().mark = mark;
    }

    /// Whether both are the same graph.
    pub(crate) fn same(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.inner, &other.inner)
    }

    /// How many streams were named.
    #[must_use]
    pub fn streams(&self) -> u64 {
        self.inner.borrow().streams
    }

    /// The learnt tensors in slab order: name and shape.
    #[must_use]
    pub fn params(&self) -> Vec<(String, Shape)> {
        let inner = self.inner.borrow();
        inner.params.iter().map(|&id| inner.nodes[id].named()).collect()
    }

    /// The buffers in slab order, behind the learnt tensors: name and shape.
    #[must_use]
    pub fn buffers(&self) -> Vec<(String, Shape)> {
        let inner = self.inner.borrow();
        inner.buffers.iter().map(|&id| inner.nodes[id].named()).collect()
    }

    /// The learnt tensors as graph values, in slab order.
    #[must_use]
    pub fn param_vars(&self) -> Vec<Var> {
        self.inner.borrow().params.iter().map(|&id| self.var(id)).collect()
    }

    pub(crate) fn var(&self, id: usize) -> Var {
        Var { graph: self.clone(), id }
    }

    pub(crate) fn node(&self, id: usize) -> Ref<'_, Node> {
        Ref::map(self.inner.borrow(), |inner| &inner.nodes[id])
    }

    pub(crate) fn nodes(&self) -> Vec<Node> {
        self.inner.borrow().nodes.clone()
    }

    /// What lies in the slab, in order: parameters, then buffers.
    pub(crate) fn slab_ids(&self) -> Vec<usize> {
        let inner = self.inner.borrow();
        inner.params.iter().chain(&inner.buffers).copied().collect()
    }

    /// Buffers and their next values.
    pub(crate) fn updates(&self) -> Vec<(usize, usize)> {
        self.inner.borrow().updates.clone()
    }

    fn push(&self, source: Source, shape: Shape) -> Var {
        let mut inner = self.inner.borrow_mut();
        let mark = inner.mark;
        inner.nodes.push(Node { source, shape, mark });
        let id = inner.nodes.len() - 1;
        drop(inner);
        self.var(id)
    }

    fn count(&self, field: fn(&mut Inner) -> &mut usize) -> usize {
        let mut inner = self.inner.borrow_mut();
        let counter = field(&mut inner);
        *counter += 1;
        *counter - 1
    }
}

impl fmt::Debug for Graph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (id, node) in self.inner.borrow().nodes.iter().enumerate() {
            write!(f, "%{id} {} = ", node.shape)?;
            match &node.source {
                Source::Input { name, .. } => writeln!(f, "input {name}")?,
                Source::Index { name, .. } => writeln!(f, "index {name}")?,
                Source::Param { name } => writeln!(f, "param {name}")?,
                Source::Buffer { name } => writeln!(f, "buffer {name}")?,
                Source::Constant(values) if values.len() == 1 => writeln!(f, "constant {}", values[0])?,
                Source::Constant(_) => writeln!(f, "constant")?,
                Source::Apply { op, inputs } => writeln!(f, "{} {op:?} of {inputs:?}", op.name())?,
            }
        }
        Ok(())
    }
}
