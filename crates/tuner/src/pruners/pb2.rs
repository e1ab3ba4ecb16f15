//! PB2: population-based training whose exploring step is a bandit's: what has helped lately is tried more.

use tunesmith_core::{Describe, Dimension, Domain, Flow, Generator, Param, Params, Seed, register};

use super::Pbt;
use super::bandit::{Bandit, Observation};
use super::explore::explore;
use super::pbt::{Fields, params};
use super::population::Round;
use super::rungs::work;
use crate::{History, Next, PrunerEntry, Scheduler, TrialRecord, TrialState};

/// [`Pbt`] that chooses the numbers of a copy by a Gaussian process over settings and time, fitted to what each interval of
/// each member of the round has gained: it takes the greatest upper confidence bound, and counts what other members try
/// at the moment as known. For populations that are small.
///
/// Choices are kept, or drawn anew with probability 0.25, as [`Pbt`] does; so is all while fewer than four intervals
/// have been seen.
///
/// ```
/// use tunesmith_core::{Flow, Space};
/// use tunesmith_tuner::{Direction, History, Scheduler, TrialRecord, pruners::Pb2};
/// let history = History::new(Space::new(), Direction::Minimize);
/// let pb2 = Pb2 { interval: 2, ..Pb2::default() };
/// let mut trial = TrialRecord::new(0);
/// trial.report(0, 1.0);
/// assert_eq!(pb2.judge(&trial, &history), Flow::Continue);
/// trial.report(1, 1.0);
/// assert_eq!(pb2.judge(&trial, &history), Flow::Pause);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Pb2 {
    /// Members that train side by side.
    pub population: usize,
    /// Steps between comparisons.
    pub interval: usize,
    /// The share of the members that makes room, and that is copied.
    pub quantile: f64,
    /// Steps of work of a whole trial; 0: the most that any complete trial has reported.
    pub max_resource: usize,
    /// The settings that may change on the way; all when empty.
    pub settings: Vec<String>,
}

impl Default for Pb2 {
    fn default() -> Self {
        Self { population: 4, interval: 1, quantile: 0.25, max_resource: 0, settings: Vec::new() }
    }
}

impl Pb2 {
    fn pbt(&self) -> Pbt {
        let Self { population, interval, quantile, max_resource, settings } = self.clone();
        Pbt { population, interval, quantile, max_resource, settings, ..Pbt::default() }
    }

    /// The settings of a copy.
    fn explore(
        &self,
        parent: &TrialRecord,
        round: &Round<'_>,
        history: &History,
        generator: &mut Generator,
    ) -> Params {
        let pbt = self.pbt();
        let space = history.space();
        let stepped = explore(space, &parent.params, pbt.resample, |key| pbt.is_free(key), generator);
        let numbers: Vec<&Dimension> = space
            .active(&parent.params)
            .filter(|dimension| {
                !matches!(dimension.domain, Domain::Choice { .. }) && pbt.is_free(&dimension.key)
            })
            .collect();
        let place = |params: &Params| -> Vec<f64> {
            let at =
                |d: &&Dimension| params.get(&d.key).and_then(|value| d.domain.locate(value)).unwrap_or(0.5);
            numbers.iter().map(at).collect()
        };
        let interval = self.interval.max(1) as u64;
        let mut observed = Vec::new();
        let mut running = Vec::new();
        for member in &round.members {
            let begun = member.parent().map_or(0, |(_, step)| step.saturating_add(1));
            let ends = (begun / interval + 1..=work(member) / interval).map(|k| k * interval);
            for end in ends {
                let before = round.loss(member, end - interval);
                if let Some((before, after)) = before.zip(round.loss(member, end)) {
                    let time = (end / interval) as f64;
                    observed.push(Observation { place: place(&member.params), time, gain: before - after });
                }
            }
            if member.state == TrialState::Running {
                let time = (work(member) / interval + 1) as f64;
                running.push(Observation { place: place(&member.params), time, gain: f64::NAN });
            }
        }
        observed.sort_by(|a, b| a.time.total_cmp(&b.time)); // the newest last, those are kept
        if observed.len() < 4 || numbers.is_empty() {
            return stepped;
        }
        let Some(bandit) = Bandit::new(observed, running) else { return stepped };
        let time = (work(parent) / interval + 1) as f64;
        let chosen = bandit.choose(&place(&parent.params), time, generator);
        space.complete(|dimension| {
            let number = numbers.iter().position(|number| number.key == dimension.key);
            match (number, stepped.get(&dimension.key)) {
                (Some(i), _) => dimension.domain.place(chosen[i]),
                (None, Some(value)) => value.clone(),
                (None, None) => dimension.domain.place(generator.uniform()),
            }
        })
    }
}

impl Describe for Pb2 {
    const NAME: &'static str = "pb2";
    const ABOUT: &'static str = "population-based training whose copies get settings by a bandit over time";
    const SOURCE: &'static str = "Parker-Holder et al. 2020, Provably Efficient Online Hyperparameter Optimization with Population-Based Bandits";
    const PARAMS: &'static [Param<Self>] = &params(&Fields {
        population: |s: &mut Self| &mut s.population,
        interval: |s: &mut Self| &mut s.interval,
        quantile: |s: &mut Self| &mut s.quantile,
        max_resource: |s: &mut Self| &mut s.max_resource,
        settings: |s: &mut Self| &mut s.settings,
    });
}

impl Scheduler for Pb2 {
    fn judge(&self, trial: &TrialRecord, history: &History) -> Flow {
        self.pbt().judge(trial, history)
    }

    fn next(&self, history: &History, generator: &mut Generator) -> Option<Next> {
        let mut draws = Seed::new(generator.bits()).generator();
        let explore =
            |parent: &TrialRecord, round: &Round<'_>| self.explore(parent, round, history, &mut draws);
        self.pbt().next_with(history, explore, generator)
    }

    fn finish(&self, history: &History, generator: &mut Generator) -> Option<u64> {
        self.pbt().finish(history, generator)
    }

    fn until(&self, last: Option<u64>) -> Option<u64> {
        self.pbt().until(last)
    }
}

register!(PrunerEntry, Pb2);
