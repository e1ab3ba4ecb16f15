//! A plan in words: one line per kernel call. Bytes are those of `f32`; an `f64` run has twice as many.

use std::fmt;

use tunesmith_tensor::Shape;

use super::{Fused, Plan, Step, Target};

const SINGLE: usize = size_of::<f32>();

impl Plan {
    /// One line per kernel call: what it computes and what was fused into it, from what, where to, how many bytes it
    /// reads and writes in `f32`, and its operations.
    ///
    /// ```
    /// use tunesmith_autodiff::Graph;
    /// let graph = Graph::new();
    /// let y = (&graph.param("x", [2, 3]) + &graph.param("b", [3])).tanh();
    /// let plan = graph.plan(&[&y]).explain();
    /// assert!(plan.contains("add+tanh: [2, 3] [3] -> [2, 3]") && plan.contains("60 bytes"), "{plan}");
    /// ```
    #[must_use]
    pub fn explain(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} kernels, {} parameters, {} bytes of arena, {} floating point operations",
            self.steps.len(),
            self.param_len,
            self.arena * SINGLE,
            self.flops()
        )?;
        for step in &self.steps {
            let to = match step.target {
                Target::Arena(place) => format!("byte {} of the arena", place.offset * SINGLE),
                Target::Gradient(place) => format!("byte {} of the gradient", place.offset * SINGLE),
            };
            let flops = step.op.flops(&step.shapes, &step.shape);
            let read: usize = step.shapes.iter().map(Shape::numel).sum();
            let bytes = (read + step.shape.numel()) * SINGLE;
            writeln!(f, "  {step} to {to}, {bytes} bytes, {flops} flops")?;
        }
        Ok(())
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.op.any().downcast_ref::<Fused>() {
            Some(fused) => write!(f, "{fused}")?,
            None => write!(f, "{}", self.op.name())?,
        }
        let shapes: Vec<String> = self.shapes.iter().map(ToString::to_string).collect();
        write!(f, ": {} -> {}", shapes.join(" "), self.shape)
    }
}
