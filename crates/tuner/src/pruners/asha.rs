//! ASHA: at growing steps, only the best share of what has been seen there goes on.

use tunesmith_core::{Describe, Flow, Generator, Param, register};

use super::rungs::{Rungs, value_at};
use super::settings::{max_resource, min_resource, reduction_factor};
use crate::{History, Next, PrunerEntry, Scheduler, TrialRecord, TrialState};

/// Lets a trial go on from a rung only if it is among the best 1/`reduction_factor` of the trials that reached the rung.
///
/// Rungs lie at `min_resource * reduction_factor^k` steps of work or, when the whole work of a trial is known, at
/// `max_resource / reduction_factor^k`. Steps count from 0, so a report at step s has cost s + 1. A trial's value at a
/// rung is its first report there or later.
///
/// The promoting kind (Li et al. 2020) pauses every trial at a rung and lets the best of a rung go on as soon as enough
/// others have reached it; it asks for objectives that can go on ([`Study::optimize_resumable`](crate::Study)), others
/// run again from their start. The stopping kind decides at once: a trial stops for good unless it is among the best so
/// far. While a rung has seen at most `grace` trials it lets all pass; while it has seen fewer than `reduction_factor`,
/// only the best passes. Equals pass together.
///
/// The default factor is 3: the theory's optimum is e (Li et al. 2018, section 3.6 finds 3 and 4 alike), and with 30
/// epochs 3 gives rungs at 1, 3, 9 and 27, where 4 gives 1, 4 and 16 and lets a bad trial run twice as long.
///
/// ```
/// use tunesmith_core::{Flow, Space};
/// use tunesmith_tuner::{Direction, History, Scheduler, TrialRecord, pruners::Asha};
/// let mut history = History::new(Space::new(), Direction::Maximize);
/// for number in 0..6 {
///     let mut trial = TrialRecord::new(number);
///     trial.report(0, 0.1 * number as f64);
///     history.put(trial);
/// }
/// let at_first_rung = |value| {
///     let mut trial = TrialRecord::new(6);
///     trial.report(0, value);
///     trial
/// };
/// assert_eq!(Asha::default().judge(&at_first_rung(0.45), &history), Flow::Continue); // second of seven
/// assert_eq!(Asha::default().judge(&at_first_rung(0.35), &history), Flow::Stop);
/// assert_eq!(Asha::promoting(9).judge(&at_first_rung(0.45), &history), Flow::Pause);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Asha {
    /// Steps of work before the first rung.
    pub min_resource: usize,
    /// Steps of work of a whole trial; 0 when it is not known.
    pub max_resource: usize,
    /// One in this many goes on at a rung.
    pub reduction_factor: usize,
    /// Trials that a rung lets pass before it stops any.
    pub grace: usize,
    /// Whether trials pause at a rung until they are among the best, instead of being stopped for good at once.
    pub promote: bool,
}

impl Default for Asha {
    fn default() -> Self {
        Self { min_resource: 1, max_resource: 0, reduction_factor: 3, grace: 0, promote: false }
    }
}

impl Asha {
    /// The promoting kind for trials of so many steps.
    #[must_use]
    pub fn promoting(max_resource: usize) -> Self {
        Self { max_resource, promote: true, ..Self::default() }
    }

    fn rungs(&self) -> Rungs {
        Rungs::new(self.min_resource as u64, self.max_resource as u64, self.reduction_factor as u64)
    }
}

impl Describe for Asha {
    const NAME: &'static str = "asha";
    const ABOUT: &'static str = "at growing steps only the best share of the trials seen there goes on";
    const SOURCE: &'static str = "Li et al. 2020, A System for Massively Parallel Hyperparameter Tuning; stopping rule as in Optuna and Ray Tune";
    const PARAMS: &'static [Param<Self>] = &[
        min_resource(|s: &mut Self| &mut s.min_resource),
        max_resource(|s: &mut Self| &mut s.max_resource),
        reduction_factor(|s: &mut Self| &mut s.reduction_factor),
        Param::int(
            "grace",
            0,
            20,
            |s: &mut Self| &mut s.grace,
            "trials that a rung lets pass before it stops any",
        )
        .fixed(),
        Param::switch(
            "promote",
            |s: &mut Self| &mut s.promote,
            "pause trials at a rung until they are among the best, instead of stopping them",
        )
        .fixed(),
    ];
}

impl Scheduler for Asha {
    fn judge(&self, trial: &TrialRecord, history: &History) -> Flow {
        let Some(&(step, value)) = trial.reports.last() else { return Flow::Continue };
        let earlier = trial.reports.len().checked_sub(2).map_or(0, |i| trial.reports[i].0 + 1);
        // Decided at the first report that reaches a rung, and never again.
        let done = step.saturating_add(1);
        let reached =
            self.rungs().iter().skip_while(|rung| *rung <= earlier).take_while(|rung| *rung <= done);
        let mut flow = Flow::Continue;
        for rung in reached {
            if value.is_nan() {
                return Flow::Stop;
            }
            if self.promote {
                flow = Flow::Pause;
            } else if self.stops(rung, value, trial.number, history) {
                return Flow::Stop;
            }
        }
        flow
    }

    fn next(&self, history: &History, _: &mut Generator) -> Option<Next> {
        if !self.promote {
            return None;
        }
        let rungs: Vec<u64> = {
            let furthest =
                history.open().filter_map(|trial| trial.last_report()).map(|(step, _)| step + 1).max();
            self.rungs()
                .iter()
                .take_while(|rung| furthest.is_some_and(|furthest| *rung <= furthest))
                .collect()
        };
        rungs.iter().rev().find_map(|&rung| self.promoted(rung, history)).map(Next::Resume)
    }

    fn until(&self, last: Option<u64>) -> Option<u64> {
        let done = last.map_or(0, |step| step.saturating_add(1));
        self.rungs().iter().find(|rung| *rung > done).map(|rung| rung - 1)
    }
}

impl Asha {
    fn stops(&self, rung: u64, value: f64, number: u64, history: &History) -> bool {
        let loss = history.direction().loss(value);
        let (mut seen, mut better) = (1, 0);
        for other in history.trials().iter().filter(|other| other.number != number) {
            if let Some(value) = value_at(rung, other) {
                seen += 1;
                better += usize::from(history.direction().loss(value) < loss);
            }
        }
        seen > self.grace && better >= (seen / self.reduction_factor).max(1)
    }

    /// The best trial that pauses at a rung, if it is among the best of those that reached it.
    fn promoted(&self, rung: u64, history: &History) -> Option<u64> {
        let next = self.rungs().iter().find(|next| *next > rung).unwrap_or(u64::MAX);
        let mut seen: Vec<(f64, &TrialRecord)> = history
            .trials()
            .iter()
            .filter_map(|trial| Some((history.direction().loss(value_at(rung, trial)?), trial)))
            .collect();
        let promotable = seen.len() / self.reduction_factor;
        seen.sort_by(|(a, x), (b, y)| a.total_cmp(b).then(x.number.cmp(&y.number)));
        let pauses_here = |trial: &TrialRecord| {
            trial.state == TrialState::Paused && trial.last_report().is_some_and(|(step, _)| step + 1 < next)
        };
        seen.iter().take(promotable).find(|(_, trial)| pauses_here(trial)).map(|(_, trial)| trial.number)
    }
}

register!(PrunerEntry, Asha);
