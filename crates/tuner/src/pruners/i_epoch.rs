//! The sobriety check: all trials run a few steps, and the best few of each group to their end.

use tunesmith_core::{Describe, Param, register};

use super::brackets::{Bracket, Cycle, runs_in_groups};
use super::settings::count;
use crate::PrunerEntry;

/// Runs every trial for `steps` steps and the best `top` of each group of `trials` to their end: what every cleverer
/// scheduler should be compared with.
///
/// Groups wait as [`SuccessiveHalving`](super::SuccessiveHalving)'s do; the paper calls it i-Epoch and finds one epoch
/// hard to beat.
///
/// ```
/// use tunesmith_core::{Domain, Flow, Reporter, Scale, Space};
/// use tunesmith_tuner::{Budget, Study, TrialRun, pruners::IEpoch};
/// let space = Space::new().with("x", Domain::float(0.0, 1.0, Scale::Linear, None).unwrap());
/// let rule = IEpoch { steps: 2, trials: 10, top: 3 };
/// let study = Study::minimize(space).pruner(rule).open().unwrap();
/// let objective = |trial: &mut TrialRun<'_>| {
///     let x = trial.float("x");
///     for step in 0..9 {
///         if trial.report(step, x + 1.0 / (1 + step) as f64) != Flow::Continue {
///             break;
///         }
///     }
///     x
/// };
/// study.optimize(objective, &Budget::trials(20)).unwrap();
/// assert_eq!((study.counts().complete, study.counts().paused), (6, 14));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct IEpoch {
    /// Steps of work that every trial gets.
    pub steps: usize,
    /// Trials in a group.
    pub trials: usize,
    /// How many of a group run to their end.
    pub top: usize,
}

impl Default for IEpoch {
    fn default() -> Self {
        Self { steps: 1, trials: 20, top: 3 }
    }
}

impl IEpoch {
    fn cycle(&self) -> Cycle {
        Cycle(vec![Bracket { size: self.trials, rungs: vec![(self.steps as u64, self.top)] }])
    }
}

impl Describe for IEpoch {
    const NAME: &'static str = "i_epoch";
    const ABOUT: &'static str = "all trials run a few steps, the best few of each group to their end";
    const SOURCE: &'static str =
        "Egele et al. 2024, The Unreasonable Effectiveness of Early Discarding After One Epoch";
    const PARAMS: &'static [Param<Self>] = &[
        count("steps", 1, 100, |s: &mut Self| &mut s.steps, "steps of work that every trial gets"),
        count("trials", 1, 200, |s: &mut Self| &mut s.trials, "trials in a group"),
        count("top", 1, 20, |s: &mut Self| &mut s.top, "how many of a group run to their end"),
    ];
}

runs_in_groups!(IEpoch);
register!(PrunerEntry, IEpoch);
