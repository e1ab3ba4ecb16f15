//! `Standing`: how trials compare when one must be preferred to another.

use std::cmp::Ordering;

use crate::{History, TrialRecord, TrialState};

/// What orders trials, better first: complete ones by loss, those that stopped early by how far they came and then by
/// how well they stood there, complete ones that break constraints by how much, diverged ones (and values that are not
/// numbers) by how far they came.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Standing {
    class: u8,
    first: f64,
    second: f64,
}

impl Standing {
    /// The trial's standing, of the first objective if there are several; `None` while it runs or waits and when it
    /// failed: such a trial teaches nothing.
    pub(super) fn of(trial: &TrialRecord, history: &History) -> Option<Self> {
        // Zero and minus zero are one value, and `total_cmp` must not tell them apart.
        let loss = history.loss(trial).filter(|loss| !loss.is_nan()).map(|loss| loss + 0.0);
        let (class, first, second) = match (trial.state, loss) {
            (TrialState::Complete, Some(loss)) => match history.violation(trial.number) {
                0.0 => (0, loss, 0.0),
                violation => (2, violation, loss),
            },
            (TrialState::Pruned | TrialState::Paused, loss) => {
                let step = trial.last_report().map_or(1.0, |(step, _)| -(step as f64));
                (1, step, loss.unwrap_or(f64::INFINITY))
            }
            (TrialState::Complete | TrialState::Diverged, _) => {
                (3, -(trial.diverged_at.unwrap_or(0) as f64), 0.0)
            }
            (TrialState::Running | TrialState::Waiting | TrialState::Failed, _) => return None,
        };
        Some(Self { class, first, second })
    }

    /// The loss of a complete trial that keeps its constraints; infinite for the others.
    pub(super) fn loss(self) -> f64 {
        if self.class == 0 { self.first } else { f64::INFINITY }
    }

    /// Better first.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        let classes = self.class.cmp(&other.class);
        classes.then(self.first.total_cmp(&other.first)).then(self.second.total_cmp(&other.second))
    }
}
