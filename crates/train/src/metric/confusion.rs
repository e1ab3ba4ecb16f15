//! The confusion matrix: which class was taken for which.

use super::Predictions;

/// Counts of rows by right and predicted class.
///
/// ```
/// use tunesmith_train::{Confusion, Predictions, Truth};
/// let truth = Truth::Classes { codes: &[0, 0, 1], count: 2 };
/// let confusion = Confusion::of(&Predictions { values: &[0.2, 0.7, 0.9], outputs: 1, truth }).unwrap();
/// assert_eq!(confusion.count(0, 1), 1); // one row of class 0 was taken for class 1
/// assert_eq!(confusion.recall(1), 1.0);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Confusion {
    classes: usize,
    counts: Vec<u64>,
}

impl Confusion {
    /// The counts for some predictions; `None` when they are numbers, or not of the classes that are right.
    #[must_use]
    pub fn of(predictions: &Predictions<'_>) -> Option<Self> {
        let (codes, classes) = predictions.codes()?;
        let outputs = predictions.outputs;
        if !(outputs == 1 || outputs == classes) || predictions.values.len() != codes.len() * outputs {
            return None;
        }
        let mut counts = vec![0; classes * classes];
        for (&right, guess) in codes.iter().zip(predictions.classes()) {
            counts[right as usize * classes + guess as usize] += 1;
        }
        Some(Self { classes, counts })
    }

    /// How many classes there are.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Rows of the class `right` that were taken for `guess`.
    #[must_use]
    pub fn count(&self, right: usize, guess: usize) -> u64 {
        self.counts[right * self.classes + guess]
    }

    /// Rows of a class.
    #[must_use]
    pub fn support(&self, class: usize) -> u64 {
        (0..self.classes).map(|guess| self.count(class, guess)).sum()
    }

    /// Rows taken for a class.
    #[must_use]
    pub fn predicted(&self, class: usize) -> u64 {
        (0..self.classes).map(|right| self.count(right, class)).sum()
    }

    /// Share of a class's rows that is recognised; 0 for a class without rows.
    #[must_use]
    pub fn recall(&self, class: usize) -> f64 {
        share(self.count(class, class), self.support(class))
    }

    /// Share of the rows taken for a class that is of it; 0 when none was.
    #[must_use]
    pub fn precision(&self, class: usize) -> f64 {
        share(self.count(class, class), self.predicted(class))
    }

    /// The harmonic mean of precision and recall; 0 when both are.
    #[must_use]
    pub fn f1(&self, class: usize) -> f64 {
        share(2 * self.count(class, class), self.support(class) + self.predicted(class))
    }

    /// The counts as rows, one per right class.
    #[must_use]
    pub fn rows(&self) -> Vec<Vec<u64>> {
        self.counts.chunks(self.classes.max(1)).map(<[u64]>::to_vec).collect()
    }
}

/// Part of a whole; zero of nothing, as in scikit-learn.
fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}
