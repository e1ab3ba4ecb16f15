//! Hyperband: groups of successive halving that begin with many short trials or few long ones, in turn.

use tunesmith_core::{Describe, Param, register};

use super::brackets::{Bracket, Cycle, runs_in_groups};
use super::rungs::Rungs;
use super::settings::{count, min_resource, reduction_factor};
use crate::PrunerEntry;

/// Successive halving in groups that hedge how early a trial may be judged: with R the whole work of a trial, r the least
/// and n the factor, group s (from the largest s with r n^s <= R down to 0, over and over) begins with
/// ceil((s_max + 1) / (s + 1) n^s) trials that pause after R n^-s steps.
///
/// A trial's place in the study says to which group it belongs. R = 81 and n = 3 make groups of 81, 34, 15, 8 and 5
/// trials. This is the algorithm of the paper; Optuna's pruner of that name draws groups by hashes and only stops.
/// Groups wait as [`SuccessiveHalving`](super::SuccessiveHalving)'s do.
///
/// ```
/// use tunesmith_core::{Flow, Space};
/// use tunesmith_tuner::{Direction, History, Scheduler, TrialRecord, pruners::Hyperband};
/// let hyperband = Hyperband::default();
/// let history = History::new(Space::new(), Direction::Minimize);
/// let first_pause = |number| {
///     let mut trial = TrialRecord::new(number);
///     (0..81).find(|&step| {
///         trial.report(step, 1.0);
///         hyperband.judge(&trial, &history) == Flow::Pause
///     })
/// };
/// assert_eq!([0, 80, 81, 115, 130, 138, 142, 143].map(first_pause), [
///     Some(0), Some(0), Some(2), Some(8), Some(26), None, None, Some(0)
/// ]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Hyperband {
    /// Steps of work before the first rung of the largest group.
    pub min_resource: usize,
    /// Steps of work of a whole trial.
    pub max_resource: usize,
    /// One in this many goes on at a rung.
    pub reduction_factor: usize,
}

impl Default for Hyperband {
    fn default() -> Self {
        Self { min_resource: 1, max_resource: 81, reduction_factor: 3 }
    }
}

impl Hyperband {
    fn cycle(&self) -> Cycle {
        let (least, end, factor) =
            (self.min_resource.max(1) as u64, self.max_resource as u64, self.reduction_factor.max(2));
        let powers = std::iter::successors(Some(least), |power| power.checked_mul(factor as u64));
        let s_max = powers.skip(1).take_while(|power| *power <= end).count();
        let mut rungs: Vec<u64> = Rungs::new(least, end, factor as u64).iter().collect();
        rungs.drain(..rungs.len().saturating_sub(s_max));
        let bracket = |s: usize| {
            let size = ((s_max + 1) * factor.pow(s as u32)).div_ceil(s + 1);
            let shares = std::iter::successors(Some(size / factor), |keep| Some(keep / factor));
            let rungs = &rungs[rungs.len().saturating_sub(s)..];
            Bracket { size, rungs: rungs.iter().copied().zip(shares).collect() }
        };
        Cycle((0..=s_max).rev().map(bracket).collect())
    }
}

impl Describe for Hyperband {
    const NAME: &'static str = "hyperband";
    const ABOUT: &'static str =
        "successive halving in groups of many short trials and few long ones, in turn";
    const SOURCE: &'static str = "Li et al. 2018, Hyperband, JMLR 18(185), algorithm 1";
    const PARAMS: &'static [Param<Self>] = &[
        min_resource(|s: &mut Self| &mut s.min_resource),
        count("max_resource", 1, 1000, |s: &mut Self| &mut s.max_resource, "steps of work of a whole trial"),
        reduction_factor(|s: &mut Self| &mut s.reduction_factor),
    ];
}

runs_in_groups!(Hyperband);
register!(PrunerEntry, Hyperband);
