//! Parameters as a function of the history alone: a chain of fits, each started where the one before ended.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::encoding::Kind;
use super::kernel::Theta;
use super::lessons::mix;
use super::likelihood::{Data, fit};

/// What parameters are fitted to: observations in the order of the trials' numbers.
pub(super) trait Lesson {
    /// How many there are.
    fn len(&self) -> usize;
    /// Mixes one into the hash of those before it.
    fn hashed(&self, place: usize, hash: u64) -> u64;
    /// What a model of the first `n` learns from.
    fn data(&self, kinds: &[Kind], n: usize) -> Data;
}

/// Fits that are remembered: a cache of what can be computed again.
#[derive(Debug, Default)]
pub(super) struct Cache(Mutex<BTreeMap<u64, Theta>>);

const REMEMBERED: usize = 256;

/// From so many lessons on the parameters stay: more of them change nothing that could be told from noise.
const LAST: usize = 1000;

/// Numbers of lessons at which parameters are fitted anew: from `first` to `n`, about a tenth apart.
fn checkpoints(first: usize, n: usize) -> Vec<usize> {
    let mut checkpoints = Vec::new();
    let mut m = first.max(1);
    while m <= n {
        checkpoints.push(m);
        m += (m / 10).max(1);
    }
    checkpoints
}

/// How many lessons come before the first model.
pub(super) fn first(features: usize) -> usize {
    (features + 2).clamp(5, 10)
}

/// The parameters for these lessons; `None` when no fit succeeds.
pub(super) fn theta(kinds: &[Kind], lessons: &impl Lesson, cache: &Cache) -> Option<Theta> {
    let first = first(kinds.len()).min(lessons.len());
    let checkpoints: Vec<usize> = checkpoints(first, lessons.len().min(LAST));
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
        if starts.is_empty() || m <= 30 || (60..66).contains(&m) {
            starts.push(Theta::start(kinds.len()));
        }
        // What a suggestion may cost is known: with 200 rows an evaluation takes about 2 ms.
        let evaluations = match m {
            0..=50 => 40,
            51..=100 => 15,
            _ => 8,
        };
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
fn hashes(kinds: &[Kind], lessons: &impl Lesson) -> Vec<u64> {
    let mut hash = kinds.iter().fold(0x9e37_79b9_7f4a_7c15, |hash, kind| mix(hash, *kind as u64 + 1));
    let mut hashes = vec![hash];
    for place in 0..lessons.len().min(LAST) {
        hash = lessons.hashed(place, hash);
        hashes.push(hash);
    }
    hashes
}
