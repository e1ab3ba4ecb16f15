//! Cross-entropy row by row, with class weights, an ignored label and label smoothing.

use tunesmith_tensor::Shape;
use tunesmith_tensor::kernel::{Real, softmax};

use super::class_weights::ClassWeights;
use super::pick::{extended, lead};
use crate::op::{Call, Primitive, Site};
use crate::{Var, gradient_cases};

/// What a label asks of a row of probabilities: most of its own class, a little of every class, weighted.
///
/// The target of a row with label `y` among `k` classes is `(1 - smoothing) w[y]` at `y` plus `smoothing w[c] / k` at
/// every class `c`, as in PyTorch; all zero where the label is ignored.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LabelTargets {
    /// What labels count.
    pub weights: ClassWeights,
    /// The share spread over all classes, from 0 to 1.
    pub smoothing: f64,
}

impl LabelTargets {
    /// The share at the label itself, and the sum of a row's targets; `None` for an ignored label.
    fn of(&self, label: i64, classes: usize) -> Option<(f64, f64)> {
        let own = (1.0 - self.smoothing) * self.weights.of(label, classes)?;
        Some((own, own + self.smoothing * self.weights.total(classes) / classes as f64))
    }

    /// The share every class gets.
    fn spread(&self, class: usize, classes: usize) -> f64 {
        self.smoothing * self.weights.of_class(class) / classes as f64
    }

    /// The axes of the rows of logits `[..., classes]`, and the number of classes.
    fn rows<'a>(&self, inputs: &'a [Shape]) -> Result<(&'a [usize], usize), String> {
        let (lead, classes) = lead(&inputs[0], &inputs[1])?;
        if classes == 0 {
            return Err(format!("there is no class in {}", inputs[0]));
        }
        self.weights.fits(classes).map(|()| (lead, classes))
    }
}

/// From logits `[..., classes]` and a label per row, `-<target, ln softmax(row)>` of every row, `[...]`.
#[derive(Clone, Debug)]
pub struct RowCrossEntropy {
    /// What labels ask for.
    pub targets: LabelTargets,
}

/// The derivative of [`RowCrossEntropy`] by the logits: `upstream * (sum(target) softmax - target)` of every row.
#[derive(Clone, Debug)]
pub struct RowCrossEntropyGradient {
    /// What labels ask for.
    pub targets: LabelTargets,
}

/// The targets of every row as numbers, `[..., classes]`, from labels `[...]`.
#[derive(Clone, Debug)]
pub struct TargetRows {
    /// What labels ask for.
    pub targets: LabelTargets,
    /// The number of classes.
    pub classes: usize,
}

impl Primitive for RowCrossEntropy {
    const NAME: &'static str = "row_cross_entropy";

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        self.targets.rows(inputs).map(|(rows, _)| Shape::from(rows))
    }

    fn run<T: Real>(&self, call: Call<'_, T>) {
        let (_, cols) = self.targets.rows(call.shapes).expect("checked while building");
        softmax::log_sum_exp(call.inputs[0], cols, call.out);
        let rows = call.out.iter_mut().zip(call.inputs[0].chunks_exact(cols));
        for ((out, row), &label) in rows.zip(call.indices[0]) {
            let Some((own, _)) = self.targets.of(label, cols) else {
                *out = T::ZERO;
                continue;
            };
            let log_sum = *out;
            *out = (log_sum - row[label as usize]) * T::from_f64(own);
            if self.targets.smoothing > 0.0 {
                for (class, &logit) in row.iter().enumerate() {
                    *out += (log_sum - logit) * T::from_f64(self.targets.spread(class, cols));
                }
            }
        }
    }

    fn derivative(&self, site: &Site<'_>) -> Vec<Option<Var>> {
        let gradient = RowCrossEntropyGradient { targets: self.targets.clone() };
        let (logits, labels) = (&site.inputs[0], &site.inputs[1]);
        vec![Some(logits.graph().apply(gradient, &[logits, labels, site.gradient])), None]
    }

    fn flops(&self, inputs: &[Shape], _output: &Shape) -> u64 {
        5 * inputs[0].numel() as u64
    }
}

impl Primitive for RowCrossEntropyGradient {
    const NAME: &'static str = "row_cross_entropy_gradient";

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        self.targets.rows(inputs).map(|_| inputs[0])
    }

    fn run<T: Real>(&self, call: Call<'_, T>) {
        let (_, cols) = self.targets.rows(call.shapes).expect("checked while building");
        softmax::softmax(call.inputs[0], cols, call.out);
        let rows = call.out.chunks_exact_mut(cols).zip(call.inputs[1]);
        for ((row, &upstream), &label) in rows.zip(call.indices[0]) {
            let Some((own, sum)) = self.targets.of(label, cols) else {
                row.fill(T::ZERO);
                continue;
            };
            let factor = upstream * T::from_f64(sum);
            row.iter_mut().for_each(|p| *p *= factor);
            row[label as usize] -= upstream * T::from_f64(own);
            if self.targets.smoothing > 0.0 {
                for (class, slope) in row.iter_mut().enumerate() {
                    *slope -= upstream * T::from_f64(self.targets.spread(class, cols));
                }
            }
        }
    }

    fn derivative(&self, site: &Site<'_>) -> Vec<Option<Var>> {
        // With p = softmax(z), t the target, s its sum: d/dz of u <h, s p - t> = u s p (h - <h, p>).
        let (logits, labels, upstream, h) =
            (&site.inputs[0], &site.inputs[1], &site.inputs[2], site.gradient);
        let classes = *logits.shape().dims().last().expect("checked while building");
        let rows = TargetRows { targets: self.targets.clone(), classes };
        let targets = logits.graph().apply(rows, &[labels]);
        let sums = targets.sum_last();
        let p = logits.softmax();
        let by_logits = || {
            let factor = upstream.reshape(sums.shape()) * &sums;
            &p * (h - (h * &p).sum_last()) * factor
        };
        let by_upstream = || (h * (&p * &sums - &targets)).sum_last().reshape(upstream.shape());
        vec![site.wanted[0].then(by_logits), None, site.wanted[2].then(by_upstream)]
    }

    fn flops(&self, _inputs: &[Shape], output: &Shape) -> u64 {
        6 * output.numel() as u64
    }
}

impl Primitive for TargetRows {
    const NAME: &'static str = "target_rows";

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        self.targets.weights.fits(self.classes)?;
        extended(&inputs[0], &inputs[0], self.classes)
    }

    fn run<T: Real>(&self, call: Call<'_, T>) {
        for (row, &label) in call.out.chunks_exact_mut(self.classes).zip(call.indices[0]) {
            row.fill(T::ZERO);
            let Some((own, _)) = self.targets.of(label, self.classes) else { continue };
            for (class, target) in row.iter_mut().enumerate() {
                *target = T::from_f64(self.targets.spread(class, self.classes));
            }
            row[label as usize] += T::from_f64(own);
        }
    }

    fn derivative(&self, _site: &Site<'_>) -> Vec<Option<Var>> {
        vec![None]
    }
}

impl Var {
    /// The cross-entropy of every row of logits `[..., classes]` with its label, `[...]`.
    ///
    /// ```
    /// use tunesmith_autodiff::{Feed, Graph, Runner, ops::row_cross_entropy::LabelTargets};
    /// let graph = Graph::new();
    /// let (logits, labels) = (graph.param("logits", [2, 2]), graph.index_input("labels", [2]));
    /// let each = logits.row_cross_entropy(&labels, &LabelTargets::default());
    /// let mut runner = Runner::<f64>::new(graph.plan(&[&each]));
    /// runner.run(Feed { params: &[0.0; 4], indices: &[&[0, 1]], ..Feed::default() });
    /// assert!(runner.output(0).iter().all(|loss| (loss - 2_f64.ln()).abs() < 1e-15));
    /// ```
    ///
    /// # Panics
    /// When this is not `[..., classes]`, the labels are not `[...]`, or the weights are not one per class.
    #[must_use]
    #[track_caller]
    pub fn row_cross_entropy(&self, labels: &Self, targets: &LabelTargets) -> Self {
        self.graph.apply(RowCrossEntropy { targets: targets.clone() }, &[self, labels])
    }
}

gradient_cases! {
    "row_cross_entropy" [[5, 3]] |x|
        x[0].row_cross_entropy(&crate::gradcheck::labels(&x[0], 3), &LabelTargets::default());
    "row_cross_entropy, positions, smoothed" [[2, 2, 3]] |x| {
        let labels = x[0].graph().index_input("labels", [2, 2]);
        x[0].row_cross_entropy(&labels, &LabelTargets { smoothing: 0.3, ..LabelTargets::default() }).square()
    };
    "row_cross_entropy, weighted, smoothed, one ignored" [[5, 4], [5]] |x| {
        let weights = ClassWeights::new(&[0.5, 2.0, 1.0, 0.7], Some(2));
        let targets = LabelTargets { weights, smoothing: 0.2 };
        (&x[0] * 1.5).row_cross_entropy(&crate::gradcheck::labels(&x[0], 4), &targets) * x[1].tanh()
    };
}
