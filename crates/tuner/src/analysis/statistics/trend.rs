//! Whether two sequences go together, and whether one rises: Kendall's tau and the test of Mann and Kendall.

use crate::analysis::special::normal_above;
use crate::analysis::table;

/// Up to so many pairs without ties the distribution of tau is counted out.
const EXACT: usize = 33;

table! {
    /// How far a sequence goes one way.
    pub struct Trend {
        /// From -1, always falling, to 1, always rising; 0 where there is nothing to order.
        pub tau: f64,
        /// The two-sided probability of as clear a trend by chance.
        pub p_value: f64,
    }
}

/// Kendall's tau-b of two samples, which allows for ties, with its two-sided p-value: counted out up to 33 pairs without
/// ties, else by the normal approximation (both as scipy).
///
/// Time grows with n log n.
///
/// ```
/// use tunesmith_tuner::analysis::statistics::kendall_tau;
/// let together = kendall_tau(&[1.0, 2.0, 3.0, 4.0], &[10.0, 20.0, 40.0, 30.0]);
/// assert!((together.tau - 2.0 / 3.0).abs() < 1e-12);
/// assert!((together.p_value - 1.0 / 3.0).abs() < 1e-12);
/// ```
///
/// # Panics
/// When the samples differ in length.
#[must_use]
#[track_caller]
pub fn kendall_tau(x: &[f64], y: &[f64]) -> Trend {
    assert!(x.len() == y.len(), "kendall_tau: pairs are needed, found {} values beside {}", x.len(), y.len());
    let pairs = Pairs::of(x, y);
    let Pairs { n, ties_x, ties_y, score, .. } = pairs;
    let all = n * (n - 1.0) / 2.0;
    let scale = ((all - ties_x.pairs) * (all - ties_y.pairs)).sqrt();
    if x.len() < 2 || scale == 0.0 {
        return Trend { tau: 0.0, p_value: 1.0 };
    }
    let p_value = if ties_x.pairs + ties_y.pairs == 0.0 && x.len() <= EXACT {
        exact(x.len(), ((all - score) / 2.0) as usize)
    } else {
        let m = n * (n - 1.0);
        let variance = (m * (2.0 * n + 5.0) - ties_x.spread - ties_y.spread) / 18.0
            + 2.0 * ties_x.pairs * ties_y.pairs / m
            + if n > 2.0 { ties_x.triples * ties_y.triples / (9.0 * m * (n - 2.0)) } else { 0.0 };
        2.0 * normal_above(score.abs() / variance.sqrt())
    };
    Trend { tau: score / scale, p_value: p_value.min(1.0) }
}

/// Whether a sequence rises or falls with time, whatever the shape of its rise (Mann 1945, Kendall 1975): the normal
/// approximation with the corrections for ties and continuity.
///
/// The values must be independent but for the trend: thin out a smooth curve before.
///
/// ```
/// use tunesmith_tuner::analysis::statistics::mann_kendall;
/// let rising: Vec<f64> = (0..12).map(|i| (i as f64).sqrt()).collect();
/// let trend = mann_kendall(&rising);
/// assert!(trend.tau == 1.0 && trend.p_value < 1e-4);
/// ```
#[must_use]
pub fn mann_kendall(values: &[f64]) -> Trend {
    let time: Vec<f64> = (0..values.len()).map(|i| i as f64).collect();
    let Pairs { n, ties_y, score, .. } = Pairs::of(&time, values);
    let all = n * (n - 1.0) / 2.0;
    let variance = (n * (n - 1.0) * (2.0 * n + 5.0) - ties_y.spread) / 18.0;
    if values.len() < 2 || variance <= 0.0 {
        return Trend { tau: 0.0, p_value: 1.0 };
    }
    let z = (score.abs() - 1.0).max(0.0) / variance.sqrt();
    Trend { tau: score / (all * (all - ties_y.pairs)).sqrt(), p_value: (2.0 * normal_above(z)).min(1.0) }
}

/// Sums over groups of t equal values.
#[derive(Default)]
struct Ties {
    /// t (t - 1) / 2
    pairs: f64,
    /// t (t - 1) (t - 2)
    triples: f64,
    /// t (t - 1) (2 t + 5)
    spread: f64,
}

impl Ties {
    fn of<T>(sorted: &[T], equal: impl Fn(&T, &T) -> bool) -> Self {
        sorted.chunk_by(equal).fold(Self::default(), |sum, group| {
            let t = group.len() as f64;
            Self {
                pairs: sum.pairs + t * (t - 1.0) / 2.0,
                triples: sum.triples + t * (t - 1.0) * (t - 2.0),
                spread: sum.spread + t * (t - 1.0) * (2.0 * t + 5.0),
            }
        })
    }
}

struct Pairs {
    n: f64,
    ties_x: Ties,
    ties_y: Ties,
    /// Concordant less discordant pairs.
    score: f64,
}

impl Pairs {
    /// The method of Knight (1966): sorted by x, the discordant pairs are the exchanges that sort y.
    fn of(x: &[f64], y: &[f64]) -> Self {
        // Minus zero becomes zero: it is equal, but would be sorted before.
        let mut points: Vec<(f64, f64)> = x.iter().zip(y).map(|(x, y)| (x + 0.0, y + 0.0)).collect();
        points.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let ties_x = Ties::of(&points, |a, b| a.0 == b.0);
        let both = Ties::of(&points, |a, b| a == b);
        let mut sorted: Vec<f64> = points.iter().map(|point| point.1).collect();
        let discordant = exchanges(&mut sorted) as f64;
        let ties_y = Ties::of(&sorted, |a, b| a == b);
        let n = points.len() as f64;
        let untied = n * (n - 1.0) / 2.0 - ties_x.pairs - ties_y.pairs + both.pairs;
        Self { n, ties_x, ties_y, score: untied - 2.0 * discordant }
    }
}

/// Sorts, and counts the pairs that stood in the wrong order.
fn exchanges(values: &mut [f64]) -> u64 {
    if values.len() < 2 {
        return 0;
    }
    let middle = values.len() / 2;
    let (left, right) = values.split_at_mut(middle);
    let mut count = exchanges(left) + exchanges(right);
    let mut merged = Vec::with_capacity(left.len() + right.len());
    let (mut i, mut j) = (0, 0);
    while i < left.len() && j < right.len() {
        if right[j].total_cmp(&left[i]).is_lt() {
            count += (left.len() - i) as u64;
            merged.push(right[j]);
            j += 1;
        } else {
            merged.push(left[i]);
            i += 1;
        }
    }
    merged.extend_from_slice(&left[i..]);
    merged.extend_from_slice(&right[j..]);
    values.copy_from_slice(&merged);
    count
}

/// The two-sided probability of that many discordant pairs or of as few concordant ones, among all orders of n.
fn exact(n: usize, discordant: usize) -> f64 {
    let all = n * (n - 1) / 2;
    let extreme = discordant.min(all - discordant);
    if 2 * extreme == all {
        return 1.0;
    }
    // shares[k]: of the orders of i things, those with k pairs in the wrong order.
    let mut shares = vec![0.0; extreme + 1];
    shares[0] = 1.0;
    for i in 2..=n {
        let before = shares.clone();
        for k in 0..=extreme {
            let from = k.saturating_sub(i - 1);
            shares[k] = before[from..=k].iter().sum::<f64>() / i as f64;
        }
    }
    (2.0 * shares.iter().sum::<f64>()).min(1.0)
}
