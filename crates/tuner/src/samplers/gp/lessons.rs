//! What a history teaches: rows of features, and how the trials ended.

use std::collections::{BTreeMap, BTreeSet};

use super::chain::Lesson;
use super::encoding::{Encoding, Kind};
use super::likelihood::Data;
use super::warp::{linear_scores, scores};
use crate::{History, TrialState};

/// How a trial ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Ending {
    /// With a loss.
    Complete(f64),
    /// Stopped early, with the loss it had then: it counts as no better than the median of those that ended.
    Pruned(f64),
    /// Without a loss: what can be learnt is where not to go.
    Diverged,
}

impl Ending {
    pub(super) fn is_diverged(self) -> bool {
        self == Self::Diverged
    }

    pub(super) fn hashed(self, hash: u64) -> u64 {
        match self {
            Self::Complete(loss) => mix(hash, loss.to_bits()),
            Self::Pruned(loss) => mix(mix(hash, 1), loss.to_bits()),
            Self::Diverged => mix(hash, 2),
        }
    }
}

/// What was learnt from the trials that ended, in the order of their numbers.
#[derive(Clone, Debug, Default)]
pub(super) struct Lessons {
    /// The features.
    pub(super) rows: Vec<Vec<f64>>,
    /// How they ended.
    pub(super) endings: Vec<Ending>,
    /// The trials' places in the history.
    pub(super) places: Vec<usize>,
    /// Whether differences of scores shall be those of losses.
    pub(super) is_linear: bool,
    /// Whether they kept their constraints.
    pub(super) kept_constraints: Vec<bool>,
    /// The values of each constraint, positive where it was broken; NaN where it was not measured.
    pub(super) constraints: BTreeMap<String, Vec<f64>>,
}

/// More lessons than this are thinned out to [`KEPT`]: a suggestion never costs more than with so many.
const MOST: usize = 300;
const KEPT: usize = 256;

impl Lessons {
    /// Those from a place on.
    pub(super) fn since(&self, start: usize) -> Self {
        Self {
            rows: self.rows[start..].to_vec(),
            endings: self.endings[start..].to_vec(),
            places: self.places[start..].to_vec(),
            is_linear: self.is_linear,
            kept_constraints: self.kept_constraints[start..].to_vec(),
            constraints: self
                .constraints
                .iter()
                .map(|(name, values)| (name.clone(), values[start..].to_vec()))
                .collect(),
        }
    }

    fn push(&mut self, row: Vec<f64>, ending: Ending, place: usize) {
        self.rows.push(row);
        self.endings.push(ending);
        self.places.push(place);
    }

    /// Whether a trial ended with a loss, and kept its constraints.
    pub(super) fn is_feasible(&self, place: usize) -> bool {
        self.kept_constraints[place] && !self.endings[place].is_diverged()
    }

    /// The losses of the first `n`; `None` where a trial diverged.
    pub(super) fn losses(&self, n: usize) -> Vec<Option<f64>> {
        let endings = &self.endings[..n];
        let mut complete: Vec<f64> = endings
            .iter()
            .filter_map(|ending| if let Ending::Complete(loss) = ending { Some(*loss) } else { None })
            .collect();
        complete.sort_by(f64::total_cmp);
        let median = complete.get(complete.len() / 2).copied().unwrap_or(f64::NEG_INFINITY);
        let loss = |ending: &Ending| match *ending {
            Ending::Complete(loss) => Some(loss),
            Ending::Pruned(loss) => Some(loss.max(median)),
            Ending::Diverged => None,
        };
        endings.iter().map(loss).collect()
    }

    /// The places of the first `n` that a model of their losses is made of: those that have one, or the best of them,
    /// half of so many as are kept, and of the others every so many-th.
    pub(super) fn kept(&self, n: usize) -> Vec<usize> {
        let losses = self.losses(n);
        let mut ranked: Vec<(f64, usize)> =
            losses.iter().enumerate().filter_map(|(place, loss)| Some(((*loss)?, place))).collect();
        let known = ranked.len();
        if known > MOST {
            ranked.sort_by(|a, b| a.0.total_cmp(&b.0));
            let others = ranked.split_off(KEPT / 2);
            let rest = KEPT - ranked.len();
            ranked.extend((0..rest).map(|i| others[i * others.len() / rest]));
        }
        let mut kept: Vec<usize> = ranked.into_iter().map(|(_, place)| place).collect();
        kept.sort_unstable();
        kept
    }
}

impl Lesson for Lessons {
    fn len(&self) -> usize {
        self.rows.len()
    }

    fn hashed(&self, place: usize, hash: u64) -> u64 {
        self.endings[place].hashed(hashed_row(&self.rows[place], hash))
    }

    fn data(&self, kinds: &[Kind], n: usize) -> Data {
        let losses = self.losses(n);
        let known: Vec<f64> = losses.iter().flatten().copied().collect();
        let mut all = if self.is_linear { linear_scores(&known).0 } else { scores(&known) }.into_iter();
        let scores: Vec<f64> =
            losses.iter().map(|loss| loss.and_then(|_| all.next()).unwrap_or(f64::NAN)).collect();
        let kept = self.kept(n);
        let rows: Vec<&[f64]> = kept.iter().map(|&place| self.rows[place].as_slice()).collect();
        let scores = kept.iter().map(|&place| scores[place]).collect();
        Data::new(kinds.to_vec(), &rows, scores)
    }
}

/// Points that need no suggestion any more, by a number made of the bits of their features.
#[derive(Clone, Debug, Default)]
pub(super) struct Taken(BTreeSet<u64>);

impl Taken {
    pub(super) fn insert(&mut self, row: &[f64]) {
        self.0.insert(Self::number(row));
    }

    pub(super) fn contains(&self, row: &[f64]) -> bool {
        self.0.contains(&Self::number(row))
    }

    fn number(row: &[f64]) -> u64 {
        row.iter().fold(0, |hash, x| mix(hash, (x + 0.0).to_bits()))
    }
}

/// What a history says, in features.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) lessons: Lessons,
    /// The trials that run.
    pub(super) running: Vec<Vec<f64>>,
    pub(super) taken: Taken,
}

/// Of longer histories only the first of these many trials and the last of those many are read.
const FIRST: usize = 2000;
const LAST: usize = 8000;

impl Known {
    pub(super) fn new(encoding: &Encoding, history: &History) -> Self {
        let mut known = Self::default();
        let columns = encoding.coordinates(history);
        let trials = history.trials();
        for (place, trial) in trials.iter().enumerate() {
            if place >= FIRST && place + LAST < trials.len() {
                continue;
            }
            let Some(row) = encoding.row_at(&columns, place) else { continue };
            known.taken.insert(&row);
            let loss = history.loss(trial).filter(|loss| !loss.is_nan());
            let ending = match (trial.state, loss) {
                (TrialState::Complete, Some(loss)) if loss < f64::INFINITY => Ending::Complete(loss),
                (TrialState::Pruned | TrialState::Paused, Some(loss)) if loss < f64::INFINITY => {
                    Ending::Pruned(loss)
                }
                // A value that is not a number or infinite is a divergence that was reported as a value.
                (TrialState::Complete | TrialState::Diverged, _)
                | (TrialState::Pruned | TrialState::Paused, Some(_)) => Ending::Diverged,
                (TrialState::Running, _) => {
                    known.running.push(row);
                    continue;
                }
                (TrialState::Pruned | TrialState::Paused | TrialState::Waiting | TrialState::Failed, _) => {
                    continue;
                }
            };
            let constraints = trial.constraints();
            known.lessons.kept_constraints.push(history.violation(trial.number) <= 0.0);
            for name in constraints.keys() {
                if !known.lessons.constraints.contains_key(name) {
                    let unknown = vec![f64::NAN; known.lessons.rows.len()];
                    known.lessons.constraints.insert(name.clone(), unknown);
                }
            }
            for (name, values) in &mut known.lessons.constraints {
                // One that is not a number is broken beyond measure.
                let value =
                    constraints.get(name).map(|value| if value.is_nan() { f64::INFINITY } else { *value });
                values.push(value.unwrap_or(f64::NAN));
            }
            known.lessons.push(row, ending, place);
        }
        known
    }
}

/// Mixes the bits of features into a hash.
pub(super) fn hashed_row(row: &[f64], hash: u64) -> u64 {
    row.iter().fold(hash, |hash, x| mix(hash, x.to_bits()))
}

/// Mixes a number into a hash: the finaliser of SplitMix64 (Steele, Lea & Flood 2014).
pub(super) fn mix(hash: u64, next: u64) -> u64 {
    let mut z = hash.rotate_left(29) ^ next.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
