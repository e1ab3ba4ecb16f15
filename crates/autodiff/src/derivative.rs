//! The derivative of a graph: reverse accumulation that adds nodes to the same graph.

use crate::op::Site;
use crate::{Graph, Var};

impl Graph {
    /// The derivatives of a scalar by each of `by`, as new values of the same graph.
    ///
    /// The derivative is graph like any other, so it can be differentiated again. What the scalar does not depend on
    /// has derivative zero.
    ///
    /// ```
    /// use tunesmith_autodiff::Graph;
    /// let graph = Graph::new();
    /// let x = graph.param("x", []);
    /// let cube = x.powf(3.0);
    /// let slope = &graph.gradient(&cube, &[&x])[0];
    /// let curvature = &graph.gradient(slope, &[&x])[0];
    /// assert_eq!(graph.evaluate(&[&cube, slope, curvature], &[2.0]), [[8.0], [12.0], [12.0]]);
    /// ```
    ///
    /// # Panics
    /// When `of` is not a scalar.
    #[must_use]
    #[track_caller]
    pub fn gradient(&self, of: &Var, by: &[&Var]) -> Vec<Var> {
        assert!(of.shape().numel() == 1, "gradient: a scalar has a gradient, found the shape {}", of.shape());
        // Ids grow from operands to results, so walking them down is walking the graph backwards.
        let depends = self.dependents(of.id, by);
        let mut adjoints: Vec<Option<Var>> = vec![None; of.id + 1];
        adjoints[of.id] = Some(self.scalar(1.0).reshape(of.shape()));
        for id in (0..=of.id).rev() {
            if !depends[id] {
                continue;
            }
            let (Some(gradient), node) = (adjoints[id].clone(), self.node(id).clone()) else { continue };
            let Some(op) = node.op() else { continue };
            let inputs: Vec<Var> = node.inputs().iter().map(|&input| self.var(input)).collect();
            let wanted: Vec<bool> = node.inputs().iter().map(|&input| depends[input]).collect();
            if !wanted.contains(&true) {
                continue;
            }
            let site = Site { inputs: &inputs, output: &self.var(id), gradient: &gradient, wanted: &wanted };
            let parts = op.derivative(&site);
            assert!(parts.len() == inputs.len(), "{}: one derivative per operand", op.name());
            for ((input, part), wanted) in inputs.iter().zip(parts).zip(wanted) {
                let (true, Some(part)) = (wanted, part) else { continue };
                assert!(
                    part.shape() == input.shape(),
                    "{}: the derivative by an operand of shape {} has the shape {}",
                    op.name(),
                    input.shape(),
                    part.shape()
                );
                let slot = &mut adjoints[input.id];
                *slot = Some(match slot.take() {
                    None => part,
                    Some(sum) => &sum + &part,
                });
            }
        }
        let zero = |var: &Var| self.scalar(0.0).expand(var.shape());
        by.iter().map(|var| adjoints.get(var.id).cloned().flatten().unwrap_or_else(|| zero(var))).collect()
    }

    /// For each node up to `last`, whether it depends on one of `by`.
    fn dependents(&self, last: usize, by: &[&Var]) -> Vec<bool> {
        let mut depends = vec![false; last + 1];
        for id in 0..=last {
            depends[id] = by.iter().any(|var| var.id == id)
                || self.node(id).inputs().iter().any(|&input| depends[input]);
        }
        depends
    }
}
