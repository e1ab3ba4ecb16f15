//! What a history teaches: rows of features, and how the trials ended.

use std::collections::BTreeSet;

use super::encoding::{Encoding, Kind};
use super::likelihood::Data;
use super::warp::scores;
use crate::{History, TrialState};

/// How a trial ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Ending {
    /// With a loss.
    Complete(f64),
    /// Stopped early, with the loss it had then: it counts as no better than the median of those that ended.
    Pruned(f64),
    /// Worse than the worst: without a loss, or against a constraint.
    Diverged,
}

impl Ending {
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
}

/// More lessons than this are thinned out to [`KEPT`]: a suggestion never costs more than with so many.
const MOST: usize = 300;
const KEPT: usize = 256;

impl Lessons {
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Those from a place on.
    pub(super) fn since(&self, start: usize) -> Self {
        Self {
            rows: self.rows[start..].to_vec(),
            endings: self.endings[start..].to_vec(),
            places: self.places[start..].to_vec(),
        }
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

    /// The places that a model of these losses is made of: all, or the best ones, half of so many as are kept, and of
    /// the others every so many-th.
    pub(super) fn kept(losses: &[Option<f64>]) -> Vec<usize> {
        let n = losses.len();
        if n <= MOST {
            return (0..n).collect();
        }
        let mut ranked: Vec<usize> = (0..n).collect();
        let loss = |place: &usize| losses[*place].unwrap_or(f64::INFINITY);
        ranked.sort_by(|a, b| loss(a).total_cmp(&loss(b)));
        let (best, others) = ranked.split_at(KEPT / 2);
        let mut kept = best.to_vec();
        let rest = KEPT - best.len();
        kept.extend((0..rest).map(|i| others[i * others.len() / rest]));
        kept.sort_unstable();
        kept
    }

    /// What a model of the first `n` learns from, and the places of its rows.
    pub(super) fn data(&self, kinds: &[Kind], n: usize) -> (Data, Vec<usize>) {
        let losses = self.losses(n);
        let all = scores(&losses);
        let kept = Self::kept(&losses);
        let rows: Vec<&[f64]> = kept.iter().map(|&place| self.rows[place].as_slice()).collect();
        let scores = kept.iter().map(|&place| all[place]).collect();
        (Data::new(kinds.to_vec(), &rows, scores), kept)
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
                (TrialState::Complete, Some(_)) if history.violation(trial.number) > 0.0 => Ending::Diverged,
                (TrialState::Complete, Some(loss)) => Ending::Complete(loss),
                (TrialState::Pruned | TrialState::Paused, Some(loss)) => Ending::Pruned(loss),
                // A value that is not a number is a divergence that was reported as a value.
                (TrialState::Complete | TrialState::Diverged, _) => Ending::Diverged,
                (TrialState::Running, _) => {
                    known.running.push(row);
                    continue;
                }
                (TrialState::Pruned | TrialState::Paused | TrialState::Waiting | TrialState::Failed, _) => {
                    continue;
                }
            };
            known.lessons.rows.push(row);
            known.lessons.endings.push(ending);
            known.lessons.places.push(place);
        }
        known
    }
}

/// Mixes a number into a hash: the finaliser of SplitMix64 (Steele, Lea & Flood 2014).
pub(super) fn mix(hash: u64, next: u64) -> u64 {
    let mut z = hash.rotate_left(29) ^ next.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
