//! Sparsemax over the last axis (Martins & Astudillo, 2016): the nearest point whose elements are not negative and sum to one.

use tunesmith_tensor::Shape;
use tunesmith_tensor::kernel::Real;

use crate::op::{Call, Primitive, Site};
use crate::{Var, gradient_cases};

/// `max(x - t, 0)` along the last axis, with the `t` that lets it sum to one.
#[derive(Clone, Copy, Debug)]
pub struct Sparsemax;

impl Primitive for Sparsemax {
    const NAME: &'static str = "sparsemax";

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        match inputs[0].dims().last() {
            Some(&cols) if cols > 0 => Ok(inputs[0]),
            _ => Err(format!("the last axis must hold something, found {}", inputs[0])),
        }
    }

    fn run<T: Real>(&self, call: Call<'_, T>) {
        let cols = *call.shape.dims().last().expect("checked while building");
        for (x, out) in call.inputs[0].chunks_exact(cols).zip(call.out.chunks_exact_mut(cols)) {
            let sorted = &mut call.scratch[..cols];
            sorted.copy_from_slice(x);
            sorted.sort_unstable_by(|a, b| b.to_f64().total_cmp(&a.to_f64()));
            // The largest k elements stay, for the largest k whose smallest still exceeds the threshold they make.
            let (mut sum, mut threshold) = (T::ZERO, sorted[0] - T::ONE);
            for (i, &value) in sorted.iter().enumerate() {
                sum += value;
                let made = (sum - T::ONE) / T::from_f64((i + 1) as f64);
                if value > made {
                    threshold = made;
                }
            }
            out.iter_mut().zip(x).for_each(|(out, &x)| *out = (x - threshold).max(T::ZERO));
        }
    }

    fn derivative(&self, site: &Site<'_>) -> Vec<Option<Var>> {
        // Among what stays, the derivative less its mean; nothing elsewhere.
        let (stays, g) = (site.output.positive(), site.gradient);
        let mean = (&stays * g).sum_last() / stays.sum_last();
        vec![Some(&stays * (g - mean))]
    }

    fn scratch(&self, inputs: &[Shape], _output: &Shape) -> usize {
        inputs[0].dims().last().copied().unwrap_or(0)
    }

    fn flops(&self, _inputs: &[Shape], output: &Shape) -> u64 {
        10 * output.numel() as u64
    }
}

impl Var {
    /// The nearest point whose elements are not negative and sum to one along the last axis.
    ///
    /// ```
    /// use tunesmith_autodiff::Graph;
    /// let graph = Graph::new();
    /// let x = graph.param("x", [3]);
    /// assert_eq!(graph.evaluate(&[&x.sparsemax()], &[0.5, 1.0, -3.0]), [[0.25, 0.75, 0.0]]);
    /// ```
    ///
    /// # Panics
    /// When there is no last axis.
    #[must_use]
    #[track_caller]
    pub fn sparsemax(&self) -> Self {
        self.apply(Sparsemax)
    }
}

gradient_cases! {
    "sparsemax" [[3, 4]] |x| x[0].sparsemax().square();
}
