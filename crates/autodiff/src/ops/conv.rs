//! Convolution of images `[rows, height, width, channels]`, and the two products that are its derivatives.
//!
//! A convolution is linear in the image and in the weights, so the three operations here are each other's derivatives.

use tunesmith_tensor::Shape;
use tunesmith_tensor::kernel::Real;
use tunesmith_tensor::kernel::conv::{Conv, convolve, convolve_back, convolve_weight};

use crate::op::{Call, Primitive, Site};
use crate::{Var, gradient_cases};

/// From an image and weights `[height, width, channels of a group, outputs]`, the convolved image.
#[derive(Clone, Debug)]
pub struct Convolve(pub Conv);

/// From a convolved image and weights, the image that each of its pixels came from: the transposed convolution.
#[derive(Clone, Debug)]
pub struct ConvolveBack(pub Conv);

/// From an image and a convolved image, the weights that join them: the derivative of [`Convolve`] by its weights.
#[derive(Clone, Debug)]
pub struct ConvolveWeight(pub Conv);

/// Checks that two operands have the shapes that the sizes ask for.
fn check(conv: &Conv, inputs: &[Shape], wanted: [&[usize]; 2]) -> Result<(), String> {
    match inputs.iter().zip(wanted).find(|(shape, wanted)| shape.dims() != *wanted) {
        Some((shape, wanted)) => {
            Err(format!("the shape {} is needed, found {shape}, for {conv:?}", Shape::from(wanted)))
        }
        None => Ok(()),
    }
}

fn output(conv: &Conv) -> Result<[usize; 4], String> {
    match (conv.problem(), conv.output()) {
        (None, Some(output)) => Ok(output),
        (problem, _) => Err(format!("{}: {conv:?}", problem.unwrap_or("there is no output"))),
    }
}

/// The products of a convolution, one a group, with rows, inner size and columns in another order for a derivative.
fn products(conv: &Conv, order: impl Fn([usize; 3]) -> [usize; 3]) -> Vec<(usize, [usize; 3])> {
    let pixels = conv.output().map_or(0, |output| output[..3].iter().product());
    let taps = conv.weight()[..3].iter().product();
    vec![(conv.groups, order([pixels, taps, conv.outputs / conv.groups.max(1)]))]
}

impl Primitive for Convolve {
    const NAME: &'static str = "conv";

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        let output = output(&self.0)?;
        check(&self.0, inputs, [&self.0.input, &self.0.weight()])?;
        Ok(Shape::from(output))
    }

    fn run<T: Real>(&self, call: Call<'_, T>) {
        convolve(&self.0, call.inputs[0], call.inputs[1], call.out, call.scratch);
    }

    fn derivative(&self, site: &Site<'_>) -> Vec<Option<Var>> {
        let (x, w, g) = (&site.inputs[0], &site.inputs[1], site.gradient);
        vec![
            site.wanted[0].then(|| x.graph().apply(ConvolveBack(self.0), &[g, w])),
            site.wanted[1].then(|| x.graph().apply(ConvolveWeight(self.0), &[x, g])),
        ]
    }

    fn scratch(&self, _inputs: &[Shape], _output: &Shape) -> usize {
        self.0.scratch()
    }

    fn flops(&self, _inputs: &[Shape], _output: &Shape) -> u64 {
        self.0.flops()
    }

    fn products(&self, _inputs: &[Shape], _output: &Shape) -> Vec<(usize, [usize; 3])> {
        products(&self.0, |[m, k, n]| [m, k, n])
    }
}

impl Primitive for ConvolveBack {
    const NAME: &'static str = "conv_back";

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        check(&self.0, inputs, [&output(&self.0)?, &self.0.weight()])?;
        Ok(Shape::from(self.0.input))
    }

    fn run<T: Real>(&self, call: Call<'_, T>) {
        convolve_back(&self.0, call.inputs[0], call.inputs[1], call.out, call.scratch);
    }

    fn derivative(&self, site: &Site<'_>) -> Vec<Option<Var>> {
        let (y, w, g) = (&site.inputs[0], &site.inputs[1], site.gradient);
        vec![
            site.wanted[0].then(|| y.graph().apply(Convolve(self.0), &[g, w])),
            site.wanted[1].then(|| y.graph().apply(ConvolveWeight(self.0), &[g, y])),
        ]
    }

    fn scratch(&self, _inputs: &[Shape], _output: &Shape) -> usize {
        self.0.scratch_back()
    }

    fn flops(&self, _inputs: &[Shape], _output: &Shape) -> u64 {
        self.0.flops()
    }

    fn products(&self, _inputs: &[Shape], _output: &Shape) -> Vec<(usize, [usize; 3])> {
        products(&self.0, |[m, k, n]| [m, n, k])
    }
}

impl Primitive for ConvolveWeight {
    const NAME: &'static str = "conv_weight";

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        check(&self.0, inputs, [&self.0.input, &output(&self.0)?])?;
        Ok(Shape::from(self.0.weight()))
    }

    fn run<T: Real>(&self, call: Call<'_, T>) {
        convolve_weight(&self.0, call.inputs[0], call.inputs[1], call.out, call.scratch);
    }

    fn derivative(&self, site: &Site<'_>) -> Vec<Option<Var>> {
        let (x, y, g) = (&site.inputs[0], &site.inputs[1], site.gradient);
        vec![
            site.wanted[0].then(|| x.graph().apply(ConvolveBack(self.0), &[y, g])),
            site.wanted[1].then(|| x.graph().apply(Convolve(self.0), &[x, g])),
        ]
    }

    fn scratch(&self, _inputs: &[Shape], _output: &Shape) -> usize {
        self.0.scratch_weight()
    }

    fn flops(&self, _inputs: &[Shape], _output: &Shape) -> u64 {
        self.0.flops()
    }

    fn products(&self, _inputs: &[Shape], _output: &Shape) -> Vec<(usize, [usize; 3])> {
        products(&self.0, |[m, k, n]| [k, m, n])
    }
}

impl Var {
    /// The convolution of this image `[rows, height, width, channels]` with weights `[height, width, channels of a
    /// group, outputs]`.
    ///
    /// # Panics
    /// When the sizes do not fit the shapes.
    #[must_use]
    #[track_caller]
    pub fn conv(&self, weight: &Self, conv: Conv) -> Self {
        self.graph.apply(Convolve(conv), &[self, weight])
    }

    /// The transposed convolution of this image, whose result is the input of `conv`.
    ///
    /// # Panics
    /// When the sizes do not fit the shapes.
    #[must_use]
    #[track_caller]
    pub fn conv_back(&self, weight: &Self, conv: Conv) -> Self {
        self.graph.apply(ConvolveBack(conv), &[self, weight])
    }
}

gradient_cases! {
    "conv" [[2, 4, 5, 2], [3, 2, 2, 3]] |x| x[0].conv(&x[1], Conv::new([2, 4, 5, 2], [3, 2], 3)).square();
    "conv, stride and padding" [[1, 5, 4, 2], [3, 3, 2, 2]] |x| {
        x[0].conv(&x[1], Conv { stride: [2, 1], padding: [1, 2], ..Conv::new([1, 5, 4, 2], [3, 3], 2) })
    };
    "conv, more padding than the kernel reaches" [[1, 3, 3, 2], [2, 2, 2, 2]] |x| {
        x[0].conv(&x[1], Conv { padding: [2, 0], padding_after: Some([0, 3]), ..Conv::new([1, 3, 3, 2], [2, 2], 2) })
    };
    "conv, dilation and groups" [[1, 5, 6, 4], [2, 2, 2, 4]] |x| {
        x[0].conv(&x[1], Conv { dilation: [2, 3], groups: 2, ..Conv::new([1, 5, 6, 4], [2, 2], 4) })
    };
    "conv, depthwise" [[2, 4, 4, 3], [3, 3, 1, 3]] |x| {
        x[0].conv(&x[1], Conv { padding: [1, 1], groups: 3, ..Conv::new([2, 4, 4, 3], [3, 3], 3) })
    };
    "conv_back" [[1, 2, 3, 3], [2, 2, 2, 3]] |x| {
        x[0].conv_back(&x[1], Conv { stride: [2, 2], ..Conv::new([1, 5, 6, 2], [2, 2], 3) }).tanh()
    };
}
