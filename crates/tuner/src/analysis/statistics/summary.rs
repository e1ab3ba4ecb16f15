//! Means, spreads, quantiles, and the interval of a mean.

use crate::analysis::special::student_quantile;
use crate::analysis::table;

/// The arithmetic mean; NaN of nothing.
///
/// ```
/// assert_eq!(tunesmith_tuner::analysis::statistics::mean(&[1.0, 2.0, 6.0]), 3.0);
/// ```
#[must_use]
pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The standard deviation of a sample (divided by n - 1); NaN of fewer than two values.
///
/// ```
/// assert_eq!(tunesmith_tuner::analysis::statistics::standard_deviation(&[1.0, 3.0]), 2.0_f64.sqrt());
/// ```
#[must_use]
pub fn standard_deviation(values: &[f64]) -> f64 {
    if values.len() < 2 {
        return f64::NAN;
    }
    let middle = mean(values);
    (values.iter().map(|x| (x - middle).powi(2)).sum::<f64>() / (values.len() - 1) as f64).sqrt()
}

/// The value below which that share of the sample lies, between two values by linear interpolation (NumPy's default,
/// definition 7 of Hyndman & Fan 1996); NaN of nothing.
///
/// ```
/// assert_eq!(tunesmith_tuner::analysis::statistics::quantile(&[4.0, 1.0, 2.0], 0.75), 3.0);
/// ```
///
/// # Panics
/// When the share is outside [0, 1].
#[must_use]
#[track_caller]
pub fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    quantile_of_sorted(&sorted, share)
}

#[track_caller]
pub(crate) fn quantile_of_sorted(sorted: &[f64], share: f64) -> f64 {
    assert!((0.0..=1.0).contains(&share), "a quantile lies between 0 and 1, found {share}");
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let place = share * last as f64;
    let (low, part) = (place.floor() as usize, place.fract());
    // Equal infinities have no difference to take a part of.
    if part == 0.0 || sorted[low] == sorted[low + 1] {
        return sorted[low];
    }
    sorted[low] + part * (sorted[low + 1] - sorted[low])
}

/// The t that Student's distribution exceeds on both sides together with probability 1 - `level`.
///
/// ```
/// let t = tunesmith_tuner::analysis::statistics::student_t(0.95, 9.0);
/// assert!((t - 2.262_157_162_74).abs() < 1e-9);
/// ```
///
/// # Panics
/// When the level is not between 0 and 1 or there are no degrees of freedom.
#[must_use]
#[track_caller]
pub fn student_t(level: f64, freedom: f64) -> f64 {
    assert!(level > 0.0 && level < 1.0, "a level lies between 0 and 1, found {level}");
    assert!(freedom > 0.0, "student_t needs degrees of freedom, found {freedom}");
    student_quantile((1.0 - level) / 2.0, freedom)
}

table! {
    /// A mean and how sure it is, in the unit of the values.
    ///
    /// ```
    /// use tunesmith_tuner::analysis::statistics::Estimate;
    /// let estimate = Estimate::of(&[1.0, 2.0, 3.0], 0.95);
    /// assert_eq!(estimate.mean, 2.0);
    /// assert!((estimate.low + 0.484).abs() < 1e-3 && (estimate.high - 4.484).abs() < 1e-3);
    /// ```
    pub struct Estimate {
        /// The arithmetic mean; NaN of nothing.
        pub mean: f64,
        /// The standard deviation over sqrt(n); NaN of fewer than two values.
        pub standard_error: f64,
        /// Lower end of the interval; minus infinity of fewer than two values.
        pub low: f64,
        /// Upper end of the interval; infinity of fewer than two values.
        pub high: f64,
        /// How many values there are.
        pub n: usize,
    }
}

impl Estimate {
    /// The mean with its interval by Student's t at that level of confidence.
    ///
    /// # Panics
    /// When the level is not between 0 and 1.
    #[must_use]
    #[track_caller]
    pub fn of(values: &[f64], level: f64) -> Self {
        let (n, mean) = (values.len(), mean(values));
        if n < 2 {
            let (low, high) = (f64::NEG_INFINITY, f64::INFINITY);
            return Self { mean, standard_error: f64::NAN, low, high, n };
        }
        let standard_error = standard_deviation(values) / (n as f64).sqrt();
        let reach = student_t(level, (n - 1) as f64) * standard_error;
        Self { mean, standard_error, low: mean - reach, high: mean + reach, n }
    }
}
