//! Tests of whether one of two paired samples is smaller, and their correction for being many.

use super::summary::{mean, standard_deviation};
use crate::analysis::special::{normal_above, student_above};

/// What a test asks of the differences `a[i] - b[i]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alternative {
    /// Whether they are below zero: `a` is smaller.
    Less,
    /// Whether they are above zero: `a` is larger.
    Greater,
    /// Whether they are anything but zero.
    TwoSided,
}

/// Up to so many pairs the distribution of Wilcoxon's statistic is counted out.
const EXACT: usize = 25;

#[track_caller]
fn differences(what: &str, a: &[f64], b: &[f64]) -> Vec<f64> {
    assert!(a.len() == b.len(), "{what}: the samples are pairs, found {} values beside {}", a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| if a == b { 0.0 } else { a - b }).collect()
}

/// The p-value of Student's t test on pairs; 1 where there is nothing to tell them apart: fewer than two pairs, or no
/// difference at all.
///
/// ```
/// use tunesmith_tuner::analysis::statistics::{Alternative, paired_t};
/// let p = paired_t(&[1.0, 2.0, 4.0], &[2.0, 2.5, 5.0], Alternative::Less);
/// assert!((p - 0.018_874_775_68).abs() < 1e-9);
/// ```
///
/// # Panics
/// When the samples differ in length.
#[must_use]
#[track_caller]
pub fn paired_t(a: &[f64], b: &[f64], alternative: Alternative) -> f64 {
    let differences = differences("paired_t", a, b);
    let n = differences.len();
    if n < 2 || differences.iter().all(|d| *d == 0.0) {
        return 1.0;
    }
    let t = mean(&differences) / (standard_deviation(&differences) / (n as f64).sqrt());
    let above = |t: f64| student_above(t, (n - 1) as f64);
    match alternative {
        _ if t.is_nan() => f64::NAN,
        Alternative::Less => above(-t),
        Alternative::Greater => above(t),
        Alternative::TwoSided => 2.0 * above(t.abs()),
    }
}

/// The p-value of Wilcoxon's signed-rank test on pairs; 1 without a difference.
///
/// Pairs without a difference are left out. Up to 25 others, all ways to share out the signs are counted, ties and all
/// (one-sided, m pairs give at least 2^-m); above, the normal approximation with the correction for ties, without one
/// for continuity (as scipy's default). Infinite differences have the largest rank.
///
/// ```
/// use tunesmith_tuner::analysis::statistics::{Alternative, wilcoxon};
/// assert_eq!(wilcoxon(&[1.0, 2.0, 3.0, 4.0], &[2.0, 4.0, 6.0, 8.0], Alternative::Less), 1.0 / 16.0);
/// ```
///
/// # Panics
/// When the samples differ in length.
#[must_use]
#[track_caller]
pub fn wilcoxon(a: &[f64], b: &[f64], alternative: Alternative) -> f64 {
    let mut differences = differences("wilcoxon", a, b);
    differences.retain(|d| *d != 0.0);
    let n = differences.len();
    if n == 0 {
        return 1.0;
    }
    let twice = twice_ranks(&differences);
    let plus: usize = differences.iter().zip(&twice).filter(|(d, _)| **d > 0.0).map(|(_, rank)| rank).sum();
    let total: usize = twice.iter().sum();
    let (less, greater) = if n <= EXACT { exact(&twice, plus) } else { approximate(&twice, plus, total) };
    match alternative {
        Alternative::Less => less,
        Alternative::Greater => greater,
        Alternative::TwoSided => (2.0 * less.min(greater)).min(1.0),
    }
}

/// The one-sided p-value of Wilcoxon's signed-rank test that differences lie above zero, where a pair without a difference
/// counts half for either side (scipy's `zsplit`, with the method that scipy 1.17 chooses by itself): counted out up to
/// 50 pairs that all differ, or 13 with equals or zeros among them, the normal approximation for others.
pub(crate) fn wilcoxon_greater_zeros_split(differences: &[f64]) -> f64 {
    let twice = twice_ranks(differences);
    let ranks_of = |sign: fn(f64) -> bool| -> usize {
        differences.iter().zip(&twice).filter(|(d, _)| sign(**d)).map(|(_, rank)| rank).sum()
    };
    let (plus, zero) = (ranks_of(|d| d > 0.0), ranks_of(|d| d == 0.0));
    let mut sizes: Vec<f64> = differences.iter().map(|d| d.abs()).collect();
    sizes.sort_by(f64::total_cmp);
    let all_differ = zero == 0 && sizes.windows(2).all(|pair| pair[0] != pair[1]);
    if differences.len() <= if all_differ { 50 } else { 13 } {
        let signed = differences.iter().zip(&twice).filter(|(d, _)| **d != 0.0);
        let signed: Vec<usize> = signed.map(|(_, rank)| *rank).collect();
        exact(&signed, plus).1
    } else {
        approximate(&twice, plus + zero / 2, twice.iter().sum()).1
    }
}

/// Twice the rank of each size among the sizes: whole numbers even where equals share a rank.
fn twice_ranks(differences: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..differences.len()).collect();
    order.sort_by(|&i, &j| differences[i].abs().total_cmp(&differences[j].abs()));
    let mut ranks = vec![0; differences.len()];
    let mut below = 0;
    for group in order.chunk_by(|&i, &j| differences[i].abs() == differences[j].abs()) {
        group.iter().for_each(|&i| ranks[i] = 2 * below + group.len() + 1);
        below += group.len();
    }
    ranks
}

/// P(W <= w) and P(W >= w) when every sign is a coin.
fn exact(twice: &[usize], plus: usize) -> (f64, f64) {
    let total: usize = twice.iter().sum();
    let mut ways = vec![0_u64; total + 1];
    ways[0] = 1;
    let mut reached = 0;
    for &rank in twice {
        reached += rank;
        for sum in (rank..=reached).rev() {
            ways[sum] += ways[sum - rank];
        }
    }
    let all = (1_u64 << twice.len()) as f64;
    let share = |ways: &[u64]| ways.iter().sum::<u64>() as f64 / all;
    (share(&ways[..=plus]), share(&ways[plus..]))
}

/// The same by the normal distribution; ties take their part of the variance away by themselves, since it is the sum
/// of the squared ranks over four.
fn approximate(twice: &[usize], plus: usize, total: usize) -> (f64, f64) {
    let squares: f64 = twice.iter().map(|&rank| (rank as f64).powi(2)).sum();
    let z = (plus as f64 - total as f64 / 2.0) / (squares / 4.0).sqrt();
    (normal_above(-z), normal_above(z))
}

/// The p-values of a family of tests, corrected so that the chance of any false claim stays below the level (Holm
/// 1979), in the order given.
///
/// ```
/// assert_eq!(tunesmith_tuner::analysis::statistics::holm(&[0.01, 0.04, 0.03]), [0.03, 0.06, 0.06]);
/// ```
#[must_use]
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&i, &j| p_values[i].total_cmp(&p_values[j]));
    let mut corrected = vec![1.0; p_values.len()];
    let mut largest = 0.0_f64;
    for (place, &i) in order.iter().enumerate() {
        largest = largest.max((p_values[i] * (p_values.len() - place) as f64).min(1.0));
        corrected[i] = largest;
    }
    corrected
}
