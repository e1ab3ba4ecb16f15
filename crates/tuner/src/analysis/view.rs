//! `View`: a history as one of its objectives sees it.

use crate::{History, TrialRecord, TrialState};

/// A history as one of its objectives sees it: the first, unless another is asked for.
///
/// ```
/// use tunesmith_core::Space;
/// use tunesmith_tuner::analysis::{View, tables::optimization_history};
/// use tunesmith_tuner::{Direction, History, TrialRecord, TrialState};
/// let directions = [Direction::Maximize, Direction::Minimize]; // accuracy, milliseconds
/// let mut history = History::of_objectives(Space::new(), &directions);
/// for (number, (accuracy, milliseconds)) in [(0.8, 3.0), (0.9, 5.0)].into_iter().enumerate() {
///     let mut trial = TrialRecord::new(number as u64);
///     trial.state = TrialState::Complete;
///     (trial.value, trial.further) = (Some(accuracy), vec![milliseconds]);
///     history.put(trial);
/// }
/// assert_eq!(optimization_history(&history, 100).rows[1].best, Some(0.9));
/// assert_eq!(optimization_history(View::of_objective(&history, 1), 100).rows[1].best, Some(3.0));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    pub(super) history: &'a History,
    objective: usize,
}

impl<'a> From<&'a History> for View<'a> {
    fn from(history: &'a History) -> Self {
        Self { history, objective: 0 }
    }
}

impl<'a> View<'a> {
    /// The history as the objective of that number sees it.
    ///
    /// # Panics
    /// When there are not as many objectives.
    #[must_use]
    #[track_caller]
    pub fn of_objective(history: &'a History, objective: usize) -> Self {
        let n = history.directions().len();
        assert!(objective < n, "there is no objective {objective}, the search has {n}");
        Self { history, objective }
    }

    /// The loss of each trial, NaN where it is not complete: what importance is asked of.
    #[must_use]
    pub fn complete_losses(&self) -> Vec<f64> {
        let loss = |trial: &TrialRecord| match trial.state {
            TrialState::Complete => self.loss(trial).unwrap_or(f64::NAN),
            _ => f64::NAN,
        };
        self.trials().iter().map(loss).collect()
    }

    pub(super) fn trials(&self) -> &'a [TrialRecord] {
        self.history.trials()
    }

    /// The trial's value as something to make small, if it is a finite one.
    pub(super) fn loss(&self, trial: &TrialRecord) -> Option<f64> {
        let loss = match self.objective {
            0 => self.history.loss(trial),
            further => self.history.losses(trial).map(|losses| losses[further]),
        };
        loss.filter(|loss| loss.is_finite())
    }

    /// A loss in the objective's unit, and back.
    pub(super) fn unit(&self, loss: f64) -> f64 {
        self.history.directions()[self.objective].loss(loss)
    }

    /// The trial's value in the objective's unit, if it is a finite one.
    pub(super) fn value(&self, trial: &TrialRecord) -> Option<f64> {
        self.loss(trial).map(|loss| self.unit(loss))
    }

    /// The places of the complete trials that were better than all before them: a trial that keeps its constraints is
    /// better than any that breaks them, and less broken is better.
    pub(crate) fn incumbents(&self) -> Vec<usize> {
        let mut best = (f64::INFINITY, f64::INFINITY);
        let mut improves = |place: usize, loss: f64| {
            let own = (self.history.violation(self.trials()[place].number), loss);
            let improves = loss.is_finite() && own < best;
            best = if improves { own } else { best };
            improves
        };
        let losses = self.complete_losses();
        losses
            .into_iter()
            .enumerate()
            .filter(|&(place, loss)| improves(place, loss))
            .map(|(place, _)| place)
            .collect()
    }
}
