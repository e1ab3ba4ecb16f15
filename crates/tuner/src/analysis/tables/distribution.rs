//! The empirical distribution of values: how much of a search was how good.

use super::sample::evenly;
use crate::TrialState;
use crate::analysis::{View, table};

table! {
    /// One step of a distribution.
    pub struct DistributionStep {
        /// A value, in the objective's unit.
        pub value: f64,
        /// The share of the study's complete trials that are at most that.
        pub share: f64,
    }

    /// The distribution of the values of one study.
    pub struct EmpiricalDistribution {
        /// What the study is called.
        pub study: String,
        /// Complete trials.
        pub trials: usize,
        /// The steps by value, the last at share 1.
        pub steps: Vec<DistributionStep>,
    }
}

/// The distribution of the values of complete trials, in at most that many steps; several can share a plot, which shows
/// which search, or which space, was better at every level at once.
///
/// ```
/// use tunesmith_core::Space;
/// use tunesmith_tuner::analysis::tables::empirical_distribution;
/// use tunesmith_tuner::{Direction, History};
/// let history = History::new(Space::new(), Direction::Minimize);
/// assert!(empirical_distribution("mine", &history, 100).steps.is_empty());
/// ```
#[must_use]
pub fn empirical_distribution<'a>(
    study: &str,
    view: impl Into<View<'a>>,
    most: usize,
) -> EmpiricalDistribution {
    let view = view.into();
    let complete = view.trials().iter().filter(|trial| trial.state == TrialState::Complete);
    let mut values: Vec<f64> = complete.filter_map(|trial| view.value(trial)).collect();
    values.sort_unstable_by(f64::total_cmp);
    // The last of equals carries the step.
    let ends: Vec<usize> =
        (0..values.len()).filter(|&i| values.get(i + 1).is_none_or(|next| *next > values[i])).collect();
    let step = |i: usize| {
        let end = ends[i];
        DistributionStep { value: values[end], share: (end + 1) as f64 / values.len() as f64 }
    };
    let steps = evenly(ends.len(), most).map(step).collect();
    EmpiricalDistribution { study: study.to_owned(), trials: values.len(), steps }
}
