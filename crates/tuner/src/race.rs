//! `Race`: the best settings of a search against each other and the default, on common seeds, before one is named.

mod allocation;
mod compare;
mod finalists;
mod result;
mod run;

use tunesmith_core::Params;

pub use finalists::finalists;
pub use result::{RaceResult, Standing};

use crate::Direction;
use crate::batch::Batch;
use compare::{clearly_better, leader_of};

/// Settings that take part in a race.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// The settings.
    pub params: Params,
    /// The value that the search saw, if it tried them.
    pub search_value: Option<f64>,
}

/// How a race is run.
///
/// ```
/// use tunesmith_tuner::{Direction, RaceOptions};
/// let options = RaceOptions { direction: Direction::Maximize, ..RaceOptions::default() };
/// assert_eq!((options.seeds_per_round, options.max_seeds, options.level), (3, 10, 0.05));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct RaceOptions {
    /// Which way is better.
    pub direction: Direction,
    /// New seeds per candidate in a round; the first round gives each of them that many.
    pub seeds_per_round: usize,
    /// No candidate runs on more seeds.
    pub max_seeds: usize,
    /// The chance of a false claim that is allowed.
    pub level: f64,
    /// Runs in all; `None` for as many as candidates and seeds make.
    pub max_runs: Option<usize>,
}

impl Default for RaceOptions {
    fn default() -> Self {
        Self {
            direction: Direction::Minimize,
            seeds_per_round: 3,
            max_seeds: 10,
            level: 0.05,
            max_runs: None,
        }
    }
}

/// One run that a race asks for. Runs with the same `seed_index` share every source of chance: split, initial weights,
/// order of batches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RaceTrial {
    /// The number of the candidate (see [`Race::params`]).
    pub candidate: usize,
    /// The number of the seed, from 0.
    pub seed_index: usize,
}

/// A race in rounds, by ask and tell.
///
/// In the first round every candidate and the default run on the same three seeds. After each round the candidates that
/// are clearly worse than the leader drop out (one-sided t test on pairs, or Wilcoxon's from four pairs on, at
/// p < level / candidates), and the rest get more seeds where these help most to tell them apart (OCBA). The default
/// stays to the end and the leader never has more seeds than it, so that the one test that counts, leader against
/// default, is made once, at the end, with the p-value multiplied by the number of candidates the leader was chosen
/// from. A race ends early only when that p-value is below level / 50 (as Haybittle and Peto), and these looks are paid for.
///
/// All runs of a round may be under way at once, and may be told in any order with the same result; the next round
/// begins when the last is told. Runs of the search do not count: the best of many lucky runs is no measurement.
///
/// Sources: `irace` (López-Ibáñez et al. 2016) for racing; Chen et al. 2000 for OCBA.
///
/// ```
/// use tunesmith_core::{Params, Value};
/// use tunesmith_tuner::{Candidate, Race, RaceOptions};
/// let settings = |x: f64| Params::from([("x".to_owned(), Value::Float(x))]);
/// let candidates = [0.0, 1.0].map(|x| Candidate { params: settings(x), search_value: None });
/// let mut race = Race::new(candidates.to_vec(), settings(2.0), RaceOptions::default());
/// while let Some(run) = race.ask() {
///     let luck = [0.01, -0.02, 0.03, 0.0, 0.01, -0.03, 0.02, 0.02, -0.01, 0.0][run.seed_index];
///     let noise = [0.005, -0.005][(run.candidate + run.seed_index) % 2];
///     race.tell(run, race.params(run.candidate)["x"].as_f64().unwrap() + luck + noise);
/// }
/// let result = race.result().unwrap();
/// assert_eq!(result.leader, 0);
/// assert!(result.significantly_better_than_default);
/// ```
#[derive(Clone, Debug)]
pub struct Race {
    candidates: Vec<Candidate>,
    options: RaceOptions,
    /// Losses by candidate and seed, infinite where a run diverged; seeds without gaps once a round is told.
    losses: Vec<Vec<f64>>,
    /// The round under way.
    batch: Batch<RaceTrial>,
    /// The round in which a candidate dropped out.
    dropped: Vec<Option<usize>>,
    round: usize,
    asked_for: usize,
}

/// A claim before the last round must be surer by this factor, so that looking often costs next to nothing (0.001 for a
/// level of 0.05: Haybittle 1971, Peto 1976); what it costs is taken off the level at the end.
const EARLY_SHARE: f64 = 0.02;

impl Race {
    /// A race of these candidates and the default, which gets the last number. Candidates with the same settings run
    /// once; one with the settings of the default is the default.
    ///
    /// # Panics
    /// When seeds are not to be had (`seeds_per_round` zero or above `max_seeds`) or the level is not between 0 and 1.
    #[must_use]
    #[track_caller]
    pub fn new(candidates: Vec<Candidate>, default: Params, options: RaceOptions) -> Self {
        let (each, most) = (options.seeds_per_round, options.max_seeds);
        assert!(0 < each && each <= most, "a race needs 1 to {most} seeds per round, found {each}");
        let level = options.level;
        assert!(level > 0.0 && level < 1.0, "the level of a race lies between 0 and 1, found {level}");
        let mut field: Vec<Candidate> = Vec::new();
        let mut default = Candidate { params: default, search_value: None };
        for candidate in candidates {
            if candidate.params == default.params {
                default.search_value = default.search_value.or(candidate.search_value);
            } else if field.iter().all(|other| other.params != candidate.params) {
                field.push(candidate);
            }
        }
        field.push(default);
        let n = field.len();
        let mut race = Self {
            candidates: field,
            options,
            losses: vec![Vec::new(); n],
            batch: Batch::default(),
            dropped: vec![None; n],
            round: 1,
            asked_for: 0,
        };
        race.enqueue(&vec![each; n]);
        race
    }

    /// The settings of a candidate.
    ///
    /// # Panics
    /// When there is no candidate of that number.
    #[must_use]
    #[track_caller]
    pub fn params(&self, candidate: usize) -> &Params {
        &self.candidates[candidate].params
    }

    /// The number of the default.
    #[must_use]
    pub fn default_candidate(&self) -> usize {
        self.candidates.len() - 1
    }

    /// The next run; `None` when the race is over or the round waits for runs under way (see [`Race::is_finished`]).
    pub fn ask(&mut self) -> Option<RaceTrial> {
        self.batch.ask()
    }

    /// Takes the value of a run; one that is not finite says that it diverged.
    ///
    /// # Panics
    /// When the run is not under way.
    #[track_caller]
    pub fn tell(&mut self, trial: RaceTrial, value: f64) {
        if self.batch.tell(trial, self.options.direction.loss(value)) {
            self.end_round();
        }
    }

    /// Takes back a run that was interrupted: it will be asked for again.
    ///
    /// # Panics
    /// When the run is not under way.
    #[track_caller]
    pub fn give_back(&mut self, trial: RaceTrial) {
        self.batch.give_back(trial);
    }

    /// Whether no run will be asked for any more.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.batch.is_done()
    }

    /// How the candidates stand after the last whole round; `None` before the first one ends.
    #[must_use]
    pub fn result(&self) -> Option<RaceResult> {
        RaceResult::of(self)
    }

    fn is_in(&self, candidate: usize) -> bool {
        self.dropped[candidate].is_none()
    }

    fn leader(&self) -> usize {
        leader_of(&self.losses, |candidate| self.is_in(candidate))
    }

    /// The p-value of the leader being better than the default, paid for having been chosen.
    fn p_against_default(&self, leader: usize) -> f64 {
        let default = self.default_candidate();
        if leader == default {
            return 1.0;
        }
        let p = compare::p_better(&self.losses[leader], &self.losses[default]);
        (p * default as f64).min(1.0)
    }

    /// The level of the last test: what the looks before it left over.
    fn final_level(&self) -> f64 {
        self.options.level * (1.0 - EARLY_SHARE * (self.round - 1) as f64).max(EARLY_SHARE)
    }

    fn end_round(&mut self) {
        for (trial, loss) in self.batch.take() {
            debug_assert_eq!(self.losses[trial.candidate].len(), trial.seed_index);
            self.losses[trial.candidate].push(loss);
        }
        if self.losses.iter().any(Vec::is_empty) {
            return; // the cap left no run for some: nothing can be compared
        }
        let (leader, default) = (self.leader(), self.default_candidate());
        let threshold = self.options.level / self.candidates.len() as f64;
        for candidate in 0..self.candidates.len() {
            let keeps = candidate == leader || candidate == default || !self.is_in(candidate);
            if !keeps && clearly_better(&self.losses[leader], &self.losses[candidate], threshold) {
                self.dropped[candidate] = Some(self.round);
            }
        }
        let rivals = (0..self.candidates.len()).any(|c| self.is_in(c) && c != leader && c != default);
        let settled = leader == default || self.p_against_default(leader) < EARLY_SHARE * self.options.level;
        if rivals || !settled {
            self.round += 1;
            let more =
                allocation::more_seeds(&self.losses, leader, default, &self.options, |c| self.is_in(c));
            self.enqueue(&more);
        }
    }

    /// Asks for that many more seeds of each candidate, seed by seed, as far as the cap allows.
    fn enqueue(&mut self, more: &[usize]) {
        let cap = self.options.max_runs.unwrap_or(usize::MAX);
        for extra in 0..more.iter().copied().max().unwrap_or(0) {
            for (candidate, &wanted) in more.iter().enumerate() {
                if extra < wanted && self.asked_for < cap {
                    let seed_index = self.losses[candidate].len() + extra;
                    self.batch.push(RaceTrial { candidate, seed_index });
                    self.asked_for += 1;
                }
            }
        }
    }
}
