//! `StopRule`: when a search has found what it will find.

use std::f64::consts::PI;

use crate::analysis::View;
use crate::samplers::regret_left;
use crate::{History, TrialState};

/// When a search may end before its budget does. Of several objectives the first counts.
///
/// ```
/// use tunesmith_core::Space;
/// use tunesmith_tuner::{Direction, History, StopReason, StopRule, TrialRecord, TrialState};
/// let mut history = History::new(Space::new(), Direction::Maximize);
/// for (number, value) in [0.5, 0.9, 0.6, 0.7].into_iter().enumerate() {
///     let mut trial = TrialRecord::new(number as u64);
///     (trial.state, trial.value) = (TrialState::Complete, Some(value));
///     history.put(trial);
/// }
/// assert_eq!(StopRule::Target(0.9).check(&history), Some(StopReason::Target { trial: 1 }));
/// let rule = StopRule::NoProgress { trials: 2, least: 0.0 };
/// assert_eq!(rule.check(&history), Some(StopReason::NoProgress { trials: 2, best: 1 }));
/// assert_eq!(StopRule::NoProgress { trials: 3, least: 0.0 }.check(&history), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum StopRule {
    /// A complete trial that keeps its constraints is at least as good as this value, in the objective's unit.
    Target(f64),
    /// So many trials ended since the last that was better than all before it.
    NoProgress {
        /// How many, those that were pruned or diverged too, failed ones not.
        trials: u64,
        /// By how much better a trial must be to count; 0 for any.
        least: f64,
    },
    /// No setting is better than the best trial by as much as this, in the objective's unit, as a Gaussian process sees it
    /// with a probability of nine in ten (Makarova et al. 2022, arXiv 2104.08166).
    ///
    /// A good choice is the standard error with which a value is known: [`cross_validation_noise`], or the deviation over
    /// seeds; what is left to gain below that could not be told from chance. Each check fits a model, in milliseconds for
    /// ten trials and tenths of a second for two hundred: for objectives that take longer than that.
    RegretBound {
        /// What is not worth searching for.
        error: f64,
    },
}

/// Why a search may end.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum StopReason {
    /// The target was reached.
    Target {
        /// The first trial that reached it.
        trial: u64,
    },
    /// Nothing got better.
    NoProgress {
        /// In so many trials.
        trials: u64,
        /// Since this one.
        best: u64,
    },
    /// What is left to gain is less than what can be told apart.
    RegretBound {
        /// The most that is left, with high probability, in the unit of the losses.
        regret: f64,
        /// The error with which a loss is known.
        noise: f64,
    },
}

impl StopRule {
    /// The reason to end the search now, if there is one.
    #[must_use]
    pub fn check(&self, history: &History) -> Option<StopReason> {
        match *self {
            Self::Target(target) => {
                let target = history.direction().loss(target);
                let losses = View::from(history).complete_losses();
                let mut reached = history.trials().iter().zip(losses).filter(|(_, loss)| *loss <= target);
                let (first, _) = reached.find(|(trial, _)| history.violation(trial.number) == 0.0)?;
                Some(StopReason::Target { trial: first.number })
            }
            Self::NoProgress { trials, least } => {
                let known = history.trials();
                let mut last = (f64::INFINITY, f64::INFINITY, None);
                for trial in View::from(history).incumbents().into_iter().map(|place| &known[place]) {
                    let (violation, loss) = (history.violation(trial.number), history.loss(trial)?);
                    if violation < last.0 || loss < last.1 - least {
                        last = (violation, loss, Some(trial.number));
                    }
                }
                let best = last.2?;
                let ended =
                    |state| matches!(state, TrialState::Complete | TrialState::Pruned | TrialState::Diverged);
                let since =
                    known.iter().filter(|trial| trial.number > best && ended(trial.state)).count() as u64;
                (since >= trials).then_some(StopReason::NoProgress { trials: since, best })
            }
            Self::RegretBound { error } => regret_bound(regret_left(history)?, 0.0, error),
        }
    }
}

/// Whether what is left to gain is below the noise, given a model's bounds on the function to make large: `ucb_max`, the
/// largest upper bound anywhere in the space, and `lcb_best`, the largest lower bound among the points that were tried.
///
/// Both bounds are mean ± sqrt(beta) standard deviations with [`confidence_beta`]; the noise is
/// [`cross_validation_noise`], or the standard error of the mean over seeds (Makarova et al. 2022, Automatic Termination
/// for Hyperparameter Optimization).
///
/// ```
/// use tunesmith_tuner::{StopReason, regret_bound};
/// assert_eq!(regret_bound(0.95, 0.5, 0.01), None);
/// assert!(matches!(regret_bound(0.905, 0.9, 0.01), Some(StopReason::RegretBound { .. })));
/// ```
#[must_use]
pub fn regret_bound(ucb_max: f64, lcb_best: f64, noise: f64) -> Option<StopReason> {
    let regret = ucb_max - lcb_best;
    (regret < noise).then_some(StopReason::RegretBound { regret, noise })
}

/// How many variances wide a confidence bound is after `n` trials in `d` dimensions, to be wrong with probability
/// `delta` at most: 2 ln(d n^2 pi^2 / (6 delta)) / 5 (Srinivas et al. 2010, theorem 1, with the factor 1/5 they found
/// enough in practice).
///
/// ```
/// assert!((tunesmith_tuner::confidence_beta(100, 4, 0.1) - 5.358).abs() < 1e-3);
/// ```
#[must_use]
pub fn confidence_beta(n: usize, d: usize, delta: f64) -> f64 {
    2.0 * (d as f64 * (n as f64).powi(2) * PI * PI / (6.0 * delta)).ln() / 5.0
}

/// The standard error of a mean over `k` folds that share training data: sqrt(1/k + 1/(k - 1)) times the standard
/// deviation over folds (Nadeau & Bengio 2003).
///
/// ```
/// assert!((tunesmith_tuner::cross_validation_noise(5, 0.1) - 0.067_082).abs() < 1e-6);
/// ```
///
/// # Panics
/// When there are fewer than two folds.
#[must_use]
#[track_caller]
pub fn cross_validation_noise(k: usize, deviation: f64) -> f64 {
    assert!(k >= 2, "the spread over folds needs at least two, found {k}");
    (1.0 / k as f64 + 1.0 / (k - 1) as f64).sqrt() * deviation
}
