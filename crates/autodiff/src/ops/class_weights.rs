//! `ClassWeights`: how much each class counts and which label counts for nothing; picking by label with such weights.

use std::sync::Arc;

use tunesmith_tensor::Shape;
use tunesmith_tensor::kernel::Real;

use super::pick::{checked, extended, lead};
use crate::op::{Call, Primitive, Site};
use crate::{Var, gradient_cases};

/// How much each class counts, and which label counts for nothing.
///
/// ```
/// use tunesmith_autodiff::ops::class_weights::ClassWeights;
/// let weights = ClassWeights::new(&[1.0, 2.0], Some(-100));
/// assert_eq!([0, 1, -100].map(|label| weights.of(label, 2)), [Some(1.0), Some(2.0), None]);
/// assert!(ClassWeights::default().even());
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClassWeights {
    weights: Option<Arc<[f64]>>,
    ignored: Option<i64>,
}

impl ClassWeights {
    /// A weight per class, none for classes that count alike; and the label that counts for nothing.
    #[must_use]
    pub fn new(weights: &[f64], ignored: Option<i64>) -> Self {
        let weights = (!weights.is_empty()).then(|| weights.into());
        Self { weights, ignored }
    }

    /// Whether every label counts one.
    #[must_use]
    pub fn even(&self) -> bool {
        self.weights.is_none() && self.ignored.is_none()
    }

    /// The weights by class; `None` when classes count alike.
    #[must_use]
    pub fn weights(&self) -> Option<&[f64]> {
        self.weights.as_deref()
    }

    /// Whether a label counts for nothing.
    #[must_use]
    pub fn ignores(&self, label: i64) -> bool {
        self.ignored == Some(label)
    }

    /// How much a label counts; `None` for the ignored one.
    ///
    /// # Panics
    /// When the label is neither ignored nor one of `classes` classes.
    #[must_use]
    #[track_caller]
    pub fn of(&self, label: i64, classes: usize) -> Option<f64> {
        if self.ignores(label) {
            return None;
        }
        Some(self.of_class(checked(label, classes)))
    }

    /// What the labels of a row count on average: its share in a mean over rows.
    ///
    /// # Panics
    /// As for [`ClassWeights::of`].
    #[must_use]
    #[track_caller]
    pub fn mean_of(&self, labels: &[i64], classes: usize) -> f64 {
        let sum: f64 = labels.iter().map(|&label| self.of(label, classes).unwrap_or(0.0)).sum();
        sum / labels.len().max(1) as f64
    }

    /// How much a class counts that is known to be one.
    pub(super) fn of_class(&self, class: usize) -> f64 {
        self.weights.as_ref().map_or(1.0, |weights| weights[class])
    }

    /// The weights of all classes together.
    pub(super) fn total(&self, classes: usize) -> f64 {
        self.weights.as_ref().map_or(classes as f64, |weights| weights.iter().sum())
    }

    /// Whether there is a weight for each of so many classes.
    pub(super) fn fits(&self, classes: usize) -> Result<(), String> {
        match &self.weights {
            Some(weights) if weights.len() != classes => {
                Err(format!("{} class weights do not fit {classes} classes", weights.len()))
            }
            _ => Ok(()),
        }
    }
}

/// From `[..., classes]` and a label per row, each row's element at its label times the label's weight, `[...]`; zero for
/// an ignored label.
#[derive(Clone, Debug)]
pub struct WeightedPick {
    /// What labels count.
    pub weights: ClassWeights,
}

/// From `[...]` and a label per value, `[..., cols]` with each value times its label's weight at the label, zeros
/// elsewhere.
#[derive(Clone, Debug)]
pub struct WeightedPlace {
    /// What labels count.
    pub weights: ClassWeights,
    /// The number of classes.
    pub cols: usize,
}

impl Primitive for WeightedPick {
    const NAME: &'static str = "weighted_pick";

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        let (lead, cols) = lead(&inputs[0], &inputs[1])?;
        self.weights.fits(cols).map(|()| Shape::from(lead))
    }

    fn run<T: Real>(&self, call: Call<'_, T>) {
        let (_, cols) = lead(&call.shapes[0], &call.shapes[1]).expect("checked while building");
        let rows = call.out.iter_mut().zip(call.inputs[0].chunks_exact(cols));
        for ((out, row), &label) in rows.zip(call.indices[0]) {
            *out = self
                .weights
                .of(label, cols)
                .map_or(T::ZERO, |weight| row[label as usize] * T::from_f64(weight));
        }
    }

    fn derivative(&self, site: &Site<'_>) -> Vec<Option<Var>> {
        let cols = *site.inputs[0].shape().dims().last().expect("checked while building");
        let place = WeightedPlace { weights: self.weights.clone(), cols };
        vec![Some(site.gradient.graph().apply(place, &[site.gradient, &site.inputs[1]])), None]
    }
}

impl Primitive for WeightedPlace {
    const NAME: &'static str = "weighted_place";

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        self.weights.fits(self.cols)?;
        extended(&inputs[0], &inputs[1], self.cols)
    }

    fn run<T: Real>(&self, call: Call<'_, T>) {
        call.out.fill(T::ZERO);
        let rows = call.out.chunks_exact_mut(self.cols);
        for ((row, &value), &label) in rows.zip(call.inputs[0]).zip(call.indices[0]) {
            if let Some(weight) = self.weights.of(label, self.cols) {
                row[label as usize] = value * T::from_f64(weight);
            }
        }
    }

    fn derivative(&self, site: &Site<'_>) -> Vec<Option<Var>> {
        vec![Some(site.gradient.weighted_pick(&site.inputs[1], &self.weights)), None]
    }
}

impl Var {
    /// The element of each row at that row's label, times what the label counts; zero for an ignored label.
    ///
    /// # Panics
    /// When this is not `[..., classes]`, the labels are not `[...]`, or the weights are not one per class.
    #[must_use]
    #[track_caller]
    pub fn weighted_pick(&self, labels: &Self, weights: &ClassWeights) -> Self {
        self.graph.apply(WeightedPick { weights: weights.clone() }, &[self, labels])
    }
}

gradient_cases! {
    "weighted_pick" [[5, 3]] |x| {
        let weights = ClassWeights::new(&[0.5, 2.0, 1.0], Some(2));
        x[0].square().weighted_pick(&crate::gradcheck::labels(&x[0], 3), &weights)
    };
}
