//! A plan in words: one line per kernel call.

use std::fmt;

use super::{Fused, Plan, Step, Target};

impl Plan {
    /// One line per kernel call: what it computes, from what, its size and its operations.
    #[must_use]
    pub fn explain(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} kernels, {} parameters, {} arena elements, {} floating point operations",
            self.steps.len(),
            self.param_len,
            self.arena,
            self.flops()
        )?;
        for step in &self.steps {
            let to = match step.target {
                Target::Arena(place) => format!("arena {}", place.offset),
                Target::Gradient(place) => format!("gradient {}", place.offset),
            };
            let flops = step.op.flops(&step.shapes, &step.shape);
            writeln!(f, "  {step} at {to}, {flops} flops")?;
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
