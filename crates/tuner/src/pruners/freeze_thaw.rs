//! Freeze-thaw: after every few steps, the trial that most probably gets far below the best goes on.

use tunesmith_core::{Describe, Flow, Generator, Param, Seed, register};

use super::Asha;
use super::rungs::work;
use super::settings::{count, max_resource, reduction_factor};
use crate::analysis::extrapolate;
use crate::{History, Next, PrunerEntry, Scheduler, TrialRecord, TrialState};

/// So many paused trials are extrapolated, those with the best last reports: each costs a fit.
const COMPARED: usize = 12;

/// Pauses every trial after `min_resource` steps and then after every `interval` steps, and each time lets the one go on
/// that most probably falls below a threshold within a horizon, both drawn anew (MFPI-random); or begins a new trial when
/// all those chances are less than that of the best of n + 1 equals, 1 / (n + 1).
///
/// The horizon is uniform up to the whole work, the threshold lies 10^U(-4, -1) of the way from the best report so far to
/// zero regret, for which the distance between the best and the median of the trials' last reports stands in. Curves are
/// foretold by [`extrapolate`]. With the chance `asha_share` the rule of promoting [`Asha`] decides instead: without that
/// coin freeze-thaw methods begin too many trials or too few.
///
/// A search that has its total of trials goes on as [`Asha`] does. Of several objectives the first decides, but for Asha's
/// part.
///
/// ```
/// use tunesmith_core::{Domain, Flow, Reporter, Scale, Space};
/// use tunesmith_tuner::{Budget, Study, TrialRun, pruners::FreezeThaw};
/// let space = Space::new().with("x", Domain::float(0.0, 1.0, Scale::Linear, None).unwrap());
/// let study = Study::minimize(space).pruner(FreezeThaw { max_resource: 30, ..FreezeThaw::default() }).open().unwrap();
/// let objective = |trial: &mut TrialRun<'_>| {
///     for step in 0..30 {
///         if trial.report(step, trial.float("x") + 1.0 / (1 + step) as f64) != Flow::Continue {
///             break;
///         }
///     }
///     trial.float("x") + 1.0 / 30.0
/// };
/// study.optimize(objective, &Budget::trials(20)).unwrap();
/// let steps: usize = study.trials().iter().map(|trial| trial.reports.len()).sum();
/// assert!(study.counts().complete >= 1 && steps < 20 * 30 / 2);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct FreezeThaw {
    /// Steps of work before a trial pauses first; its lowest rung, where Asha decides.
    pub min_resource: usize,
    /// Steps of work of a whole trial; 0: the most that any trial has reported.
    pub max_resource: usize,
    /// Steps between later pauses.
    pub interval: usize,
    /// The chance that Asha decides.
    pub asha_share: f64,
    /// One in this many goes on at a rung when Asha decides.
    pub reduction_factor: usize,
}

impl Default for FreezeThaw {
    fn default() -> Self {
        Self { min_resource: 3, max_resource: 0, interval: 1, asha_share: 0.5, reduction_factor: 3 }
    }
}

impl FreezeThaw {
    fn asha(&self) -> Asha {
        let Self { min_resource, max_resource, reduction_factor, .. } = *self;
        Asha { min_resource, max_resource, reduction_factor, grace: 0, promote: true }
    }

    /// How many pauses lie within so much work.
    fn pauses(&self, work: u64) -> u64 {
        let interval = self.interval.max(1) as u64;
        work.checked_sub(self.min_resource as u64).map_or(0, |beyond| beyond / interval + 1)
    }

    /// A trial that pauses before it has come where Asha decides first.
    fn before_first_rung(&self, history: &History) -> Option<u64> {
        let first = self.asha().rungs().iter().next()?;
        let mut paused = history.open().filter(|trial| trial.state == TrialState::Paused);
        paused.find(|trial| work(trial) < first).map(|trial| trial.number)
    }

    /// The trial with the best chance to fall below a threshold drawn for it, if that is better than a new one's.
    fn thaw(&self, history: &History, generator: &mut Generator) -> Option<u64> {
        let loss = |value: f64| Some(history.direction().loss(value)).filter(|loss| loss.is_finite());
        let trials = || history.trials().iter().filter(|trial| trial.state != TrialState::Failed);
        let longest = trials().map(work).max()?;
        let whole = if self.max_resource > 0 { self.max_resource as u64 } else { longest };
        let reports = || trials().flat_map(|trial| &trial.reports);
        let best = reports().filter_map(|&(_, value)| loss(value)).min_by(f64::total_cmp)?;
        let mut lasts: Vec<(f64, &TrialRecord)> =
            trials().filter_map(|trial| Some((loss(trial.last_report()?.1)?, trial))).collect();
        lasts.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.number.cmp(&b.1.number)));
        let (median, _) = *lasts.get(lasts.len() / 2)?;
        let horizon = 1 + generator.below(usize::try_from(whole).unwrap_or(usize::MAX).max(1)) as u64;
        let threshold = best - 10_f64.powf(generator.uniform_in(-4.0, -1.0)) * (median - best);
        let mut winner = (1.0 / (lasts.len() + 1) as f64, None);
        let paused = lasts.iter().filter(|(_, trial)| trial.state == TrialState::Paused);
        for (_, trial) in paused.take(COMPARED) {
            let to = (work(trial) + horizon).min(whole.max(work(trial) + 1)) - 1;
            let losses: Vec<(u64, f64)> =
                trial.reports.iter().map(|&(step, value)| (step, history.direction().loss(value))).collect();
            let chance = extrapolate(&losses, to).map_or(0.0, |end| end.below(threshold));
            if chance > winner.0 {
                winner = (chance, Some(trial.number));
            }
        }
        winner.1
    }
}

impl Describe for FreezeThaw {
    const NAME: &'static str = "freeze_thaw";
    const ABOUT: &'static str =
        "after every few steps, the trial that most probably gets far below the best goes on";
    const SOURCE: &'static str = "Rakotoarison et al. 2024, In-Context Freeze-Thaw Bayesian Optimization, MFPI-random; curves by Domhan et al. 2015 instead of their network";
    const PARAMS: &'static [Param<Self>] = &[
        count(
            "min_resource",
            1,
            20,
            |s: &mut Self| &mut s.min_resource,
            "steps of work before the first pause",
        ),
        max_resource(|s: &mut Self| &mut s.max_resource),
        count("interval", 1, 20, |s: &mut Self| &mut s.interval, "steps between later pauses"),
        Param::float(
            "asha_share",
            0.0,
            1.0,
            |s: &mut Self| &mut s.asha_share,
            "chance that the rule of promoting asha decides",
        )
        .fixed()
        .valid(0.0, 1.0),
        reduction_factor(|s: &mut Self| &mut s.reduction_factor),
    ];
}

impl Scheduler for FreezeThaw {
    fn judge(&self, trial: &TrialRecord, _: &History) -> Flow {
        let Some((_, value)) = trial.last_report() else { return Flow::Continue };
        let earlier = trial.reports.iter().rev().nth(1).map_or(0, |(step, _)| step.saturating_add(1));
        if self.pauses(work(trial)) == self.pauses(earlier) {
            return Flow::Continue;
        }
        match self.max_resource as u64 {
            _ if value.is_nan() => Flow::Stop,
            whole if whole > 0 && work(trial) >= whole => Flow::Continue,
            _ => Flow::Pause,
        }
    }

    fn next(&self, history: &History, generator: &mut Generator) -> Option<Next> {
        // The generator is that of the number of trials, and several questions fall between two trials.
        let done: u64 = history.trials().iter().map(|trial| trial.reports.len() as u64).sum();
        let mut generator = Seed::new(generator.bits()).at(done).generator();
        let goes_on = if generator.chance(self.asha_share) {
            self.before_first_rung(history).or_else(|| self.asha().promotion(history, u64::MAX))
        } else {
            self.thaw(history, &mut generator)
        };
        goes_on.map(Next::Resume)
    }

    fn finish(&self, history: &History, generator: &mut Generator) -> Option<u64> {
        self.asha().finish(history, generator)
    }
}

register!(PrunerEntry, FreezeThaw);
