//! `Probe`: a loss on given numbers, whole or in parts; what the conformance suite and the parity tests look through.

use std::ops::Range;

use tunesmith_autodiff::{Feed, Graph, Runner, Var};
use tunesmith_core::parity::Numbers;

use super::{Batch, Loss, Targets};

/// A loss, predictions and targets for it, and what rows count.
#[derive(Clone, Debug)]
pub(crate) struct Probe<'a> {
    pub(crate) loss: &'a dyn Loss,
    pub(crate) prediction: Numbers,
    pub(crate) target: Numbers,
    pub(crate) weights: Option<Vec<f64>>,
    /// What is done with the predictions before the loss sees them.
    pub(crate) before: fn(&Var) -> Var,
}

impl Probe<'_> {
    /// Whether the targets are of the loss's kind and fit the predictions.
    pub(crate) fn check(&self) -> Result<(), String> {
        let (prediction, target) = (&self.prediction.shape, &self.target.shape);
        let Some((&classes, lead)) = prediction.split_last().filter(|(_, lead)| !lead.is_empty()) else {
            return Err("predictions are [rows, ...]".into());
        };
        let label = |&label: &f64| {
            let counted = self.loss.label_weights().is_none_or(|weights| !weights.ignores(label as i64));
            !counted || label.fract() == 0.0 && (0.0..classes as f64).contains(&label)
        };
        let labels = self.target.values.iter().all(label);
        let fits = match self.loss.targets() {
            Targets::Classes => target == lead && labels,
            Targets::Binary | Targets::Numbers => target == prediction,
            Targets::Flags => target[..] == lead[..1],
            Targets::Sequences => target.len() == 2 && target[0] == lead[0] && labels,
            Targets::Nothing => target.is_empty(),
        };
        if !fits {
            return Err(format!("a target {target:?} for a prediction {prediction:?} is not used here"));
        }
        if self.weights.as_ref().is_some_and(|weights| weights.len() != lead[0]) {
            return Err("`weights` are not one per row".into());
        }
        let graph = Graph::new();
        self.loss.check(&graph.param("prediction", prediction.clone()))
    }

    fn rows(&self) -> usize {
        self.prediction.shape[0]
    }

    /// What rows count together.
    fn count(&self) -> f64 {
        let classes = self.prediction.shape.last().copied().unwrap_or(0);
        let labels: Vec<i64> = self.target.values.iter().map(|&label| label as i64).collect();
        let positions = labels.len() / self.rows().max(1);
        let row = |row: usize| {
            let own = self.weights.as_ref().map_or(1.0, |weights| weights[row]);
            let labels = || &labels[row * positions..(row + 1) * positions];
            own * self.loss.label_weights().map_or(1.0, |weights| weights.mean_of(labels(), classes))
        };
        (0..self.rows()).map(row).sum()
    }

    /// The part that some rows have of the value, and its derivative by their predictions.
    pub(crate) fn part(&self, rows: Range<usize>) -> (f64, Vec<f64>) {
        let numbers = |numbers: &Numbers| {
            let width: usize = numbers.shape.iter().skip(1).product();
            let shape: Vec<usize> =
                [rows.len()].into_iter().chain(numbers.shape.iter().skip(1).copied()).collect();
            (shape, rows.start * width..rows.end * width)
        };
        let graph = Graph::new();
        let (shape, cells) = numbers(&self.prediction);
        let prediction = graph.param("prediction", shape);
        let (shape, targets) = numbers(&self.target);
        let mut labels: Vec<i64> = Vec::new();
        let target = match self.loss.targets() {
            Targets::Classes | Targets::Sequences => {
                labels.extend(self.target.values[targets].iter().map(|&label| label as i64));
                graph.index_input("target", shape)
            }
            Targets::Binary | Targets::Numbers | Targets::Flags => {
                graph.constant(shape, &self.target.values[targets])
            }
            Targets::Nothing => graph.scalar(0.0),
        };
        let batch = match &self.weights {
            None if self.loss.label_weights().is_none() => Batch::of(self.rows()),
            weights => {
                let share = graph.scalar(1.0 / self.count());
                let weights =
                    weights.as_ref().map(|weights| graph.constant([rows.len()], &weights[rows.clone()]));
                Batch::weighted(&share, weights.as_ref())
            }
        };
        let value = self.loss.value(&(self.before)(&prediction), &target, &batch);
        assert!(value.shape().dims().is_empty(), "a loss is a scalar, not of the shape {}", value.shape());
        let fed: &[&[i64]] = if labels.is_empty() { &[] } else { &[&labels] };
        let mut runner = Runner::<f64>::new(graph.plan_training(&value, &[]));
        let mut gradient = vec![0.0; cells.len()];
        let params = &self.prediction.values[cells];
        runner.run_training(Feed { params, indices: fed, ..Feed::default() }, &mut gradient);
        (runner.loss(), gradient)
    }

    /// The value over all rows and its derivative by the predictions.
    pub(crate) fn whole(&self) -> (f64, Vec<f64>) {
        self.part(0..self.rows())
    }

    /// The same as the sum of two parts.
    pub(crate) fn in_parts(&self, middle: usize) -> (f64, Vec<f64>) {
        let ((a, mut first), (b, second)) = (self.part(0..middle), self.part(middle..self.rows()));
        first.extend(second);
        (a + b, first)
    }
}
