//! Softmax and cross-entropy in one: the loss of a classifier from its logits, and its derivative.

use tunesmith_tensor::Shape;
use tunesmith_tensor::kernel::{Real, elementwise, reduce, softmax};

use super::pick::{checked, lead};
use crate::op::{Call, Primitive, Site};
use crate::{Var, gradient_cases};

/// `scale` times the sum over rows of `logsumexp(row) - row[label]`.
///
/// With `scale = 1 / rows` this is the mean cross-entropy; a part of a batch uses one over the whole batch's rows.
#[derive(Clone, Copy, Debug)]
pub struct CrossEntropy {
    /// The factor.
    pub scale: f64,
}

/// The derivative of [`CrossEntropy`] by the logits, times an upstream scalar: `scale * (softmax - one_hot)`.
#[derive(Clone, Copy, Debug)]
pub struct CrossEntropyGradient {
    /// The factor.
    pub scale: f64,
}

/// From logits, the largest of each row and the sum of exponentials less it, `[..., 2]`: with many classes, the loss and
/// its derivative read it, so that exponentials are taken once for each and the derivative is one pass.
///
/// Its own derivative is part of theirs.
#[derive(Clone, Copy, Debug)]
struct ExponentialSums;

/// Fewer classes are quicker all together, several rows in a vector.
const MANY: usize = 64;

impl Primitive for ExponentialSums {
    const NAME: &'static str = "exponential_sums";

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        let mut dims = inputs[0].dims().to_vec();
        match dims.last_mut() {
            Some(classes) if *classes > 0 => *classes = 2,
            _ => return Err(format!("there is no class in {}", inputs[0])),
        }
        Ok(Shape::from(dims))
    }

    fn run<T: Real>(&self, call: Call<'_, T>) {
        let classes = *call.shapes[0].dims().last().expect("checked while building");
        softmax::exponential_sums(call.inputs[0], classes, call.out);
    }

    fn derivative(&self, _site: &Site<'_>) -> Vec<Option<Var>> {
        vec![None]
    }

    fn flops(&self, inputs: &[Shape], _output: &Shape) -> u64 {
        4 * inputs[0].numel() as u64
    }
}

/// The number of classes of logits `[..., classes]` with a label per row.
fn classes(inputs: &[Shape]) -> Result<usize, String> {
    match lead(&inputs[0], &inputs[1])? {
        (_, 0) => Err(format!("there is no class in {}", inputs[0])),
        (_, classes) => Ok(classes),
    }
}

impl Primitive for CrossEntropy {
    const NAME: &'static str = "cross_entropy";

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        classes(inputs).map(|_| Shape::scalar())
    }

    fn run<T: Real>(&self, call: Call<'_, T>) {
        let cols = classes(call.shapes).expect("checked while building");
        let logits = call.inputs[0];
        if let Some(sums) = call.inputs.get(1) {
            for (loss, sums) in call.scratch.iter_mut().zip(sums.chunks_exact(2)) {
                *loss = sums[0] + sums[1].ln();
            }
        } else {
            softmax::log_sum_exp(logits, cols, call.scratch);
        }
        for ((loss, row), &label) in
            call.scratch.iter_mut().zip(logits.chunks_exact(cols)).zip(call.indices[0])
        {
            *loss -= row[checked(label, cols)];
        }
        call.out[0] = reduce::sum(call.scratch) * T::from_f64(self.scale);
    }

    fn derivative(&self, site: &Site<'_>) -> Vec<Option<Var>> {
        let gradient = CrossEntropyGradient { scale: self.scale };
        let (logits, rest) = (&site.inputs[0], &site.inputs[1..]);
        let (labels, sums) = (&rest[0], &rest[1..]);
        let operands: Vec<&Var> = [logits, labels, site.gradient].into_iter().chain(sums).collect();
        let mut by = vec![Some(logits.graph().apply(gradient, &operands))];
        by.extend(rest.iter().map(|_| None));
        by
    }

    fn scratch(&self, inputs: &[Shape], _output: &Shape) -> usize {
        inputs[1].numel()
    }

    fn flops(&self, inputs: &[Shape], _output: &Shape) -> u64 {
        5 * inputs[0].numel() as u64
    }
}

impl Primitive for CrossEntropyGradient {
    const NAME: &'static str = "cross_entropy_gradient";

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        classes(inputs).map(|_| inputs[0])
    }

    fn run<T: Real>(&self, call: Call<'_, T>) {
        let cols = classes(call.shapes).expect("checked while building");
        let factor = call.inputs[1][0] * T::from_f64(self.scale);
        if let Some(sums) = call.inputs.get(2) {
            softmax::softmax_by(call.inputs[0], sums, factor, call.out);
            for (row, &label) in call.out.chunks_exact_mut(cols).zip(call.indices[0]) {
                row[checked(label, cols)] -= factor;
            }
            return;
        }
        softmax::softmax(call.inputs[0], cols, call.out);
        for (row, &label) in call.out.chunks_exact_mut(cols).zip(call.indices[0]) {
            row[checked(label, cols)] -= T::ONE;
        }
        elementwise::map_in_place(
            call.out,
            #[inline(always)]
            |x| x * factor,
        );
    }

    fn derivative(&self, site: &Site<'_>) -> Vec<Option<Var>> {
        // With p = softmax(z): d/dz of u * scale * <h, p - e> = u * scale * p * (h - <h, p>).
        let (logits, labels, upstream, h) =
            (&site.inputs[0], &site.inputs[1], &site.inputs[2], site.gradient);
        let p = logits.softmax();
        let inner = (h * &p).sum_last();
        let by_logits = &p * (h - inner) * (upstream * self.scale);
        let by_upstream = || ((h * &p).sum() - h.pick(labels).sum()) * self.scale;
        let by_upstream = || by_upstream().reshape(upstream.shape());
        let mut by = vec![site.wanted[0].then_some(by_logits), None, site.wanted[2].then(by_upstream)];
        by.extend(site.inputs[3..].iter().map(|_| None));
        by
    }

    fn flops(&self, _inputs: &[Shape], output: &Shape) -> u64 {
        6 * output.numel() as u64
    }
}

impl Var {
    /// `scale` times the sum over rows of the cross-entropy between `softmax(logits)` and the labels.
    ///
    /// # Panics
    /// When this is not `[..., classes]` or the labels are not `[...]`.
    #[must_use]
    #[track_caller]
    pub fn cross_entropy(&self, labels: &Self, scale: f64) -> Self {
        let op = CrossEntropy { scale };
        if self.shape().dims().last().is_some_and(|&classes| classes > MANY) {
            let sums = self.apply(ExponentialSums);
            return self.graph.apply(op, &[self, labels, &sums]);
        }
        self.graph.apply(op, &[self, labels])
    }
}

gradient_cases! {
    "cross_entropy" [[5, 3]] |x| x[0].cross_entropy(&crate::gradcheck::labels(&x[0], 3), 0.2);
    "cross_entropy, positions" [[2, 3, 4]] |x| {
        let labels = x[0].graph().index_input("labels", [2, 3]);
        x[0].cross_entropy(&labels, 0.2).exp()
    };
    "cross_entropy, many classes" [[2, 70]] |x| {
        x[0].tanh().cross_entropy(&crate::gradcheck::labels(&x[0], 70), 0.7).exp()
    };
    "cross_entropy, inside" [[4, 3]] |x| x[0].tanh().cross_entropy(&crate::gradcheck::labels(&x[0], 3), 0.7).exp();
}
