//! Parameters as a function of the history alone: a chain of fits, each started where the one before ended.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::encoding::Kind;
use super::kernel::Theta;
use super::likelihood::{Data, fit};
use super::warp::scores;

/// What was learnt from the trials that ended, in the order of their numbers.
#[derive(Clone, Debug, Default)]
pub(super) struct Lessons {
    /// The features.
    pub(super) rows: Vec<Vec<f64>>,
    /// What is to be made small; `None` when a trial diverged.
    pub(super) losses: Vec<Option<f64>>,
}

/// More lessons than this are thinned out to [`KEPT`]: a suggestion never costs more than with so many.
const MOST: usize = 300;
const KEPT: usize = 256;

impl Lessons {
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The places that a model of the first `n` is made of: all, or the better half of so many as are kept, and of
    /// the others every so many-th.
    pub(super) fn kept(&self, n: usize) -> Vec<usize> {
        if n <= MOST {
            return (0..n).collect();
        }
        let mut ranked: Vec<usize> = (0..n).collect();
        let loss = |place: &usize| self.losses[*place].filter(|loss| !loss.is_nan()).unwrap_or(f64::INFINITY);
        ranked.sort_by(|a, b| loss(a).total_cmp(&loss(b)));
        let (best, others) = ranked.split_at(KEPT / 2);
        let mut kept = best.to_vec();
        let rest = KEPT - best.len();
        kept.extend((0..rest).map(|i| others[i * others.len() / rest]));
        kept.sort_unstable();
        kept
    }

    /// What a model of the first `n` learns from.
    pub(super) fn data(&self, kinds: &[Kind], n: usize) -> Data {
        let all = scores(&self.losses[..n]);
        let kept = self.kept(n);
        let rows: Vec<Vec<f64>> = kept.iter().map(|&place| self.rows[place].clone()).collect();
        Data::new(kinds.to_vec(), &rows, kept.iter().map(|&place| all[place]).collect())
    }
}

/// Fits that are remembered: a cache of what can be computed again.
#[derive(Debug, Default)]
pub(super) struct Cache(Mutex<BTreeMap<u64, Theta>>);

const REMEMBERED: usize = 256;

/// Numbers of lessons at which parameters are fitted anew: all up to `n`, about a tenth apart.
fn checkpoints(n: usize) -> Vec<usize> {
    let mut checkpoints = Vec::new();
    let mut m = 2;
    while m <= n {
        checkpoints.push(m);
        m += (m / 10).max(1);
    }
    checkpoints
}

/// The parameters for these lessons; `None` when no fit succeeds.
pub(super) fn theta(kinds: &[Kind], lessons: &Lessons, first: usize, cache: &Cache) -> Option<Theta> {
    let checkpoints: Vec<usize> = checkpoints(lessons.len()).into_iter().filter(|m| *m >= first).collect();
    let hashes = hashes(kinds, lessons);
    let mut known = None;
    let mut todo = Vec::new();
    {
        let cache = cache.0.lock().unwrap_or_else(PoisonError::into_inner);
        for &m in checkpoints.iter().rev() {
            if let Some(theta) = cache.get(&hashes[m]) {
                known = Some(theta.clone());
                break;
            }
            todo.push(m);
        }
    }
    for &m in todo.iter().rev() {
        let data = lessons.data(kinds, m);
        let mut starts: Vec<Theta> = known.iter().cloned().collect();
        // A fresh start guards against a chain that is caught; it costs most where there is most.
        if starts.is_empty() || m <= 30 || m.ilog2() != (m - m / 10 - 1).ilog2() {
            starts.push(Theta::start(kinds.len()));
        }
        let evaluations = if m <= 50 { 40 } else { 15 };
        known = fit(&data, &starts, evaluations).or(known);
        if let Some(theta) = &known {
            let mut cache = cache.0.lock().unwrap_or_else(PoisonError::into_inner);
            if cache.len() >= REMEMBERED {
                cache.clear();
            }
            cache.insert(hashes[m], theta.clone());
        }
    }
    known
}

/// A number for every prefix of the lessons, equal only for equal prefixes (but for one chance in 2^64 or so).
fn hashes(kinds: &[Kind], lessons: &Lessons) -> Vec<u64> {
    let mut hash = kinds.iter().fold(0x9e37_79b9_7f4a_7c15, |hash, kind| mix(hash, *kind as u64 + 1));
    let mut hashes = vec![hash];
    for (row, loss) in lessons.rows.iter().zip(&lessons.losses) {
        hash = row.iter().fold(hash, |hash, x| mix(hash, x.to_bits()));
        hash = mix(hash, loss.map_or(1, f64::to_bits));
        hashes.push(hash);
    }
    hashes
}

/// The finaliser of SplitMix64 (Steele, Lea & Flood 2014).
fn mix(hash: u64, next: u64) -> u64 {
    let mut z = hash.rotate_left(29) ^ next.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
