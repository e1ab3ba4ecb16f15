//! The bootstrap: how sure any number computed from a sample is.

use tunesmith_core::Generator;

use super::summary::quantile_of_sorted;

/// The interval between quantiles of a number computed from samples drawn with replacement (Efron 1979, percentile
/// method): for numbers that have no formula, such as the best of a group.
///
/// ```
/// use tunesmith_core::Seed;
/// use tunesmith_tuner::analysis::statistics::{bootstrap_interval, mean};
/// let values: Vec<f64> = (0..50).map(f64::from).collect();
/// let (low, high) = bootstrap_interval(&values, mean, 0.95, 1000, &mut Seed::new(0).generator());
/// assert!(low > 18.0 && low < 24.5 && high > 24.5 && high < 31.0);
/// ```
///
/// # Panics
/// When there are no values, no samples, or the level is not between 0 and 1.
#[track_caller]
pub fn bootstrap_interval(
    values: &[f64],
    statistic: impl Fn(&[f64]) -> f64,
    level: f64,
    samples: usize,
    generator: &mut Generator,
) -> (f64, f64) {
    assert!(!values.is_empty() && samples > 0, "a bootstrap needs values and samples");
    assert!(level > 0.0 && level < 1.0, "a level lies between 0 and 1, found {level}");
    let mut drawn = vec![0.0; values.len()];
    let mut results: Vec<f64> = (0..samples)
        .map(|_| {
            drawn.iter_mut().for_each(|value| *value = values[generator.below(values.len())]);
            statistic(&drawn)
        })
        .collect();
    results.sort_unstable_by(f64::total_cmp);
    let outside = (1.0 - level) / 2.0;
    (quantile_of_sorted(&results, outside), quantile_of_sorted(&results, 1.0 - outside))
}
