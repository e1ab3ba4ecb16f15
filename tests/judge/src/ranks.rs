//! `ranks`: who is first, with shared places.

use std::cmp::Ordering;

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

#[cfg(test)]
mod tests {
    use super::ranks;

    /// scipy.stats.rankdata, SciPy 1.17.1.
    #[test]
    fn ties_share_their_ranks() {
        let digits = [3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0, 5.0, 3.0, 5.0];
        assert_eq!(ranks(&digits), [4.5, 1.5, 6.0, 1.5, 8.0, 11.0, 3.0, 10.0, 8.0, 4.5, 8.0]);
        assert_eq!(ranks(&[f64::INFINITY, 1.0, f64::INFINITY]), [2.5, 1.0, 2.5]);
    }
}
