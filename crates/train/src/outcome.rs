//! How a training ended, and what it hands back.

use std::fmt;

use tunesmith_nn::Sequential;

use crate::history::History;

/// How a training ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// All epochs were run.
    Finished,
    /// A callback or the reporter ended it early.
    Stopped,
    /// A number left the finite.
    Diverged {
        /// The epoch, from 0.
        epoch: usize,
        /// The step, from 0.
        step: usize,
        /// What was seen.
        reason: String,
    },
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Finished => f.write_str("finished"),
            Self::Stopped => f.write_str("stopped early"),
            Self::Diverged { epoch, reason, .. } => write!(f, "diverged in epoch {}: {reason}", epoch + 1),
        }
    }
}

/// A trained model.
#[derive(Clone, Debug)]
pub struct Fitted {
    /// The model.
    pub model: Sequential,
    /// Its parameters, in the order of [`Sequential::params`].
    pub params: Vec<f32>,
    /// What was measured after each epoch.
    pub history: History,
    /// The epoch the parameters are of, from 0: the last, unless a callback handed back others.
    pub kept_epoch: usize,
    /// How the training ended.
    pub outcome: Outcome,
    /// How long it took.
    pub seconds: f64,
}
