//! Statistics without assumptions: quantiles, ranks, the signed-rank test, corrections for many tests.

use std::cmp::Ordering;

/// The quantile of sorted numbers, between neighbours by a straight line (type 7 of Hyndman & Fan 1996).
///
/// ```
/// assert_eq!(tunesmith_judge::quantile(&[1.0, 2.0, 4.0, 8.0], 0.5), 3.0);
/// ```
///
/// # Panics
/// When there are no numbers.
#[must_use]
#[track_caller]
pub fn quantile(sorted: &[f64], share: f64) -> f64 {
    assert!(!sorted.is_empty(), "no numbers have no quantile");
    let place = share * (sorted.len() - 1) as f64;
    let (low, high) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    // Infinite neighbours must not become "not a number".
    if low == high { low } else { low + (high - low) * place.fract() }
}

/// The rank of each number from 1, the least first; equal ones share the mean of their ranks.
///
/// ```
/// assert_eq!(tunesmith_judge::ranks(&[0.3, 0.1, 0.3, 0.9]), [2.5, 1.0, 2.5, 4.0]);
/// ```
#[must_use]
pub fn ranks(values: &[f64]) -> Vec<f64> {
    let rank = |value: &f64| {
        let (mut below, mut equal) = (0, 0);
        for other in values {
            match other.total_cmp(value) {
                Ordering::Less => below += 1,
                Ordering::Equal => equal += 1,
                Ordering::Greater => {}
            }
        }
        f64::from(below) + (f64::from(equal) + 1.0) / 2.0
    };
    values.iter().map(rank).collect()
}

/// The two-sided p of Wilcoxon's signed-rank test (1945) that paired differences lie around zero.
///
/// Differences of zero are left out. Exact for up to 50 differences without ties; beyond that, and with ties, by the
/// normal approximation with its variance corrected for ties. 1 when nothing differs.
///
/// ```
/// let p = tunesmith_judge::wilcoxon(&[6.0, 8.0, 14.0, 16.0, 23.0, 24.0, 28.0, 29.0, 41.0, -48.0, 49.0, 56.0, 60.0, -67.0, 75.0]);
/// assert!((p - 0.041_259_765_625).abs() < 1e-12); // Darwin's maize, as in SciPy's manual
/// ```
#[must_use]
pub fn wilcoxon(differences: &[f64]) -> f64 {
    let differences: Vec<f64> =
        differences.iter().copied().filter(|difference| *difference != 0.0 && !difference.is_nan()).collect();
    let sizes: Vec<f64> = differences.iter().map(|difference| difference.abs()).collect();
    let n = sizes.len();
    if n == 0 {
        return 1.0;
    }
    let ranks = ranks(&sizes);
    let positive: f64 = ranks.iter().zip(&differences).filter(|(_, d)| **d > 0.0).map(|(rank, _)| rank).sum();
    let total = (n * (n + 1)) as f64 / 2.0;
    let least = positive.min(total - positive);
    let mut sorted = sizes;
    sorted.sort_by(f64::total_cmp);
    let ties: f64 = sorted
        .chunk_by(|a, b| a == b)
        .map(|equal| equal.len() as f64)
        .map(|count| count * count * count - count)
        .sum();
    if n <= 50 && ties == 0.0 {
        return (2.0 * sums_up_to(n, least as usize) / 2f64.powi(n as i32)).min(1.0);
    }
    let count = n as f64;
    let variance = count * (count + 1.0) * (2.0 * count + 1.0) / 24.0 - ties / 48.0;
    let z = (least - total / 2.0) / variance.sqrt();
    (2.0 * below_in_normal(z)).min(1.0)
}

/// How many subsets of 1..=n have a sum of at most `most`.
fn sums_up_to(n: usize, most: usize) -> f64 {
    let mut ways = vec![0.0; most + 1];
    ways[0] = 1.0;
    for rank in 1..=n {
        for sum in (rank..=most).rev() {
            ways[sum] += ways[sum - rank];
        }
    }
    ways.iter().sum()
}

/// The standard normal's share below `z` of at most zero, by the continued fraction of the error function's complement
/// far out and its series near zero (Abramowitz & Stegun 1964, 7.1.14 and 7.1.6).
fn below_in_normal(z: f64) -> f64 {
    let x = -z / std::f64::consts::SQRT_2;
    let bell = (-x * x).exp() / std::f64::consts::PI.sqrt();
    if x < 2.0 {
        let mut term = x;
        let mut sum = x;
        for k in 1..80 {
            term *= 2.0 * x * x / f64::from(2 * k + 1);
            sum += term;
        }
        0.5 - bell * sum
    } else {
        let fraction = (1..80).rev().fold(x, |below, k| x + f64::from(k) / 2.0 / below);
        bell / fraction / 2.0
    }
}

/// The p values corrected for there being several, by Holm's step-down method (1979).
///
/// ```
/// let corrected = tunesmith_judge::holm(&[0.01, 0.04, 0.03]);
/// assert!(corrected.iter().zip([0.03, 0.06, 0.06]).all(|(a, b)| (a - b).abs() < 1e-12));
/// ```
#[must_use]
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&a, &b| p[a].total_cmp(&p[b]));
    let mut corrected = vec![0.0; p.len()];
    let mut most: f64 = 0.0;
    for (place, &i) in order.iter().enumerate() {
        most = most.max((p[i] * (p.len() - place) as f64).min(1.0));
        corrected[i] = most;
    }
    corrected
}

#[cfg(test)]
mod tests {
    use super::{below_in_normal, holm, quantile, ranks, wilcoxon};

    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() <= 1e-9 * expected, "{found} instead of {expected}");
    }

    /// The p values are those of scipy.stats.wilcoxon, SciPy 1.17.1.
    #[test]
    fn exact_p_values_are_scipys() {
        close(wilcoxon(&[0.5, -1.2, 0.3, 2.0, -0.7, 1.1, 0.9, 1.6]), 0.25);
        let twenty: Vec<f64> = (1..=20).map(f64::from).collect();
        close(wilcoxon(&twenty), 1.907_348_632_812_5e-6);
        close(wilcoxon(&twenty.iter().map(|x| -x).collect::<Vec<_>>()), 1.907_348_632_812_5e-6);
        let fifty: Vec<f64> = (0..50).map(|i| f64::from(i * 37 % 101 - 50) + 0.25).collect();
        close(wilcoxon(&fifty), 0.977_103_228_305_569_6);
    }

    /// With `method="asymptotic"`, without a correction for continuity.
    #[test]
    fn approximate_p_values_are_scipys() {
        close(
            wilcoxon(&[1.0, 1.0, -1.0, 2.0, 2.0, 3.0, -3.0, 4.0, 5.0, 0.0, 0.0, 6.0]),
            0.051_865_414_791_467_26,
        );
        let sign = |i: i32| if i % 3 == 1 { -1.0 } else { 1.0 };
        let sixty: Vec<f64> = (0..60).map(|i| sign(i) * (f64::from(i) + 0.5)).collect();
        close(wilcoxon(&sixty), 0.024_749_591_163_795_697);
        close(wilcoxon(&(1..=80).map(f64::from).collect::<Vec<_>>()), 7.849_526_548_031_477e-15);
        assert_eq!(wilcoxon(&[0.0, 0.0]), 1.0);
    }

    /// scipy.stats.norm.cdf, SciPy 1.17.1.
    #[test]
    fn the_normal_distribution_is_scipys() {
        close(below_in_normal(0.0), 0.5);
        close(below_in_normal(-0.1), 0.460_172_162_722_971);
        close(below_in_normal(-2.5), 0.006_209_665_325_776_132);
        close(below_in_normal(-2.9), 0.001_865_813_300_384_037_5);
        close(below_in_normal(-5.0), 2.866_515_718_791_933e-7);
        close(below_in_normal(-8.0), 6.220_960_574_271_74e-16);
    }

    /// scipy.stats.rankdata, SciPy 1.17.1.
    #[test]
    fn ties_share_their_ranks() {
        let digits = [3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0, 5.0, 3.0, 5.0];
        assert_eq!(ranks(&digits), [4.5, 1.5, 6.0, 1.5, 8.0, 11.0, 3.0, 10.0, 8.0, 4.5, 8.0]);
    }

    #[test]
    fn corrected_p_values_rise_with_the_p_values_and_stay_below_one() {
        let corrected = holm(&[0.01, 0.02, 0.03, 0.005, 0.5]);
        let by_hand = [0.04, 0.06, 0.06, 0.025, 0.5];
        assert!(corrected.iter().zip(by_hand).all(|(a, b)| (a - b).abs() < 1e-12), "{corrected:?}");
        assert_eq!(holm(&[0.9, 0.8]), [1.0, 1.0]);
        assert!(holm(&[]).is_empty());
    }

    #[test]
    fn quantiles_of_infinite_numbers_are_numbers() {
        let infinite = f64::INFINITY;
        assert_eq!(quantile(&[1.0, infinite, infinite], 0.75), infinite);
        assert_eq!(quantile(&[1.0, 2.0, infinite], 0.5), 2.0);
    }
}
