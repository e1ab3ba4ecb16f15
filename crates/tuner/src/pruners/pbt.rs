//! Population-based training: members train side by side; the worst make room for copies of the best with settings near
//! theirs.

use tunesmith_core::{Describe, Flow, Generator, Param, Params, register};

use super::explore::explore;
use super::population::{Round, rounds};
use super::rungs::work;
use super::settings::count;
use crate::{History, Next, PrunerEntry, Scheduler, TrialRecord, TrialState};

/// Trains a population side by side and finds not a setting but a schedule of settings: after each interval a member that
/// is among the worst stops, and a copy of one of the best goes on in its place, with settings explored from there.
///
/// The first `population` trials begin by themselves. Each pauses after every `interval` steps, and the one that has come
/// least far goes on next, so that members stay within an interval of each other. A member stops when it pauses among the
/// worst `quantile` and a member of the best `quantile` is paused; the copy is a new trial (with a number of its own, and
/// [`TrialRecord::parent`]), so a budget of trials is the population plus the copies. When it is spent, the worst still
/// stop and the others run to their end. A population whose members have all ended is followed by a new one. Members are
/// compared at the work of the one that has done less.
///
/// Whoever is to be copied must be paused, so there should be more members than workers; with as many workers as members
/// nobody is copied. Objectives must go on and be copied
/// ([`Resumable::fork`](crate::Resumable::fork)); `settings` names those that may change on the way, such as rates, if
/// not all may. Of several objectives the first decides. The result is a trained state: its last settings are no advice
/// for a training from the start.
///
/// ```
/// use tunesmith_core::{Flow, Space};
/// use tunesmith_tuner::{Direction, History, Scheduler, TrialRecord, TrialState, pruners::Pbt};
/// let pbt = Pbt { population: 4, interval: 2, ..Pbt::default() };
/// let mut history = History::new(Space::new(), Direction::Minimize);
/// let member = |number| {
///     let mut trial = TrialRecord::new(number);
///     (0..2).for_each(|step| assert!(trial.report(step, number as f64)));
///     trial
/// };
/// for number in 0..3 {
///     assert_eq!(pbt.judge(&member(number), &history), Flow::Pause);
///     let mut paused = member(number);
///     paused.state = TrialState::Paused;
///     history.put(paused);
/// }
/// history.put(member(3));
/// assert_eq!(pbt.judge(&member(3), &history), Flow::Stop); // the worst of four
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Pbt {
    /// Members that train side by side.
    pub population: usize,
    /// Steps between comparisons.
    pub interval: usize,
    /// The share of the members that makes room, and that is copied.
    pub quantile: f64,
    /// Steps of work of a whole trial; 0: the most that any complete trial has reported.
    pub max_resource: usize,
    /// The chance that a setting is drawn anew rather than moved a step.
    pub resample: f64,
    /// The settings that may change on the way; all when empty.
    pub settings: Vec<String>,
}

impl Default for Pbt {
    fn default() -> Self {
        Self {
            population: 8,
            interval: 1,
            quantile: 0.25,
            max_resource: 0,
            resample: 0.25,
            settings: Vec::new(),
        }
    }
}

impl Pbt {
    /// How many members make room, and how many are copied.
    pub(super) fn share(&self) -> usize {
        ((self.population as f64 * self.quantile).floor() as usize).max(1)
    }

    /// The work of a whole trial: who has done it is not paused any more, and not copied.
    fn whole(&self, history: &History) -> u64 {
        let complete = || history.trials().iter().filter(|trial| trial.state == TrialState::Complete);
        match self.max_resource {
            0 => complete().map(work).max().filter(|work| *work > 0).unwrap_or(u64::MAX),
            known => known as u64,
        }
    }

    /// Whether a setting may change.
    pub(super) fn is_free(&self, key: &str) -> bool {
        self.settings.is_empty() || self.settings.iter().any(|free| free == key)
    }

    /// The rule, with the exploring step as the caller does it: from which settings, in which round.
    pub(super) fn next_with(
        &self,
        history: &History,
        explore: impl FnOnce(&TrialRecord, &Round<'_>) -> Params,
        generator: &mut Generator,
    ) -> Option<Next> {
        for round in rounds(history, self.population) {
            let paused = round.paused();
            let best = if round.free() > 0 { self.copyable(&round, &paused, history) } else { Vec::new() };
            if !best.is_empty() {
                let parent = best[generator.below(best.len())];
                return Some(Next::Fork { parent: parent.number, params: explore(parent, &round) });
            }
            if round.begun < self.population {
                return None; // the population is not complete
            }
            if let Some(least_far) = paused.first() {
                return Some(Next::Resume(least_far.number));
            }
        }
        None
    }

    /// The paused members among the best of a round that have not come to their end.
    fn copyable<'a>(
        &self,
        round: &Round<'_>,
        paused: &[&'a TrialRecord],
        history: &History,
    ) -> Vec<&'a TrialRecord> {
        let whole = self.whole(history);
        let best = |trial: &&TrialRecord| work(trial) < whole && round.better_than(trial) < self.share();
        paused.iter().copied().filter(best).collect()
    }

    /// Whether the last report of a trial is the first of a new interval. Nobody is judged by what its parent reported.
    fn at_interval(&self, trial: &TrialRecord) -> bool {
        let interval = self.interval.max(1) as u64;
        let earlier = match trial.reports.iter().rev().nth(1) {
            Some(&(step, _)) => step.saturating_add(1),
            None => trial.parent().map_or(0, |(_, step)| step.saturating_add(1)),
        };
        work(trial) / interval > earlier / interval
    }
}

/// The settings of [`Pbt`] for a struct that has one inside.
pub(super) const fn params<T>(fields: &Fields<T>) -> [Param<T>; 5] {
    [
        count("population", 2, 64, fields.population, "members that train side by side"),
        count("interval", 1, 20, fields.interval, "steps between comparisons"),
        Param::float(
            "quantile",
            0.1,
            0.5,
            fields.quantile,
            "share of the members that makes room, and is copied",
        )
        .fixed()
        .valid(0.0, 0.5),
        count(
            "max_resource",
            0,
            1000,
            fields.max_resource,
            "steps of work of a whole trial; 0: the most that any complete trial has reported",
        ),
        Param::texts("settings", fields.settings, "settings that may change on the way; all when empty"),
    ]
}

/// Where a struct has the settings of [`Pbt`].
pub(super) struct Fields<T> {
    pub(super) population: fn(&mut T) -> &mut usize,
    pub(super) interval: fn(&mut T) -> &mut usize,
    pub(super) quantile: fn(&mut T) -> &mut f64,
    pub(super) max_resource: fn(&mut T) -> &mut usize,
    pub(super) settings: fn(&mut T) -> &mut Vec<String>,
}

impl Describe for Pbt {
    const NAME: &'static str = "pbt";
    const ABOUT: &'static str =
        "members train side by side; the worst make room for altered copies of the best";
    const SOURCE: &'static str = "Jaderberg et al. 2017, Population Based Training of Neural Networks; defaults of Ray Tune and Syne Tune";
    const PARAMS: &'static [Param<Self>] = &{
        let [population, interval, quantile, max_resource, settings] = params(&Fields {
            population: |s: &mut Self| &mut s.population,
            interval: |s: &mut Self| &mut s.interval,
            quantile: |s: &mut Self| &mut s.quantile,
            max_resource: |s: &mut Self| &mut s.max_resource,
            settings: |s: &mut Self| &mut s.settings,
        });
        let resample = Param::float(
            "resample",
            0.0,
            0.5,
            |s: &mut Self| &mut s.resample,
            "chance that a setting is drawn anew rather than moved",
        );
        [population, interval, quantile, max_resource, resample.fixed().valid(0.0, 1.0), settings]
    };
}

impl Scheduler for Pbt {
    fn judge(&self, trial: &TrialRecord, history: &History) -> Flow {
        let Some((_, value)) = trial.last_report() else { return Flow::Continue };
        if value.is_nan() {
            return Flow::Stop;
        }
        if !self.at_interval(trial) || work(trial) >= self.whole(history) {
            return Flow::Continue;
        }
        let rounds = rounds(history, self.population);
        let Some(round) = rounds.iter().find(|round| round.holds(trial.number)) else { return Flow::Pause };
        let worst = round.better_than(trial) >= self.population.saturating_sub(self.share());
        let makes_room = worst && !self.copyable(round, &round.paused(), history).is_empty();
        if makes_room { Flow::Stop } else { Flow::Pause }
    }

    fn next(&self, history: &History, generator: &mut Generator) -> Option<Next> {
        let mut draws = tunesmith_core::Seed::new(generator.bits()).generator();
        let explore = |parent: &TrialRecord, _: &Round<'_>| {
            explore(history.space(), &parent.params, self.resample, |key| self.is_free(key), &mut draws)
        };
        self.next_with(history, explore, generator)
    }

    fn finish(&self, history: &History, _: &mut Generator) -> Option<u64> {
        rounds(history, self.population).iter().find_map(|round| round.paused().first().map(|t| t.number))
    }

    fn until(&self, last: Option<u64>) -> Option<u64> {
        let done = last.map_or(0, |step| step.saturating_add(1));
        let interval = self.interval.max(1) as u64;
        Some((done / interval + 1).saturating_mul(interval) - 1)
    }
}

register!(PrunerEntry, Pbt);
