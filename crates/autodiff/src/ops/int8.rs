//! The product with a matrix in whole numbers of eight bits, for prediction.

use std::fmt;
use std::sync::Arc;

use tunesmith_tensor::Shape;
use tunesmith_tensor::kernel::Real;
use tunesmith_tensor::kernel::int8::Int8Matrix;

use crate::Var;
use crate::op::{Call, Primitive, Site};

/// Rows `[rows, inputs]` times a rounded matrix `[outputs, inputs]` taken transposed; the rows are rounded as they come.
#[derive(Clone)]
pub struct Int8Product {
    /// The matrix, which is a part of the graph, not of what is fed.
    pub weights: Arc<Int8Matrix>,
}

impl fmt::Debug for Int8Product {
    /// Two operations are the same when they share one matrix.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Int8Product({:p})", Arc::as_ptr(&self.weights))
    }
}

impl Primitive for Int8Product {
    const NAME: &'static str = "int8_product";

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        match inputs[0].dims() {
            &[rows, inputs] if inputs == self.weights.inputs() => {
                Ok(Shape::from([rows, self.weights.outputs()]))
            }
            _ => Err(format!("rows of {} numbers are needed, found {}", self.weights.inputs(), inputs[0])),
        }
    }

    fn run<T: Real>(&self, call: Call<'_, T>) {
        self.weights.product(call.inputs[0], call.out, call.scratch);
    }

    fn derivative(&self, _site: &Site<'_>) -> Vec<Option<Var>> {
        panic!("int8_product: rounding has no slope; train in full precision, then round")
    }

    fn scratch(&self, _inputs: &[Shape], _output: &Shape) -> usize {
        self.weights.room::<f32>()
    }

    fn flops(&self, inputs: &[Shape], output: &Shape) -> u64 {
        2 * (inputs[0].numel() * output.dims()[1]) as u64
    }
}

impl Var {
    /// The product of rows with a rounded matrix taken transposed.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use tunesmith_autodiff::{Feed, Graph, Runner};
    /// use tunesmith_tensor::kernel::int8::Int8Matrix;
    /// let graph = Graph::new();
    /// let product = graph.input("x", [1, 2]).int8_product(&Arc::new(Int8Matrix::new(&[1.0, -0.5], 1, 2)));
    /// let mut runner = Runner::<f32>::new(graph.plan(&[&product]));
    /// runner.run(Feed { inputs: &[&[2.0, 2.0]], ..Feed::default() });
    /// assert!((runner.output(0)[0] - 1.0).abs() < 0.01);
    /// ```
    ///
    /// # Panics
    /// When this is not rows of as many numbers as the matrix has inputs.
    #[must_use]
    #[track_caller]
    pub fn int8_product(&self, weights: &Arc<Int8Matrix>) -> Self {
        self.graph().apply(Int8Product { weights: weights.clone() }, &[self])
    }
}
