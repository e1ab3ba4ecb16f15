//! PASHA: promotion ASHA whose highest rung rises only while more work changes who is best.

use tunesmith_core::{Describe, Flow, Generator, Param, register};

use super::Asha;
use super::ranking::{Standing, sort};
use super::rungs::report_at;
use super::settings::{max_resource, min_resource, reduction_factor};
use crate::analysis::statistics::quantile;
use crate::{History, Next, PrunerEntry, Scheduler, TrialRecord};

/// So many of the best trials at the highest rung are compared: their pairs are walked at each question.
const COMPARED: usize = 50;
/// The share of differences between trials that cross each other's way that counts as noise (section 4.2 of the paper).
const NOISE: f64 = 0.9;

/// Promotes as [`Asha`] does, but at first only to the second rung; the next rung opens when the trials at the highest one
/// stand in another order there than at the rung below. For trainings of which nobody knows how long they should be.
///
/// Two orders are the same when, place by place, the two trials differ by no more than what noise makes of trials that
/// are equally good: the 90th percentile of the differences between trials whose curves have crossed at least twice.
///
/// A search that has its total of trials and would end without a complete one lets the best of those that came furthest
/// go on to its end. The first objective decides about rungs; who is promoted is decided as in [`Asha`].
///
/// ```
/// use tunesmith_core::{Domain, Flow, Reporter, Scale, Space};
/// use tunesmith_tuner::{Budget, Study, TrialRun, pruners::Pasha};
/// let space = Space::new().with("x", Domain::float(0.0, 1.0, Scale::Linear, None).unwrap());
/// let study = Study::minimize(space).pruner(Pasha { max_resource: 243, ..Pasha::default() }).open().unwrap();
/// // The order is clear from the first step on, so that nobody but the winner needs more than 9 (1 and 3 are rungs).
/// let objective = |trial: &mut TrialRun<'_>| {
///     for step in 0..243 {
///         if trial.report(step, trial.float("x") + 1.0 / (1 + step) as f64) != Flow::Continue {
///             break;
///         }
///     }
///     trial.float("x")
/// };
/// study.optimize(objective, &Budget::trials(60)).unwrap();
/// let steps: Vec<usize> = study.trials().iter().map(|trial| trial.reports.len()).collect();
/// assert_eq!(steps.iter().filter(|steps| **steps > 3).collect::<Vec<_>>(), [&243]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Pasha {
    /// Steps of work before the first rung.
    pub min_resource: usize,
    /// Steps of work of a whole trial; 0 when it is not known.
    pub max_resource: usize,
    /// One in this many goes on at a rung.
    pub reduction_factor: usize,
}

impl Default for Pasha {
    fn default() -> Self {
        Self { min_resource: 1, max_resource: 0, reduction_factor: 3 }
    }
}

impl Pasha {
    fn asha(&self) -> Asha {
        let Self { min_resource, max_resource, reduction_factor } = *self;
        Asha { min_resource, max_resource, reduction_factor, grace: 0, promote: true }
    }

    /// The work at the highest rung that is open; rungs below it let trials go on.
    fn top(&self, history: &History) -> u64 {
        // By two at least, since an order needs two, and one alone may have gone on because the search ends.
        let reached = history.trials().iter().filter_map(TrialRecord::last_report);
        let (_, furthest) = reached
            .map(|(step, _)| step.saturating_add(1))
            .fold((0, 0), |(first, second), work| (work.max(first), work.min(first).max(second)));
        let mut below = None;
        let mut highest = None;
        for rung in self.asha().rungs().iter() {
            match (below, highest) {
                (Some(_), Some(_)) if rung > furthest => {
                    return if self.disagree(below, highest, history) {
                        rung
                    } else {
                        highest.unwrap_or(rung)
                    };
                }
                _ => (below, highest) = (highest, Some(rung)),
            }
        }
        // No rung is left above: what passes the last one runs to its end, and so it is once one does.
        let open = highest.is_none_or(|highest| furthest > highest) || self.disagree(below, highest, history);
        highest.filter(|_| !open).unwrap_or(u64::MAX)
    }

    /// Whether the trials at the highest rung stood in another order at the rung below.
    fn disagree(&self, below: Option<u64>, highest: Option<u64>, history: &History) -> bool {
        let (Some(below), Some(highest)) = (below, highest) else { return true };
        let losses = |trial: &TrialRecord, rung: u64| {
            let (_, value) = report_at(rung, trial)?;
            Some(history.direction().loss(value)).filter(|loss| !loss.is_nan())
        };
        let at_both =
            |trial: &&TrialRecord| losses(trial, below).is_some() && losses(trial, highest).is_some();
        let trials = history.trials().iter().filter(at_both);
        let mut standings: Vec<Standing<'_>> =
            trials.filter_map(|trial| Standing::at(highest, trial, history)).collect();
        sort(&mut standings);
        let trials: Vec<&TrialRecord> = standings.iter().take(COMPARED).map(|one| one.trial).collect();
        let order = |rung: u64| {
            let mut sorted: Vec<(f64, u64)> =
                trials.iter().filter_map(|trial| Some((losses(trial, rung)?, trial.number))).collect();
            sorted.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            sorted
        };
        let noise = noise(&trials, highest, history);
        let at_highest = |number: u64| history.trial(number).and_then(|trial| losses(trial, highest));
        order(below).iter().zip(order(highest)).any(|(&(_, earlier), (loss, _))| {
            at_highest(earlier).is_some_and(|other| (other - loss).abs() > noise)
        })
    }
}

/// By how much trials differ that have crossed each other's way at least twice up to the rung; 0 when none have.
fn noise(trials: &[&TrialRecord], rung: u64, history: &History) -> f64 {
    let mut differences = Vec::new();
    for (i, a) in trials.iter().enumerate() {
        for b in &trials[i + 1..] {
            let common = a.reports.iter().take_while(|(step, _)| *step < rung);
            let common = common.filter_map(|&(step, value)| Some(value - b.report_at(step)?));
            let signs: Vec<bool> = common.filter(|d| *d != 0.0 && !d.is_nan()).map(|d| d > 0.0).collect();
            let crossings = signs.windows(2).filter(|pair| pair[0] != pair[1]).count();
            let value = |trial: &TrialRecord| {
                report_at(rung, trial).map(|(_, value)| history.direction().loss(value))
            };
            if let (true, Some(a), Some(b)) = (crossings >= 2, value(a), value(b)) {
                differences.push((a - b).abs());
            }
        }
    }
    differences.retain(|difference| !difference.is_nan());
    if differences.is_empty() { 0.0 } else { quantile(&differences, NOISE) }
}

impl Describe for Pasha {
    const NAME: &'static str = "pasha";
    const ABOUT: &'static str =
        "promotion ASHA whose highest rung rises only while more work changes who is best";
    const SOURCE: &'static str =
        "Bohdal et al. 2023, PASHA: Efficient HPO and NAS with Progressive Resource Allocation";
    const PARAMS: &'static [Param<Self>] = &[
        min_resource(|s: &mut Self| &mut s.min_resource),
        max_resource(|s: &mut Self| &mut s.max_resource),
        reduction_factor(|s: &mut Self| &mut s.reduction_factor),
    ];
}

impl Scheduler for Pasha {
    fn judge(&self, trial: &TrialRecord, history: &History) -> Flow {
        self.asha().judge(trial, history)
    }

    fn next(&self, history: &History, _: &mut Generator) -> Option<Next> {
        self.asha().promotion(history, self.top(history)).map(Next::Resume)
    }

    fn finish(&self, history: &History, _: &mut Generator) -> Option<u64> {
        let asha = self.asha();
        asha.promotion(history, self.top(history)).or_else(|| asha.last_resort(history))
    }

    fn until(&self, last: Option<u64>) -> Option<u64> {
        self.asha().until(last)
    }
}

register!(PrunerEntry, Pasha);
