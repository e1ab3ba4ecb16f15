//! `Outcome`: how a trial ended.

use std::fmt::Display;
use std::time::SystemTime;

use crate::{TrialRecord, TrialState};

/// How a trial ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// With a value. A value that is not a number counts as diverged.
    Complete(f64),
    /// With a value for each of the study's objectives.
    Values(Vec<f64>),
    /// Stopped for now, on the word of the scheduler; its last report is its value until it goes on.
    Paused,
    /// Stopped early, on the word of the pruner; its last report is its value.
    Pruned,
    /// Its numbers left the finite: a lesson for the sampler, not an error.
    Diverged {
        /// The step at which it was seen.
        step: u64,
        /// What was seen: "the loss is NaN".
        reason: String,
    },
    /// With an error that says nothing about its settings.
    Failed {
        /// The error's message.
        reason: String,
    },
    /// Not at all: the trial waits to be run again from its start.
    Interrupted,
}

impl Outcome {
    /// Ends a running trial.
    pub(crate) fn record_in(self, trial: &mut TrialRecord, objectives: usize) {
        trial.finished = Some(SystemTime::now());
        trial.state = match self {
            Self::Complete(value) => return Self::Values(vec![value]).record_in(trial, objectives),
            Self::Values(values) if values.len() != objectives => {
                let plural = |n: usize| if n == 1 { "" } else { "s" };
                trial.reason = Some(format!(
                    "the objective returned {} value{}, the study has {objectives} objective{}",
                    values.len(),
                    plural(values.len()),
                    plural(objectives)
                ));
                TrialState::Failed
            }
            Self::Values(values) if values.iter().any(|value| value.is_nan()) => {
                trial.diverged_at = Some(trial.last_report().map_or(0, |(step, _)| step));
                trial.reason = Some("the value is not a number".to_owned());
                TrialState::Diverged
            }
            Self::Values(values) => {
                let mut values = values.into_iter();
                trial.value = values.next();
                trial.further = values.collect();
                TrialState::Complete
            }
            Self::Paused | Self::Pruned => {
                trial.value = trial.last_report().map(|(_, value)| value).filter(|value| !value.is_nan());
                if self == Self::Paused { TrialState::Paused } else { TrialState::Pruned }
            }
            Self::Diverged { step, reason } => {
                trial.diverged_at = Some(step);
                trial.reason = Some(reason);
                TrialState::Diverged
            }
            Self::Failed { reason } => {
                trial.reason = Some(reason);
                TrialState::Failed
            }
            Self::Interrupted => {
                trial.finished = None;
                return trial.put_back();
            }
        };
    }
}

impl From<f64> for Outcome {
    fn from(value: f64) -> Self {
        Self::Complete(value)
    }
}

impl From<Vec<f64>> for Outcome {
    fn from(values: Vec<f64>) -> Self {
        Self::Values(values)
    }
}

/// What an objective may return: a value, one for each objective, an [`Outcome`], or a `Result` of one of them.
///
/// ```
/// use tunesmith_tuner::{IntoOutcome, Outcome};
/// assert_eq!(0.5.into_outcome(), Outcome::Complete(0.5));
/// assert_eq!(Err::<f64, _>("no such file").into_outcome(), Outcome::Failed { reason: "no such file".into() });
/// ```
pub trait IntoOutcome {
    /// The outcome it stands for.
    fn into_outcome(self) -> Outcome;
}

impl IntoOutcome for f64 {
    fn into_outcome(self) -> Outcome {
        Outcome::Complete(self)
    }
}

impl IntoOutcome for Vec<f64> {
    fn into_outcome(self) -> Outcome {
        Outcome::Values(self)
    }
}

impl<const N: usize> IntoOutcome for [f64; N] {
    fn into_outcome(self) -> Outcome {
        Outcome::Values(self.to_vec())
    }
}

impl IntoOutcome for Outcome {
    fn into_outcome(self) -> Outcome {
        self
    }
}

impl<T: IntoOutcome, E: Display> IntoOutcome for Result<T, E> {
    fn into_outcome(self) -> Outcome {
        match self {
            Ok(inner) => inner.into_outcome(),
            Err(error) => Outcome::Failed { reason: error.to_string() },
        }
    }
}
