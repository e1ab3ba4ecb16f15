//! `Primitive`: what an operation says of itself: its shape rule, its kernel, its derivative.
//!
//! An author implements [`Primitive`], with a kernel generic over the element type; the engine holds `dyn Op`. The
//! blanket implementation below is the only seam between the two.

use std::fmt::Debug;

use tunesmith_tensor::Shape;
use tunesmith_tensor::kernel::Real;

use crate::Var;

/// One run of an operation's kernel: what it reads and where it writes.
#[derive(Debug)]
pub struct Call<'a, T> {
    /// The real operands, in order.
    pub inputs: &'a [&'a [T]],
    /// The index operands, in order.
    pub indices: &'a [&'a [i64]],
    /// The shapes of all operands, in order.
    pub shapes: &'a [Shape],
    /// The shape of the result.
    pub shape: &'a Shape,
    /// The result, row-major; its old content means nothing.
    pub out: &'a mut [T],
    /// Room that [`Primitive::scratch`] asked for; its content means nothing.
    pub scratch: &'a mut [T],
    /// Names the random numbers of this run.
    pub noise: u64,
}

/// Where an operation stands when its derivative is taken.
#[derive(Debug)]
pub struct Site<'a> {
    /// The operands.
    pub inputs: &'a [Var],
    /// The result.
    pub output: &'a Var,
    /// The derivative of the loss by the result.
    pub gradient: &'a Var,
    /// For each operand, whether its derivative is wanted.
    pub wanted: &'a [bool],
}

/// An operation on tensors.
///
/// The four parts of every file in `ops/`: the shape rule, the kernel, the derivative written as graph (so that it can
/// be differentiated again), and cases for the gradient check.
pub trait Primitive: Clone + Debug + Send + Sync + 'static {
    /// The name in messages and listings. `Debug` must show every parameter besides: two operations that print the
    /// same are the same.
    const NAME: &'static str;
    /// Whether the result at a place depends on the operands at that place alone. Such an operation finds each operand
    /// as long as the result, or shorter and to be repeated ([`broadcast`](crate::ops::arithmetic)); it must not read
    /// shapes, and the plan may run it on a piece at a time.
    const ELEMENTWISE: bool = false;

    /// The shape of the result.
    ///
    /// # Errors
    /// What does not fit, with the shapes in question.
    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String>;

    /// Computes the result.
    fn run<T: Real>(&self, call: Call<'_, T>);

    /// The derivative by each operand, as graph; `None` where it is not wanted or zero.
    fn derivative(&self, site: &Site<'_>) -> Vec<Option<Var>>;

    /// How many elements of room the kernel needs besides its result.
    fn scratch(&self, _inputs: &[Shape], _output: &Shape) -> usize {
        0
    }

    /// Floating point operations of one run, roughly.
    fn flops(&self, _inputs: &[Shape], output: &Shape) -> u64 {
        output.numel() as u64
    }

    /// The matrix products that one run comes down to, if it does: how often, rows, inner size, columns. What a plan of
    /// nothing but these would take is the bound its speed is held against.
    fn products(&self, _inputs: &[Shape], _output: &Shape) -> Vec<(usize, [usize; 3])> {
        Vec::new()
    }
}

/// A [`Primitive`] without its type.
pub(crate) trait Op: Debug + Send + Sync {
    fn name(&self) -> &'static str;
    fn elementwise(&self) -> bool;
    fn run_f32(&self, call: Call<'_, f32>);
    fn run_f64(&self, call: Call<'_, f64>);
    fn derivative(&self, site: &Site<'_>) -> Vec<Option<Var>>;
    fn scratch(&self, inputs: &[Shape], output: &Shape) -> usize;
    fn flops(&self, inputs: &[Shape], output: &Shape) -> u64;
    fn products(&self, inputs: &[Shape], output: &Shape) -> Vec<(usize, [usize; 3])>;
    fn any(&self) -> &dyn std::any::Any;
}

impl<P: Primitive> Op for P {
    fn name(&self) -> &'static str {
        P::NAME
    }
    fn elementwise(&self) -> bool {
        P::ELEMENTWISE
    }
    fn run_f32(&self, call: Call<'_, f32>) {
        self.run(call);
    }
    fn run_f64(&self, call: Call<'_, f64>) {
        self.run(call);
    }
    fn derivative(&self, site: &Site<'_>) -> Vec<Option<Var>> {
        Primitive::derivative(self, site)
    }
    fn scratch(&self, inputs: &[Shape], output: &Shape) -> usize {
        Primitive::scratch(self, inputs, output)
    }
    fn flops(&self, inputs: &[Shape], output: &Shape) -> u64 {
        Primitive::flops(self, inputs, output)
    }
    fn products(&self, inputs: &[Shape], output: &Shape) -> Vec<(usize, [usize; 3])> {
        Primitive::products(self, inputs, output)
    }
    fn any(&self) -> &dyn std::any::Any {
        self
    }
}

/// An element type a runner can run: picks the kernel of that type.
pub trait Element: Real {
    #[doc(hidden)]
    fn dispatch(run: ErasedRun<'_>, call: Call<'_, Self>);
}

/// The right to run an operation, without showing the trait behind it.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct ErasedRun<'a>(pub(crate) &'a dyn Op);

impl Element for f32 {
    #[inline]
    fn dispatch(run: ErasedRun<'_>, call: Call<'_, Self>) {
        run.0.run_f32(call);
    }
}
impl Element for f64 {
    #[inline]
    fn dispatch(run: ErasedRun<'_>, call: Call<'_, Self>) {
        run.0.run_f64(call);
    }
}
