//! Patience: another rule is asked only once a trial has stopped getting better.

use tunesmith_core::{Describe, Flow, Generator, Param, Plug, Table, find, register};

use super::settings::count;
use crate::{History, Next, PrunerEntry, Scheduler, TrialRecord};

/// Lets a trial go on as long as it gets better, and asks another rule (or, without one, stops it) when none of its last
/// `patience + 1` reports has come near its best before them.
///
/// Settings and edge cases are those of Optuna's `PatientPruner`, which has no default for the patience. A rule that
/// pauses may be wrapped too; which paused trial goes on is then its decision alone.
///
/// ```
/// use tunesmith_core::{Flow, Space};
/// use tunesmith_tuner::{Direction, History, Scheduler, TrialRecord, pruners::Patient};
/// let history = History::new(Space::new(), Direction::Minimize);
/// let alone = Patient { pruner: None, patience: 1, min_delta: 0.0 };
/// let mut trial = TrialRecord::new(0);
/// let mut judge = |step, value| {
///     trial.report(step, value);
///     alone.judge(&trial, &history)
/// };
/// assert_eq!([judge(0, 0.5), judge(1, 0.6)], [Flow::Continue; 2]);
/// assert_eq!(judge(2, 0.7), Flow::Stop); // twice worse than 0.5
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Patient {
    /// The rule that is asked then; without one the trial stops.
    pub pruner: Option<Plug>,
    /// So many reports more than one may bring nothing.
    pub patience: usize,
    /// How much worse than the best a report may be and still count as coming near.
    pub min_delta: f64,
}

impl Default for Patient {
    fn default() -> Self {
        Self { pruner: Some(Plug::new("median")), patience: 5, min_delta: 0.0 }
    }
}

impl Patient {
    /// Around a registered rule with its defaults, or any [`Plug`].
    #[must_use]
    pub fn around(pruner: Plug, patience: usize) -> Self {
        Self { pruner: Some(pruner), patience, ..Self::default() }
    }

    /// The wrapped rule. Made on each question: a scheduler keeps nothing, and this costs a look into a short list.
    fn inner(&self) -> Option<Box<dyn Scheduler>> {
        let plug = self.pruner.as_ref()?;
        let built = find::<PrunerEntry>(&plug.name, Self::NAME).and_then(|entry| {
            let settings: &Table = &plug.config;
            entry.build(settings, Self::NAME)
        });
        Some(built.unwrap_or_else(|error| panic!("the pruner that patient wraps: {error}")))
    }

    fn is_out(&self, trial: &TrialRecord, history: &History) -> bool {
        let Some(split) = trial.reports.len().checked_sub(self.patience + 1).filter(|split| *split > 0)
        else {
            return false;
        };
        let best = |reports: &[(u64, f64)]| {
            let losses = reports.iter().map(|&(_, value)| history.direction().loss(value));
            losses.fold(f64::NAN, f64::min) // a NaN says nothing
        };
        let (before, after) = trial.reports.split_at(split);
        best(before) + self.min_delta < best(after)
    }
}

impl Describe for Patient {
    const NAME: &'static str = "patient";
    const ABOUT: &'static str = "asks another pruner only when a trial has stopped getting better";
    const SOURCE: &'static str = "settings of Optuna 5.0's PatientPruner";
    const PARAMS: &'static [Param<Self>] = &[
        Param::optional_plug(
            "pruner",
            "pruner",
            |s: &mut Self| &mut s.pruner,
            "rule that is asked then, or \"off\": the trial stops",
        ),
        count(
            "patience",
            0,
            20,
            |s: &mut Self| &mut s.patience,
            "so many reports more than one may bring nothing",
        ),
        Param::float(
            "min_delta",
            0.0,
            0.1,
            |s: &mut Self| &mut s.min_delta,
            "how much worse than the best still counts as near",
        )
        .fixed()
        .valid(0.0, f64::MAX),
    ];
}

impl Scheduler for Patient {
    fn judge(&self, trial: &TrialRecord, history: &History) -> Flow {
        if !self.is_out(trial, history) {
            return Flow::Continue;
        }
        self.inner().map_or(Flow::Stop, |inner| inner.judge(trial, history))
    }

    fn next(&self, history: &History, generator: &mut Generator) -> Option<Next> {
        self.inner()?.next(history, generator)
    }
}

register!(PrunerEntry, Patient);
