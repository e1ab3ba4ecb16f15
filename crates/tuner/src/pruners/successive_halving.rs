//! Successive halving: groups of trials of which, at each rung, the best share goes on together.

use tunesmith_core::{Describe, Param, register};

use super::brackets::{Bracket, Cycle, runs_in_groups};
use super::rungs::Rungs;
use super::settings::{count, max_resource, min_resource, reduction_factor};
use crate::PrunerEntry;

/// Pauses a group of `trials` trials at each rung until all of them are there, then lets the best 1/`reduction_factor`
/// go on.
///
/// There are as many rungs as the group can be divided by the factor: 27 trials by 3 make three, at 1, 3 and 9 steps of
/// work or, when the whole work is known, at its 27th, ninth and third part. While a group waits for its last trials,
/// other workers begin the next group. A total of trials that is no multiple of the group leaves a smaller group at the
/// end, of which the same share goes on. [`Asha`](super::Asha) does not wait, and is the better choice but for comparison.
///
/// It asks for objectives that can go on ([`Study::optimize_resumable`](crate::Study::optimize_resumable)).
///
/// ```
/// use tunesmith_core::{Flow, Space};
/// use tunesmith_tuner::{Direction, History, Scheduler, TrialRecord, pruners::SuccessiveHalving};
/// let halving = SuccessiveHalving { trials: 9, max_resource: 27, ..SuccessiveHalving::default() };
/// let history = History::new(Space::new(), Direction::Minimize);
/// let mut trial = TrialRecord::new(0);
/// let pauses = (0..27).filter(|&step| {
///     trial.report(step, 1.0);
///     halving.judge(&trial, &history) == Flow::Pause
/// });
/// assert_eq!(pauses.collect::<Vec<u64>>(), [2, 8]); // after 3 and 9 steps of work
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct SuccessiveHalving {
    /// Trials in a group.
    pub trials: usize,
    /// Steps of work before the first rung.
    pub min_resource: usize,
    /// Steps of work of a whole trial; 0 when it is not known.
    pub max_resource: usize,
    /// One in this many goes on at a rung.
    pub reduction_factor: usize,
}

impl Default for SuccessiveHalving {
    fn default() -> Self {
        Self { trials: 27, min_resource: 1, max_resource: 0, reduction_factor: 3 }
    }
}

impl SuccessiveHalving {
    fn cycle(&self) -> Cycle {
        let (least, end, factor) =
            (self.min_resource as u64, self.max_resource as u64, self.reduction_factor.max(2));
        let shares = std::iter::successors(Some(self.trials / factor), |keep| Some(keep / factor));
        let keeps: Vec<usize> = shares.take_while(|keep| *keep > 0).collect();
        let mut rungs: Vec<u64> = if end > 0 {
            Rungs::new(least, end, factor as u64).iter().collect()
        } else {
            Rungs::new(least, 0, factor as u64).iter().take(keeps.len()).collect()
        };
        rungs.drain(..rungs.len().saturating_sub(keeps.len()));
        Cycle(vec![Bracket { size: self.trials, rungs: rungs.into_iter().zip(keeps).collect() }])
    }
}

impl Describe for SuccessiveHalving {
    const NAME: &'static str = "successive_halving";
    const ABOUT: &'static str = "groups of trials of which, at each rung, the best share goes on together";
    const SOURCE: &'static str = "Jamieson & Talwalkar 2016, Non-stochastic Best Arm Identification";
    const PARAMS: &'static [Param<Self>] = &[
        count("trials", 1, 243, |s: &mut Self| &mut s.trials, "trials in a group"),
        min_resource(|s: &mut Self| &mut s.min_resource),
        max_resource(|s: &mut Self| &mut s.max_resource),
        reduction_factor(|s: &mut Self| &mut s.reduction_factor),
    ];
}

runs_in_groups!(SuccessiveHalving);
register!(PrunerEntry, SuccessiveHalving);
